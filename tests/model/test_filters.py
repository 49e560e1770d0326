"""Expressions over columns give the rows that a plain, row by row reading of the tree gives."""

from __future__ import annotations

import re
import socket
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.filters.complete import complete
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import Grammar, compile_filter
from sockscope.app.model.filters.fields import Choice, Flag, Number, Words, amount
from sockscope.app.model.filters.match import Matcher
from sockscope.app.model.filters.places import Host, Port
from sockscope.app.model.filters.states import SUGGESTED_STATES, TCP_STATES
from sockscope.app.model.filters.syntax import All, Any, Compared, Node, Not, Pattern, Text

Row = dict[str, object]

PROCS = ("nginx", "Postgres", "two words", "x(y)")
ADDRESSES = ("10.0.0.1", "10.0.1.9", "192.168.7.1", "2001:db8::1", "::ffff:10.0.0.1", "0.0.0.0", "::")


def _find(rows: Table, sought: Matcher) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    names = rows.strings("name")
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = names.lookup(
        sought.matches(names.values).tolist(), False, np.bool_
    )
    return found


GRAMMAR = Grammar(
    {
        "state": Choice("TCP state", lambda rows: rows.numbers("tcp_state"), TCP_STATES, SUGGESTED_STATES),
        "src": Host("local", "local_address", "local_port"),
        "dst": Host("remote", "remote_address", "remote_port"),
        "sport": Port("local port", ("local_port",)),
        "dport": Port("remote port", ("remote_port",)),
        "port": Port("either port", ("local_port", "remote_port")),
        "proc": Words("process", lambda rows: rows.strings("name")),
        "pid": Number("process number", lambda rows: rows.numbers("pid"), unknown=-1),
        "recvq": Number("bytes", lambda rows: rows.numbers("rx_queue"), "bytes"),
        "rtt": Number("round trip", lambda rows: rows.numbers("rtt"), "seconds"),
        "flag": Flag("flags", lambda rows: rows.strings("flags")),
    },
    _find,
)


def raw(text: str) -> bytes:
    address = ip_address(text)
    return address.packed.ljust(16, b"\0")


def table(rows: list[Row]) -> Table:
    def column(name: str, kind: type) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        return np.array([row[name] for row in rows], dtype=kind)

    def ends(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        packed = b"".join(raw(str(row[name])) for row in rows)
        return np.frombuffer(packed, np.uint8).reshape(len(rows), 16)

    return Table(
        {
            "family": column("family", np.uint8),
            "tcp_state": column("state", np.uint8),
            "local_address": ends("src"),
            "remote_address": ends("dst"),
            "local_port": column("sport", np.uint16),
            "remote_port": column("dport", np.uint16),
            "name": Strings.of(row["proc"] for row in rows),  # type: ignore[misc]
            "flags": Strings.of(row["flag"] for row in rows),  # type: ignore[misc]
            "pid": column("pid", np.int64),
            "rx_queue": column("recvq", np.uint32),
            "rtt": column("rtt", np.float64),
        }
    )


def _row(ends: tuple[str, str], numbers: tuple[int, ...], proc: str | None, rtt: float, flag: str) -> Row:
    source, target = ends
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    state, sport, dport, pid, recvq = numbers
    return {
        "family": family,
        "state": state,
        "src": source,
        "dst": target if (":" in target) == (":" in source) else ("::" if ":" in source else "0.0.0.0"),
        "sport": sport,
        "dport": dport,
        "proc": proc,
        "pid": pid,
        "recvq": recvq,
        "rtt": rtt,
        "flag": flag,
    }


PORTS = st.sampled_from([0, 22, 80, 443, 8080, 65535])
ROWS = st.lists(
    st.builds(
        _row,
        st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(ADDRESSES)),
        st.tuples(
            st.integers(0, 11), PORTS, PORTS, st.integers(-1, 3), st.sampled_from([0, 1, 64000, 65536])
        ),
        st.sampled_from([None, *PROCS]),
        st.sampled_from([float("nan"), 0.0, 0.001, 0.02, 3.0]),
        st.sampled_from(["U", "UG", "UGH", ""]),
    ),
    max_size=12,
)

