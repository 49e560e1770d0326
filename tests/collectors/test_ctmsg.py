"""Dumps of tracked connections become columns: what was put in comes out, and nothing makes it fail."""

from __future__ import annotations

import struct
from dataclasses import replace
from socket import inet_ntop

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import ctmsg
from sockscope.app.collectors.netlink import failed
from sockscope.app.collectors.procconntrack import entries
from sockscope.app.frames.conntrack import ADDRESSES, NUMBERS, STATES, Status, no_entries
from sockscope.app.frames.table import Table
from tests.collectors.conntrack_messages import (
    CT_NEW,
    EVERY,
    ICMP,
    ICMPV6,
    PLAIN,
    UDP,
    End,
    Entry,
    ct,
    line,
    nest,
    number,
)
from tests.collectors.netlink_messages import attribute, message
from tests.collectors.route_messages import dump

ports = st.integers(0, 65535)
counters = st.integers(-1, 2**63 - 1)


@st.composite
def ends(draw: st.DrawFn, family: int) -> End:
    size = 4 if family == 2 else 16
    addresses = st.binary(min_size=size, max_size=size).map(lambda raw: inet_ntop(family, raw))
    packets = draw(counters)
    octets = draw(st.integers(0, 2**63 - 1)) if packets >= 0 else -1
    return End(draw(addresses), draw(addresses), draw(ports), draw(ports), packets, octets)


@st.composite
def made(draw: st.DrawFn) -> Entry:
    family = draw(st.sampled_from((2, 10)))
    protocol = draw(st.sampled_from((6, UDP, 33, 132, 47, ICMP if family == 2 else ICMPV6)))
    state = draw(st.integers(-1, len(STATES[protocol]) - 1)) if protocol in STATES else -1
    bits = draw(st.integers(0, 2**16 - 1))
    zone = draw(ports)
    return Entry(
        draw(ends(family)),
        draw(ends(family)),
        protocol,
        state,
        Status(bits),
        draw(st.integers(-1, 2**32 - 1)),
        draw(st.integers(0, 2**32 - 1)),
        zone,
        draw(st.integers(0, 2)) if zone else 0,
        draw(st.integers(0, 2**32 - 1)),
        draw(counters),
        tuple(attribute(kind, b"x" * kind) for kind in draw(st.lists(st.integers(21, 40), max_size=2))),
    )


def rows_of(table: Table) -> list[Entry]:
    return [entry_of(table, row) for row in range(len(table))]


def entry_of(table: Table, row: int) -> Entry:
    told = {name: table.integer(name, row) for name in NUMBERS}
    family = told.pop("family")

    def end(way: str) -> End:
        addresses: list[str] = []
        for name in (f"{way}_source", f"{way}_destination"):
            raw = table.numbers(name)[row].tobytes()
            addresses.append(inet_ntop(family, raw[:4] if family == 2 else raw))
        names = ("source_port", "destination_port", "packets", "bytes")
        return End(addresses[0], addresses[1], *(told.pop(f"{way}_{name}") for name in names))

    original, reply = end("original"), end("reply")
    status = Status(told.pop("status"))
    return Entry(
        original,
        reply,
        told["protocol"],
        told["state"],
        status,
        told["timeout"],
        told["mark"],
        told["zone"],
        told["zone_of"],
        told["id"],
        told["started"],
    )


def has_promised_columns(table: Table) -> None:
    assert {name: table.numbers(name).dtype for name in table.columns if name not in ADDRESSES} == {
        name: np.dtype(kind) for name, kind in NUMBERS.items()
    }
    assert all(table.numbers(name).shape == (len(table), 16) for name in ADDRESSES)
    assert all(table.numbers(name).dtype == np.uint8 for name in ADDRESSES)


@given(st.lists(made(), max_size=8))
def test_what_was_put_in_comes_out(content: list[Entry]) -> None:
    table = ctmsg.decode(dump([ct(entry) for entry in content]))
    has_promised_columns(table)
    assert rows_of(table) == [replace(entry, more=()) for entry in content]


@given(st.lists(made(), max_size=6))
def test_the_file_says_the_same_but_for_what_it_lacks(content: list[Entry]) -> None:
    table = entries("".join(f"{line(entry)}\n" for entry in content))
    has_promised_columns(table)
    told = Status.SEEN_REPLY | Status.ASSURED | Status.OFFLOAD | Status.HW_OFFLOAD
    assert rows_of(table) == [
        replace(entry, more=(), id=0, started=-1, status=_as_listed(entry.status & told)) for entry in content
    ]


def _as_listed(status: Status) -> Status:
    """The file names one of three words, and what is in hardware is offloaded."""
    seen = Status.CONFIRMED | (status & Status.SEEN_REPLY)
    if Status.HW_OFFLOAD in status:
        return seen | Status.OFFLOAD | Status.HW_OFFLOAD
    return seen | (Status.OFFLOAD if Status.OFFLOAD in status else status & Status.ASSURED)


@given(st.lists(st.binary(max_size=120), max_size=6))
def test_garbage_in_messages_is_no_entry(payloads: list[bytes]) -> None:
    has_promised_columns(ctmsg.decode(dump([message(CT_NEW, payload) for payload in payloads])))


@given(st.data(), made())
def test_a_message_cut_or_with_a_wrong_byte_never_fails(data: st.DataObject, entry: Entry) -> None:
    whole = ct(entry)
    cut = data.draw(st.integers(20, len(whole)))
    place = data.draw(st.integers(16, cut - 1))
    broken = bytearray(whole[:cut])
    broken[place] = data.draw(st.integers(0, 255))
    broken[:4] = struct.pack("=I", cut)
    padding = bytes(-cut % 4)
    table = ctmsg.decode(dump([bytes(broken) + padding, ct(PLAIN)]))
    has_promised_columns(table)
    assert rows_of(table)[-1] == PLAIN


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    has_promised_columns(entries(text))
    has_promised_columns(entries(f"ipv4 2 tcp 6 {text}"))


def test_a_line_that_is_hurt_leaves_the_others() -> None:
    good = [line(entry) for entry in EVERY]
    hurt = [
        "ipv4 2 tcp 6 src=1.2.3.4",
        good[0].replace("dport=443", "dport=70000"),
        good[0].replace("src=", "srk="),
    ]
    hurt += [good[0].replace("10.2.0.2", "fe80::1"), f"{good[0]} src=1.2.3.4", good[0].replace("=443", "=-3")]
    listed = "\n".join([*hurt, *good])
    assert [entry.original for entry in rows_of(entries(listed))] == [entry.original for entry in EVERY]


def test_what_lacks_a_tuple_or_is_of_another_family_is_left_out() -> None:
    head = struct.pack("=BBH", 2, 0, 0)
    lacking = message(CT_NEW, head + number(12, 9, 4))
    empty = message(CT_NEW, head + nest(1) + nest(2))
    bridge = bytearray(ct(PLAIN))
    bridge[16] = 7
    other_type = bytearray(ct(PLAIN))
    other_type[4:6] = struct.pack("=H", 0x102)
    table = ctmsg.decode(dump([lacking, empty, bytes(bridge), bytes(other_type), ct(PLAIN)]))
    assert rows_of(table) == [PLAIN]


def test_no_entry_is_a_table_without_rows() -> None:
    for table in (ctmsg.decode(failed(1)), entries(""), no_entries()):
        assert len(table) == 0
        has_promised_columns(table)
