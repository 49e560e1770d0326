"""Route dumps become columns: the same as a decoder that goes message by message, and it never fails."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import rtmsg
from sockscope.app.frames.table import Table
from tests.collectors.netlink_messages import attribute, message
from tests.collectors.route_messages import (
    ADVMSS,
    CACHEINFO,
    DST,
    ENCAP_TYPE,
    GATEWAY,
    METRICS,
    MTU,
    MULTIPATH,
    NH_ID,
    OIF,
    PREF,
    PREFSRC,
    PRIORITY,
    RTT,
    SRC,
    TABLE,
    VIA,
    WINDOW,
    Row,
    dump,
    hop,
    naive,
    packed,
    route,
    u32,
    via,
)

TYPES = {
    "routes": {
        "family": "u1", "table": "u4", "type": "u1", "protocol": "u1", "scope": "u1", "tos": "u1",
        "flags": "u4", "destination_length": "u1", "source_length": "u1", "destination": "u1",
        "source_prefix": "u1", "gateway_family": "u1", "gateway": "u1", "preferred_source_known": "u1",
        "preferred_source": "u1", "device": "u4", "metric": "u4", "mtu": "u4", "advmss": "u4", "window": "u4",
        "rtt": "u4", "pref": "i1", "expires": "i4", "nexthop_id": "u4", "encapsulation": "u2",
        "advertised": "u1", "hops": "u4", "first_hop": "u4",
    },
    "nexthops": {
        "route": "u4", "gateway_family": "u1", "gateway": "u1", "device": "u4", "weight": "u2", "flags": "u1",
    },
}  # fmt: skip
"""The columns that both tables promise."""


def rows_of(table: Table) -> list[Row]:
    return [
        {
            name: value.tobytes() if value.ndim else value.item()
            for name in table.columns
            for value in [table.numbers(name)[row]]
        }
        for row in range(len(table))
    ]


def has_promised_columns(table: Table, name: str) -> None:
    assert {column: table.numbers(column).dtype for column in table.columns} == {
        column: np.dtype(kind) for column, kind in TYPES[name].items()
    }


def decoded(messages: Sequence[bytes], family: int = 2) -> tuple[list[Row], list[Row]]:
    routes, nexthops = rtmsg.decode(dump(messages), family)
    has_promised_columns(routes, "routes")
    has_promised_columns(nexthops, "nexthops")
    return rows_of(routes), rows_of(nexthops)


def test_one_route_with_everything() -> None:
    metrics = b"".join([u32(MTU, 1400), u32(ADVMSS, 1300), u32(WINDOW, 20000), u32(RTT, 4000)])
    one = route(
        [
            u32(TABLE, 1000),
            attribute(DST, packed("10.5.0.0")),
            attribute(GATEWAY, packed("10.0.0.2")),
            attribute(PREFSRC, packed("10.0.0.1")),
            u32(OIF, 7),
            u32(PRIORITY, 50),
            attribute(METRICS, metrics),
            attribute(ENCAP_TYPE, struct.pack("=H", 2)),
            u32(NH_ID, 10),
        ],
        length=16,
        tos=0x10,
        table=252,
        protocol=16,
        scope=253,
        flags=0x10,
    )
    (row,), hops = decoded([one])
    assert hops == []
    assert row["table"] == 1000
    assert row["destination"] == packed("10.5.0.0") + bytes(12)
    assert (row["gateway_family"], row["gateway"][:4]) == (2, packed("10.0.0.2"))
    assert (row["preferred_source_known"], row["preferred_source"][:4]) == (1, packed("10.0.0.1"))
    assert (row["device"], row["metric"], row["nexthop_id"], row["encapsulation"]) == (7, 50, 10, 2)
    assert (row["mtu"], row["advmss"], row["window"], row["rtt"]) == (1400, 1300, 20000, 4000)
    assert (row["destination_length"], row["tos"], row["protocol"], row["scope"]) == (16, 0x10, 16, 253)
    assert (row["type"], row["flags"], row["pref"], row["expires"]) == (1, 0x10, -1, 0)


def test_ipv6_lifetime_and_preference() -> None:
    cacheinfo = struct.pack("=IIiIIII", 1, 2, 59_900, 0, 0, 0, 0)
    one = route([attribute(CACHEINFO, cacheinfo), attribute(PREF, b"\3")], family=10, protocol=9)
    (row,), _ = decoded([one], 10)
    assert (row["expires"], row["pref"]) == (59_900, 3)


def test_a_gateway_of_the_other_family() -> None:
    (row,), _ = decoded([route([via("fe80::1")])])
    assert (row["gateway_family"], row["gateway"]) == (10, packed("fe80::1"))
    (row,), _ = decoded([route([via("10.0.0.9")])])
    assert (row["gateway_family"], row["gateway"]) == (2, packed("10.0.0.9") + bytes(12))


def test_a_plain_gateway_goes_before_any_other() -> None:
    (row,), _ = decoded([route([via("fe80::1"), attribute(GATEWAY, packed("10.0.0.2"))])])
    assert (row["gateway_family"], row["gateway"]) == (2, packed("10.0.0.2") + bytes(12))


def test_hops_stand_in_order_under_their_routes() -> None:
    two = b"".join(
        [
            hop(3, [attribute(GATEWAY, packed("10.0.0.2"))]),
            hop(4, [via("fe80::9")], weight=256, flags=0x11),
        ]
    )
    three = b"".join(hop(device) for device in (5, 6, 7))
    messages = [
        route([attribute(MULTIPATH, two)]),
        route([u32(OIF, 9)]),
        route([attribute(MULTIPATH, three)]),
    ]
    routes, hops = decoded(messages)
    assert [(row["hops"], row["first_hop"]) for row in routes] == [(2, 0), (0, 0), (3, 2)]
    assert [(row["route"], row["device"]) for row in hops] == [(0, 3), (0, 4), (2, 5), (2, 6), (2, 7)]
    assert hops[0]["gateway"][:4] == packed("10.0.0.2")
    assert (hops[1]["gateway_family"], hops[1]["gateway"]) == (10, packed("fe80::9"))
    assert (hops[1]["weight"], hops[1]["flags"]) == (256, 0x11)


def test_only_routes_of_the_asked_family() -> None:
    messages = [route([], family=10), route([u32(OIF, 1)]), message(3, bytes(12)), route([u32(OIF, 2)])]
    assert [row["device"] for row in decoded(messages)[0]] == [1, 2]
    assert len(decoded(messages, 10)[0]) == 1


def test_no_message_at_all() -> None:
    assert decoded([]) == ([], [])


def test_joined_tables_keep_their_hops() -> None:
    multipath = route([attribute(MULTIPATH, hop(3) + hop(4))])
    six = route([attribute(MULTIPATH, hop(5) + hop(6))], family=10)
    parts = [
        rtmsg.decode(dump([route([]), multipath]), 2),
        rtmsg.decode(dump([route([], family=10), six]), 10),
    ]
    routes, nexthops = rtmsg.join(parts)
    has_promised_columns(routes, "routes")
    has_promised_columns(nexthops, "nexthops")
    assert nexthops.numbers("route").tolist() == [1, 1, 3, 3]
    assert routes.numbers("first_hop")[[1, 3]].tolist() == [0, 2]
    assert nexthops.numbers("device").tolist() == [3, 4, 5, 6]


def test_advertised_prefixes_are_the_same_route_and_no_other() -> None:
    def prefix(address: str, device: int, protocol: int = 2) -> bytes:
        return route(
            [attribute(DST, packed(address)), u32(OIF, device), u32(PRIORITY, 256)],
            family=10,
            length=64,
            protocol=protocol,
        )

    four = rtmsg.decode(dump([route([u32(OIF, 2)], protocol=2)]), 2)
    six = rtmsg.decode(dump([prefix("fd20::", 2), prefix("fd20::", 3), prefix("fd21::", 2)]), 10)
    routes, _ = rtmsg.join([four, six])
    prefixes, _ = rtmsg.decode(dump([prefix("fd20::", 3)]), 10)
    assert rtmsg.with_advertised(routes, prefixes).numbers("advertised").tolist() == [0, 0, 1, 0]
    assert rtmsg.with_advertised(routes, prefixes.take(np.array([], np.intp))) is routes


numbers = st.integers(0, 2**32 - 1)
addresses = st.one_of(*(st.binary(min_size=size, max_size=size) for size in (4, 16, 3, 0)))
noise = st.binary(max_size=24)


@st.composite
def vias(draw: st.DrawFn) -> bytes:
    family = draw(st.sampled_from([2, 10, 7]))
    return attribute(VIA, struct.pack("=H", family) + draw(addresses))


gateways = st.one_of(addresses.map(lambda raw: attribute(GATEWAY, raw)), vias())


@st.composite
def hop_lists(draw: st.DrawFn) -> bytes:
    parts = draw(
        st.lists(
            st.builds(
                lambda device, rest, weight, flags: hop(device, rest, weight=weight, flags=flags),
                numbers,
                st.lists(st.one_of(gateways, st.builds(attribute, st.integers(0, 40), noise)), max_size=3),
                st.integers(1, 256),
                st.integers(0, 255),
            ),
            max_size=5,
        )
    )
    return attribute(MULTIPATH, b"".join(parts) + draw(st.one_of(st.just(b""), noise)))


any_attribute = st.one_of(
    gateways,
    hop_lists(),
    st.builds(attribute, st.sampled_from([DST, SRC, PREFSRC]), addresses),
    st.builds(u32, st.sampled_from([OIF, PRIORITY, TABLE, NH_ID]), numbers),
    st.builds(
        lambda parts: attribute(METRICS, b"".join(parts)),
        st.lists(st.builds(attribute, st.integers(0, 17), st.binary(max_size=8)), max_size=5),
    ),
    st.builds(attribute, st.integers(0, 0xFFFF), noise),
)


@st.composite
def routes_with_anything(draw: st.DrawFn) -> bytes:
    family = draw(st.sampled_from([2, 2, 10, 10, 7]))
    octet = st.integers(0, 255)
    rest = draw(st.lists(any_attribute, max_size=8))
    tail = draw(st.one_of(st.just(b""), noise.map(lambda raw: raw[: len(raw) & ~3])))
    return route(
        [*rest, tail],
        family=family,
        length=draw(octet),
        source_length=draw(octet),
        tos=draw(octet),
        table=draw(octet),
        protocol=draw(octet),
        scope=draw(octet),
        kind=draw(octet),
        flags=draw(numbers),
    )


@given(st.lists(routes_with_anything(), max_size=6), st.sampled_from([2, 10]))
def test_it_says_what_a_message_by_message_decoder_says(messages: list[bytes], family: int) -> None:
    assert decoded(messages, family) == naive(messages, family)


@given(st.lists(st.binary(min_size=0, max_size=60), max_size=4), st.sampled_from([2, 10]))
def test_bytes_without_sense_are_no_routes_or_the_same_routes(bodies: list[bytes], family: int) -> None:
    messages = [message(24, body + bytes(-len(body) % 4)) for body in bodies]
    assert decoded(messages, family) == naive(messages, family)


@pytest.mark.parametrize("cut", range(16, 60, 4))
def test_a_message_that_claims_more_than_there_is(cut: int) -> None:
    whole = route([attribute(DST, packed("10.0.0.0")), u32(OIF, 2), u32(PRIORITY, 3)])
    sent = dump([whole])
    short = type(sent)(sent.buffer[:cut], sent.offsets, sent.lengths)
    routes, _ = rtmsg.decode(short, 2)
    assert len(routes) == (1 if cut >= len(whole) else 0)