ORDERED = ("=", "!=", ">", "<", ">=", "<=")


def _test(names: str, comparisons: tuple[str, ...], values: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.tuples(
        st.sampled_from(names.split()), st.sampled_from(comparisons), st.sampled_from(values)
    ).map(" ".join)


LEAVES = st.one_of(
    _test("state", ("=", "!="), ("time-wait", "connected", "bucket", "ESTAB", "listen,syn-recv")),
    _test(
        "src dst",
        ("=", "!="),
        ("10.0.0.0/8", "10.0.0.1", "10.0.0.1:443", "*:80", ":22", "::/0", "[2001:db8::]/32", "[::]:443", "*"),
    ),
    _test("sport dport port", ORDERED, (":443", "80", "https", ":0", "1024")),
    _test("proc", ("=", "!="), ("nginx", "post*", '"two words"', "NGIN?", "*")),
    _test("proc", ("~", "!~"), ("^ng", "s$|x", '"(y)"', ".")),
    _test("pid", ORDERED, ("1", "2")),
    _test("recvq", ORDERED, ("0", "64k", "64Ki")),
    _test("rtt", ORDERED, ("1ms", "20ms", "3", "0")),
    _test("flag", ("=", "!="), ("U", "GU", "H")),
    st.sampled_from(["ngi", "WORDS", '"("', "~ ^t", "!~ x"]),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or ", " && ", " | ", " "]), inner).map("".join),
        inner.map(lambda text: f"( {text} )"),
        inner.map(lambda text: f"not ( {text} )"),
        inner.map(lambda text: f"! {text}"),
    ),
    max_leaves=8,
)


def plain(node: Node, row: Row) -> bool:  # noqa: PLR0911 - one return a kind
    """One row, one node at a time, without columns."""
    match node:
        case All(parts):
            return all(plain(part, row) for part in parts)
        case Any(parts):
            return any(plain(part, row) for part in parts)
        case Not(part):
            return not plain(part, row)
        case Text(text):
            return row["proc"] is not None and text.lower() in str(row["proc"]).lower()
        case Pattern(pattern):
            return row["proc"] is not None and re.search(pattern, str(row["proc"]), re.IGNORECASE) is not None
        case Compared(name, comparison, value):
            opposite = comparison in ("!=", "!~")
            if opposite and name not in ("pid", "recvq", "rtt"):
                return not _holds(name, comparison.replace("!=", "=").replace("!~", "~"), value, row)
            return _holds(name, comparison, value, row)


def _holds(name: str, comparison: str, value: str, row: Row) -> bool:  # noqa: PLR0911 - one return a kind
    if name == "state":
        return any(row["state"] in TCP_STATES[each] for each in value.lower().split(","))
    if name in ("src", "dst"):
        return _host_holds(
            value, ip_address(str(row[name])), int(str(row["sport" if name == "src" else "dport"]))
        )
    if name in ("sport", "dport", "port"):
        wanted = 443 if value == "https" else int(value.lstrip(":"))
        ports = [row["sport"], row["dport"]] if name == "port" else [row[name]]
        return any(_compare(comparison, int(str(port)), wanted) for port in ports)
    if name == "proc":
        if row["proc"] is None:
            return False
        text = str(row["proc"]).lower()
        if comparison == "~":
            return re.search(value, text, re.IGNORECASE) is not None
        return fnmatchcase(text, value.lower())
    if name == "flag":
        return set(value) <= set(str(row["flag"]))
    number = float(str(row[name]))
    if np.isnan(number) or (name == "pid" and number == -1):
        return False
    scale = {"ms": 1e-3, "k": 1e3, "Ki": 1024.0}
    letters = next((end for end in ("ms", "Ki", "k") if value.endswith(end)), "")
    return _compare(comparison, number, float(value.removesuffix(letters)) * scale.get(letters, 1))


