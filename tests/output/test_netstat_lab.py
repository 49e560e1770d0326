"""Everything printed once beside netstat, row by row, at one moment.

Blanks are evened out. What else may differ is a rule below, one for each row of the table of differences in
`--help` and README, and nothing else may: what a rule does not name must be the same.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sockscope.app import options
from sockscope.app.gather import Gatherer
from sockscope.app.once import Printer
from sockscope.app.settings import Settings
from sockscope.app.usage import DIFFERENCES
from tests.lab import routes
from tests.lab.members import Member, join
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and
from tests.lab.program import ROOT
from tests.lab.scene import Scene
from tests.lab.unixscene import UnixScene
from tests.output import test_statistics_lab as statistics

pytestmark = pytest.mark.lab

Row = tuple[str, ...]
Rows = list[Row]
Rule = Callable[[Rows, Rows, Settings], tuple[Rows, Rows]]
"""Ours and netstat's rows as words, made alike where one difference makes them differ."""

RULES: dict[str, Rule] = {}


def allowed(subject: str) -> Callable[[Rule], Rule]:
    """The rule for the difference of that name."""

    def put(rule: Rule) -> Rule:
        RULES[subject] = rule
        return rule

    return put


ELSEWHERE = {
    "hosts without -n": "tests of names",
    "-rC": "tests/output/test_route_cache.py",
    "-M": "tests/collectors/test_conntrack_lab.py, tests/test_nat.py",
    "-ie": "test_long_form",
    "-s, -4 and -6": "tests/output/test_statistics.py",
    "-g with -4 or -6": "test_groups_of_a_family",
    "-r --json, --csv": "tests/output/test_once_lab.py",
}
"""Differences that are no rows to be compared here, and where they are tested."""


def _each(rows: Rows, change: Callable[[Row], Row]) -> Rows:
    return [change(row) for row in rows]


def _inet(row: Row) -> bool:
    return row[0].startswith(("tcp", "udp", "raw", "sctp")) and len(row) >= 5


