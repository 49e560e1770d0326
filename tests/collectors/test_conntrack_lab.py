"""A gateway's tracked connections: our columns against conntrack(8) and the kernel's own file."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sockscope.app.collectors import procconntrack
from sockscope.app.collectors.conntrack import ConntrackCollector
from sockscope.app.collectors.conntrack_use import ConntrackUseCollector
from sockscope.app.collectors.links import LinksCollector
from sockscope.app.frames.conntrack import ADDRESSES, DIRECTIONS, NUMBERS, STATES, Status
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.conntrack import WITH_PORTS, ConntrackModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import conntrack_text
from tests.lab import nat
from tests.lab.nat import Gateway
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

ENTRIES = 12
Fact = dict[str, Any]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    require_root_and("nft", "conntrack")
    with Gateway() as made:
        yield made


def collected(gateway: Gateway) -> dict[str, Table]:
    """What the three collectors that the tab needs bring."""
    tables: dict[str, Table] = {}
    with gateway.gate.inside():
        for collector in (ConntrackCollector(), ConntrackUseCollector(), LinksCollector()):
            with contextlib.closing(collector):
                brought = collector.collect()
            assert not brought.notes
            tables.update(brought.tables)
    return tables


def told(gateway: Gateway) -> list[Fact]:
    """What conntrack -L says, a dictionary an entry."""
    listed = gateway.gate.run(["conntrack", "-L", "-o", "extended,id"])
    return [_told(line) for line in listed.splitlines()]


def _told(line: str) -> Fact:
    words = line.split()
    fact: Fact = {"family": int(words[1]), "protocol": int(words[3]), "timeout": int(words[4])}
    fact["state"] = words[5] if "=" not in words[5] else None
    fact["unreplied"], fact["assured"] = "[UNREPLIED]" in words, "[ASSURED]" in words
    *pairs, identifier = re.findall(r"([\w-]+)=(\S+)", line)
    half = [place for place, (name, _) in enumerate(pairs) if name == "src"][1]
    for way, part in zip(DIRECTIONS, (pairs[:half], pairs[half:]), strict=True):
        values = dict(part)
        fact[way] = {name: values[name] for name in _TUPLE if name in values}
    fact |= {name: int(value) for name, value in pairs[half:] if name in ("mark", "zone")}
    return fact | {"zone": fact.get("zone", 0), "id": int(identifier[1])}


_TUPLE = ("src", "dst", "sport", "dport", "type", "code", "id", "packets", "bytes")


def ours(table: Table, row: int) -> Fact:
    """An entry of ours in the same form."""
    number = {name: table.integer(name, row) for name in NUMBERS}
    protocol, state = number["protocol"], number["state"]
    status = Status(number["status"])
    return {
        **{name: number[name] for name in ("family", "protocol", "timeout", "mark", "zone", "id")},
        "state": STATES[protocol][state] if state >= 0 else None,
        "unreplied": Status.SEEN_REPLY not in status,
        "assured": Status.ASSURED in status,
        **{way: _tuple(table, row, way) for way in DIRECTIONS},
    }


def _tuple(table: Table, row: int, way: str) -> dict[str, str]:
    ends = {short: conntrack_text.host(table, row, f"{way}_{long}") for short, long in _ENDS.items()}
    source, destination = (table.integer(f"{way}_{long}_port", row) for long in _ENDS.values())
    if table.integer("protocol", row) in WITH_PORTS:
        ports = {"sport": source, "dport": destination}
    else:
        ports = {"type": destination >> 8, "code": destination & 255, "id": source}
    counters = {name: table.integer(f"{way}_{name}", row) for name in ("packets", "bytes")}
    return ends | {name: str(value) for name, value in (ports | counters).items()}


_ENDS = {"src": "source", "dst": "destination"}


def by_tuple(facts: list[Fact]) -> dict[tuple[object, ...], Fact]:
    return {(fact["protocol"], *sorted(fact["original"].items())): fact for fact in facts}


def test_every_entry_is_as_conntrack_says(gateway: Gateway) -> None:
    table = collected(gateway)["conntrack"]
    theirs = by_tuple(told(gateway))
    mine = by_tuple([ours(table, row) for row in range(len(table))])
    assert len(theirs) == ENTRIES
    for key, fact in theirs.items():
        found = mine.pop(key)
        assert found.pop("timeout") - fact.pop("timeout") in (0, 1, 2)
        assert found == fact
    assert not mine
    assert (table.numbers("started") > 1.7e18).all()


def test_the_file_of_proc_says_the_same(gateway: Gateway) -> None:
    table = collected(gateway)["conntrack"]
    file = procconntrack.entries(gateway.gate.read("/proc/net/nf_conntrack"))
    mine, theirs = (by_tuple([ours(each, row) for row in range(len(each))]) for each in (table, file))
    assert mine.keys() == theirs.keys()
    for key, fact in mine.items():
        assert abs(fact.pop("timeout") - theirs[key].pop("timeout")) <= 2
        assert theirs[key].pop("id") == 0
        del fact["id"]
        assert theirs[key] == fact


def test_use_is_the_kernels_count(gateway: Gateway) -> None:
    use = collected(gateway)["conntrack_use"]
    assert use.integer("count", 0) == int(gateway.gate.run(["conntrack", "-C"])) == ENTRIES
    assert use.integer("limit", 0) == int(gateway.gate.read("/proc/sys/net/netfilter/nf_conntrack_max"))
    assert (use.integer("accounting", 0), use.integer("drop", 0), use.integer("early_drop", 0)) == (1, 0, 0)


def rows(gateway: Gateway, options: Options) -> Table:
    store = Store()
    store.take(Frame(0, 1.7e9, 1000.0, 1.0, tables=collected(gateway)))
    made = ConntrackModel().rows(store, options)
    assert made is not None
    return made


def test_what_was_done_in_words(gateway: Gateway) -> None:
    """conntrack -L --src-nat and --dst-nat list the same rows, and the words fit the rules of the gateway."""
    table = rows(gateway, Options())
    done = {
        (conntrack_text.place(table, row, "original_destination"), table.integer("protocol", row)): re.sub(
            r":\d{5}\b", ":PORT", conntrack_text.done(table, row)
        )
        for row in range(len(table))
    }
    assert done == {
        ("10.1.0.1:8080", 6): "destination rewritten to 10.2.0.2:80",
        ("10.1.0.1:8443", 6): "masqueraded as 10.2.0.1:PORT, destination rewritten to 10.2.0.2:443",
        ("10.2.0.2:443", 6): "masqueraded as 10.2.0.1:PORT",
        ("10.2.0.2:22", 6): "not translated",
        ("10.2.0.2:2200", 6): "not translated",
        ("[fd01::1]:8080", 6): "destination rewritten to [fd02::2]:80",
        ("[fd02::2]:443", 6): "masqueraded as [fd02::1]:PORT",
        ("[fd02::2]:22", 6): "not translated",
        ("10.2.0.2:443", 17): f"source rewritten to {nat.LENT}:PORT",
        ("10.1.0.1:5353", 17): "destination rewritten to 10.1.0.1:53",
        ("10.2.0.2:9999", 17): "not translated",
        ("10.2.0.2", 1): "masqueraded as 10.2.0.1",
    }


def test_only_the_translated_are_those_that_the_kernel_marks(gateway: Gateway) -> None:
    table = rows(gateway, Options(frozenset({"translated_only"})))
    marked = (table.numbers("status") & int(Status.SRC_NAT | Status.DST_NAT)) != 0
    assert marked.all()
    assert len(table) == ENTRIES - 4


def test_addresses_are_in_network_order(gateway: Gateway) -> None:
    table = collected(gateway)["conntrack"]
    four = table.numbers("family") == 2
    assert set(four.tolist()) == {True, False}
    for name in ADDRESSES:
        assert not table.numbers(name)[four, 4:].any()
        assert np.isin(table.numbers(name)[~four, 0], [0xFD]).all()