def _host_holds(value: str, address: IPv4Address | IPv6Address, port: int) -> bool:
    where, wanted = {
        "10.0.0.0/8": ("10.0.0.0/8", None),
        "10.0.0.1": ("10.0.0.1", None),
        "10.0.0.1:443": ("10.0.0.1", 443),
        "*:80": (None, 80),
        ":22": (None, 22),
        "::/0": ("::/0", None),
        "[2001:db8::]/32": ("2001:db8::/32", None),
        "[::]:443": ("::", 443),
        "*": (None, None),
    }[value]
    if wanted is not None and port != wanted:
        return False
    if where is None:
        return True
    network = ip_network(where)
    if network.version == 4:
        address = getattr(address, "ipv4_mapped", None) or address
    return address.version == network.version and address in network


def _compare(comparison: str, left: float, right: float) -> bool:
    return {
        "=": left == right,
        "!=": left != right,
        ">": left > right,
        "<": left < right,
        ">=": left >= right,
        "<=": left <= right,
    }[comparison]


@settings(max_examples=500)
@given(EXPRESSIONS, ROWS)
def test_same_rows_as_a_plain_evaluator(expression: str, rows: list[Row]) -> None:
    found = compile_filter(expression, GRAMMAR)
    if not rows:
        return
    assert found.passes(table(rows)).tolist() == [plain(found.tree, row) for row in rows]


@pytest.mark.parametrize(
    ("expression", "words", "at"),
    [
        ("src 10.0.0.0/33", "src: an address", 4),
        ("dst nonsense", "dst: an address", 4),
        ("dport = :70000", "up to 65535", 8),
        ("dport nosuchservice", "a service's name is expected", 6),
        ("recvq > many", "a number such as", 8),
        ("recvq > 3x", "a number such as", 8),
        ("rtt > 3k", "a time such as", 6),
        ("proc > nginx", "proc takes = != ~ !~, not >", 0),
        ("state = sleeping", "state: one of established", 8),
        ("proc ~ '(a'", "in the regular expression: ) is expected", 9),
        ("nginx and rtt < x", "rtt: a time", 16),
    ],
)
def test_wrong_values_are_told_with_their_place(expression: str, words: str, at: int) -> None:
    with pytest.raises(FilterError, match=re.escape(words)) as told:
        compile_filter(expression, GRAMMAR)
    assert told.value.at == at


def test_amounts() -> None:
    assert amount("10k", "count") == 10_000
    assert amount("64KiB", "bytes") == 65_536
    assert amount("8Mbit", "bytes/s") == 1_000_000
    assert amount("1.5M/s", "bytes/s") == 1_500_000
    assert amount("20ms", "seconds") == pytest.approx(0.02)
    assert amount("2h", "seconds") == 7200


SOME = table(
    [
        _row(("10.0.0.1", "10.0.1.9"), (1, 443, 8080, 1, 0), "nginx", 0.0, "U"),
        _row(("10.0.0.1", "10.0.1.9"), (6, 443, 22, 2, 0), "two words", 0.0, "U"),
    ]
)


@pytest.mark.parametrize(
    ("expression", "start", "choices"),
    [
        (
            "",
            0,
            (
                "dport",
                "dst",
                "exclude",
                "flag",
                "not",
                "pid",
                "port",
                "proc",
                "recvq",
                "rtt",
                "sport",
                "src",
                "state",
            ),
        ),
        ("dp", 0, ("dport",)),
        ("nginx dp", 6, ("dport",)),
        ("state ti", 6, ("time-wait",)),
        ("exclude syn", 8, ("syn-recv", "syn-sent", "synchronized")),
        ("proc = ", 7, ("nginx", '"two words"')),
        ("proc ng", 5, ("nginx",)),
        ("sport ", 6, (":443",)),
        ("proc nginx st", 11, ("state",)),
        ('proc = "two', 11, ()),
    ],
)
def test_half_typed_words_are_completed(expression: str, start: int, choices: tuple[str, ...]) -> None:
    found = complete(expression, GRAMMAR, lambda: SOME)
    assert (found.start, found.choices[: len(choices) or None]) == (start, choices)