@allowed("Send-Q of a listener")
def listeners_queue(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    def without(row: Row) -> Row:
        listens = _inet(row) and row[5:6] == ("LISTEN",)
        return (*row[:2], "-", *row[3:]) if listens else row

    return _each(ours, without), _each(theirs, without)


@allowed("addresses")
def cut_addresses(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    def cut(word: str) -> str:
        host, _, port = word.rpartition(":")
        return f"{host[: 22 - len(port)]}:{port}"

    def short(row: Row) -> Row:
        return (*row[:3], cut(row[3]), cut(row[4]), *row[5:]) if _inet(row) else row

    return _each(ours, short), _each(theirs, short)


@allowed("-p")
def holders(ours: Rows, theirs: Rows, settings: Settings) -> tuple[Rows, Rows]:
    """Of a socket that several hold, netstat may name any; of names it cuts the end or keeps the path."""
    if not settings.programs:
        return ours, theirs

    def apart(row: Row) -> tuple[Row, Row, Row]:
        start = next((i for i, word in enumerate(row) if re.match(r"\d+/", word)), len(row))
        end = len(row) - 2 if settings.timers and _inet(row) else start + 1 if row[0] == "unix" else len(row)
        while end < len(row) and row[end].startswith("+"):
            end += 1
        return row[:start], row[start:end], row[end:]

    shared = {
        (before, after)
        for before, program, after in map(apart, ours)
        if program and program[-1].startswith("+")
    }

    def same(row: Row) -> Row:
        before, program, after = apart(row)
        if not program:
            return row
        named = "several" if (before, after) in shared else program[0].partition("/")[0]
        return (*before, named, *after)

    return _each(ours, same), _each(theirs, same)


@allowed("-e, nobody known")
def nobody(ours: Rows, theirs: Rows, settings: Settings) -> tuple[Rows, Rows]:
    """A socket without inode belongs to nobody whom the kernel would name, but for its listener's user."""
    if not settings.extend:
        return ours, theirs

    def unknown(row: Row) -> Row:
        if not _inet(row):
            return row
        place = 6 if not row[0].startswith("udp") or row[5].isupper() else 5
        return (*row[:place], "-", *row[place + 1 :]) if row[place + 1] == "0" else row

    return _each(ours, unknown), _each(theirs, unknown)


@allowed("timer counts")
def one_count(ours: Rows, theirs: Rows, settings: Settings) -> tuple[Rows, Rows]:
    """Seconds go on between two looks; of two counts the kernel tells one, of a handshake not timeouts."""
    if not settings.timers:
        return ours, theirs

    def counted(row: Row) -> Row:
        found = re.fullmatch(r"\([\d.]+/(\d+)/(\d+)\)", row[-1])
        if found is None:
            return row
        if row[5] == "SYN_RECV":
            return row[:-1]
        return (*row[:-1], found[2] if row[-2] in ("keepalive", "probe") else found[1])

    return _each(ours, counted), _each(theirs, counted)


@allowed("blackhole and throw")
def refusing(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    def closed(row: Row) -> Row:
        if len(row) >= 8 and row[3] == "U" and "*" in row[4:]:
            return (row[0], "-", row[2], "!")
        return row

    def short(row: Row) -> Row:
        return row[:4] if row[3:4] == ("!",) and row[1] == "-" else row

    return _each(ours, short), _each(_each(theirs, closed), short)


@allowed("multipath, IPv4")
def hops(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    """Our lines of further hops: those of a destination that netstat has once."""
    first: set[Row] = set()
    kept = []
    for row in ours:
        route = row[:1] + row[2:4]
        further = row[3:4] == ("UG",) and route in first and row not in theirs
        first.add(route)
        if not further:
            kept.append(row)
    return kept, theirs


@allowed("IPv4 by IPv6 gateway")
def other_family(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    def gateway(row: Row) -> Row:
        via6 = row[3:4] == ("UG",) and ":" in row[1] and ":" not in row[0]
        return (row[0], "0.0.0.0", *row[2:]) if via6 else row

    return _each(ours, gateway), theirs


@allowed("IPv6, other tables")
def tables(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    return _each(ours, lambda row: row[:-2] if row[-2:-1] == ("table",) else row), theirs


@allowed("IPv6 null entries")
def null_entries(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    return ours, [row for row in theirs if row[0] not in ("::/0", "[::]/0") or row[2:4] != ("!n", "-1")]


@allowed("Ref of IPv6 routes")
def references(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    def without(row: Row) -> Row:
        return (*row[:4], "-", *row[5:]) if "/" in row[0] and len(row) == 7 else row

    return ours, _each(theirs, without)


@allowed("point-to-point")
def letters(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    return [(*row[:-1], row[-1].replace("p", "P")) if len(row) == 11 else row for row in ours], theirs


@allowed("-i, names as eth0:1")
def further_names(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    def dashes(row: Row) -> Row:
        words = row[2:3] == ("-",) and row[-2:-1] == ("-",) and len(row) < 11
        return (*row[:2], *"-" * 8, row[-1]) if words else row

    return ours, _each(theirs, dashes)


@allowed("names of unix sockets")
def unix_names(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    return [
        (*row[:-1], row[-1].replace("^@", "@").replace("^[", "\x1b")) if row[0] == "unix" else row
        for row in ours
    ], theirs


@allowed("-s")
def words(ours: Rows, theirs: Rows, _: Settings) -> tuple[Rows, Rows]:
    """The words are compared by `statistics.agree`."""
    return ours, theirs


def test_every_difference_has_its_rule_and_every_rule_its_difference() -> None:
    told = [subject for subject, _, _ in DIFFERENCES]
    assert sorted(told) == sorted({**RULES, **ELSEWHERE})
    assert not RULES.keys() & ELSEWHERE.keys()


class Stage:
    """The namespaces to look at: many sockets, unix sockets, and one with routes that rests."""

    def __init__(self, held: contextlib.ExitStack) -> None:
        self.sockets = held.enter_context(Scene()).server
        self.unix = held.enter_context(UnixScene()).namespace
        self.quiet = held.enter_context(Namespace())
        router = held.enter_context(Namespace())
        pair(self.quiet, router, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        routes.add(self.quiet)
        routes.advertise(router, self.quiet)
        self.quiet.ip("address", "add", "10.0.0.7/24", "broadcast", "+", "dev", "eth0", "label", "eth0:1")
        self.quiet.ip("link", "add", "off0", "type", "bridge")
        self.quiet.ip("tuntap", "add", "point0", "mode", "tun")
        self.quiet.ip("address", "add", "10.9.9.1", "peer", "10.9.9.2", "dev", "point0")
        self.quiet.ip("link", "set", "point0", "up")
        with self.quiet.inside():
            for group in (Member("224.0.0.251", "eth0"), Member("ff02::fb", "eth0")):
                held.enter_context(join(group))
            statistics._traffic()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    require_root_and("netstat")
    with contextlib.ExitStack() as held:
        yield Stage(held)


def settings(arguments: str) -> Settings:
    return options.apply(options.parse(arguments.split()), Settings())


def sockscope(namespace: Namespace, arguments: str) -> str:
    made, out = settings(arguments), io.StringIO()
    with namespace.inside():
        gatherer = Gatherer(made)
        try:
            Printer(made, out).print(gatherer.frame())
        finally:
            gatherer.close()
    return out.getvalue()


def netstat(namespace: Namespace, arguments: str) -> str:
    return namespace.run(["netstat", *arguments.split()], check=False, timeout=60)


def at_one_moment(namespace: Namespace, arguments: str) -> tuple[str, str]:
    """What both print, with nothing but clocks having gone on in between."""

    def steady(text: str) -> str:
        return re.sub(r"\([\d.]+/", "(", text)

    for _ in range(20):
        before, mine = netstat(namespace, arguments), sockscope(namespace, arguments)
        if steady(netstat(namespace, arguments)) == steady(before):
            return mine, before
    raise AssertionError("the namespace never rests")


def rows(text: str) -> Rows:
    return [tuple(line.split()) for line in text.splitlines() if line.strip()]


SOCKETS = (
    *("-tan", "-uan", "-wan", "-tulpn", "-pantu", "-n", "-ln", "-an", "-4an", "-6an", "-tn", "-ltn", "-Uan"),
    *("-tanW", "-tane", "-tanee", "-tano", "-tanp", "-taneop", "-uanpe", "-wanoe", "-A inet,inet6 -an"),
    *(
        "-taoe --numeric-hosts",
        "-tae --numeric-hosts --numeric-users",
        "--ip --tcp --numeric --all",
        "-avdNn",
    ),
)
UNIX = ("-xan", "-xn", "-xln", "-xanp", "-A unix -an", "-tuxan", "-xaneWo")
QUIET = (
    *("-rn", "-ren", "-reen", "-4rn", "-Frn", "-r --numeric-hosts", "-6 -rn", "-6ren", "-A inet6 -rn"),
    *("-i", "-ia", "-ian", "-6 -i", "-gn", "-tgan", "-gxn", "-rtan"),
)
STATISTICS = ("-s", "-st", "-su", "-sw", "-6 -s", "-6 -st", "-sn", "-stuw", "-sU")


def compare(namespace: Namespace, arguments: str) -> Rows:
    mine, netstats = at_one_moment(namespace, arguments)
    ours, theirs = rows(mine), rows(netstats)
    for rule in RULES.values():
        ours, theirs = rule(ours, theirs, settings(arguments))
    extra, missing = Counter(ours) - Counter(theirs), Counter(theirs) - Counter(ours)
    assert not extra
    assert not missing
    heads = [row for row in theirs if row[0] in ("Active", "Kernel", "Proto", "IPv6/IPv4", "Destination")]
    assert [row for row in ours if row in heads] == heads, "headings in the same order"
    return ours


@pytest.mark.parametrize("arguments", SOCKETS)
def test_sockets(stage: Stage, arguments: str) -> None:
    assert len(compare(stage.sockets, arguments)) > (2 if "U" not in arguments else 1)


@pytest.mark.parametrize("arguments", UNIX)
def test_unix_sockets(stage: Stage, arguments: str) -> None:
    assert len(compare(stage.unix, arguments)) > 4


@pytest.mark.parametrize("arguments", QUIET)
def test_routes_interfaces_and_groups(stage: Stage, arguments: str) -> None:
    assert len(compare(stage.quiet, arguments)) > 3


@pytest.mark.parametrize("arguments", ["-ie", "-iea"])
def test_long_form(stage: Stage, arguments: str) -> None:
    """Every value that netstat has, after its word; netstat tells one IPv4 address of each name."""
    mine, netstats = at_one_moment(stage.quiet, arguments)
    ours, theirs = (
        {part.partition(":")[0]: part for part in text.partition("\n")[2].split("\n\n") if part}
        for text in (re.sub(r"(?m)^(?=eth0:1)", "\n", mine), netstats)
    )
    assert ours.keys() == theirs.keys() - {"eth0:1"}
    for name, part in theirs.items():
        values = re.findall(
            r"(mtu|inet6?|netmask|prefixlen|destination|ether|txqueuelen|packets|bytes|errors|dropped|overruns"
            r"|frame|carrier|collisions)\s+([0-9a-f][0-9a-f.:]*)",
            part,
        )
        assert len(values) > 3
        told = ours[name.partition(":")[0]]
        for word, value in values:
            ours_word = {"destination": "peer", "ether": r"\S+"}.get(word, word)
            assert re.search(rf"\b{ours_word} {re.escape(value)}(\s|$)", told), (word, value, told)
    assert (
        "inet 10.0.0.7 netmask 255.255.255.0 broadcast 10.0.0.255 scope global label eth0:1" in ours["eth0"]
    )
    assert "<" in ours["lo"]


def test_netstats_sentences_are_not_ours(stage: Stage) -> None:
    """They are under another licence; what takes three words hardly has another form."""
    files = [path for path in (Path(ROOT) / "app").rglob("*") if path.suffix in (".py", ".tsv")]
    ours = " ".join(" ".join(path.read_text("utf-8").lower().split()) for path in files)
    texts = [netstat(where, told) for where in (stage.quiet, stage.sockets) for told in ("-s", "-6 -s")]
    lines = "".join(texts).lower().splitlines()
    sentences = {" ".join(re.sub(r"\b\d+\b", "", line).split()) for line in lines if line.startswith(" ")}
    told = {sentence for sentence in sentences if len(sentence.split()) > 3}
    assert len(told) > 3
    assert not [sentence for sentence in told if sentence in ours]


def test_groups_of_a_family(stage: Stage) -> None:
    told, theirs = rows(sockscope(stage.quiet, "-g6n")), rows(netstat(stage.quiet, "-gn"))
    heads = ("IPv6/IPv4", "Interface", "---------------")
    assert told == [row for row in theirs if row[0] in heads or ":" in row[2]]


@pytest.mark.parametrize("arguments", STATISTICS)
def test_statistics(stage: Stage, arguments: str) -> None:
    mine, netstats = at_one_moment(stage.quiet, arguments)
    statistics.agree(statistics.ours(mine), statistics.theirs(netstats))
