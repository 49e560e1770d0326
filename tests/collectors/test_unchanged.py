"""A dump is decoded again exactly when something changed that was read of it."""

from __future__ import annotations

import struct
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.linkmsg import Addresses, Links
from sockscope.app.frames.table import Column, Strings
from tests.collectors.netlink_messages import address, attribute, link
from tests.collectors.route_messages import dump

NAME, MTU, LINKINFO, STATS64, AF_SPEC, CACHEINFO = 3, 4, 18, 23, 26, 6


def told(columns: dict[str, Column]) -> dict[str, object]:
    return {
        name: [column[row] for row in range(len(column))] if isinstance(column, Strings) else column.tolist()
        for name, column in columns.items()
    }


def interface(index: int, traffic: int = 0, timer: int = 0, mtu: int = 1500, name: bytes = b"eth") -> bytes:
    info = attribute(1, b"bridge\0") + attribute(2, struct.pack("=Q", timer))
    return link(
        index,
        [
            attribute(NAME, name + b"%d\0" % index),
            attribute(MTU, struct.pack("=I", mtu)),
            attribute(LINKINFO, info),
            attribute(AF_SPEC, struct.pack("=Q", traffic)),
            attribute(STATS64, struct.pack("=25Q", *[traffic] * 25)),
        ],
    )


def test_counters_and_timers_do_not_make_it_decode_again() -> None:
    links = Links()
    first = links.columns(dump([interface(1), interface(2)]))
    with mock.patch.object(Links, "_decode") as decode:
        second = links.columns(dump([interface(1, traffic=7, timer=3), interface(2, traffic=9)]))
    assert not decode.called
    assert second["name"] is first["name"]
    assert told(second)["rx_bytes"] == [7, 9]


def test_lifetimes_of_addresses_do_not_make_it_decode_again() -> None:
    def leased(seconds: int) -> bytes:
        return address(
            2, 2, 24, [attribute(1, bytes(4)), attribute(CACHEINFO, struct.pack("=4I", *[seconds] * 4))]
        )

    addresses = Addresses()
    first = addresses.columns(dump([leased(3600)]))
    assert addresses.columns(dump([leased(3599)])) is first
    assert addresses.columns(dump([leased(3599)] * 2)) is not first


KNOWN_KINDS = [1, 3, 4, 5, 6, 10, 13, 16, 18, 20, 23, 26, 30, 33, 35, 37, 61]
some_attributes = st.lists(
    st.tuples(
        st.sampled_from(KNOWN_KINDS), st.sampled_from([b"", b"a\0", bytes(4), b"\x05\0\x01\0v", bytes(208)])
    ),
    max_size=6,
)
some_links = st.lists(st.tuples(st.integers(1, 4), some_attributes), min_size=1, max_size=4)


@given(st.lists(some_links, min_size=2, max_size=4))
def test_a_reader_that_remembers_tells_what_one_that_does_not_tells(
    lists: list[list[tuple[int, list[tuple[int, bytes]]]]],
) -> None:
    links = Links()
    for messages in lists:
        told_now = dump([link(index, [attribute(*each) for each in parts]) for index, parts in messages])
        assert told(links.columns(told_now)) == told(Links().columns(told_now))


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_no_byte_that_counts_changes_unseen(place: int, value: int) -> None:
    messages = [interface(1), interface(2, name=b"dummy")]
    links = Links()
    links.columns(dump(messages))
    raw = bytearray(messages[1])
    at = 16 + place % (len(raw) - 16)
    raw[at] = value
    changed = dump([messages[0], bytes(raw)])
    assert told(links.columns(changed)) == told(Links().columns(changed))
