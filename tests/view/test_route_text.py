"""Addresses of routes as text, one at a time and all at once."""

from __future__ import annotations

from ipaddress import ip_address

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.filters.match import Word
from sockscope.app.view import route_text
from sockscope.app.view.route_text import AddressSearch
from tests.model.route_tables import Played, Row, hop, route


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (route("0.0.0.0/0"), "default"),
        (route("::/0"), "default"),
        (route("10.0.0.0/8"), "10.0.0.0/8"),
        (route("10.3.3.3/32"), "10.3.3.3/32"),
        (route("2001:db8::/48"), "2001:db8::/48"),
        (route("::ffff:0:0/96"), "::ffff:0.0.0.0/96"),
    ],
)
def test_destinations(row: Row, text: str) -> None:
    assert route_text.destination(Played(row).rows(), 0) == text


def test_what_else_a_packet_must_have() -> None:
    rows = Played(route("10.0.0.0/8", tos=8), {**route("::/0"), "source_length": 64}).rows()
    assert [route_text.qualified(rows, row) for row in (0, 1)] == [
        "10.0.0.0/8 tos 0x08",
        "default from ::/64",
    ]
    assert route_text.source_prefix(rows, 0) is None


@pytest.mark.parametrize(
    ("destination", "mask"),
    [
        ("0.0.0.0/0", "0.0.0.0"),
        ("10.0.0.0/9", "255.128.0.0"),
        ("10.0.0.1/32", "255.255.255.255"),
        ("::/0", None),
    ],
)
def test_masks(destination: str, mask: str | None) -> None:
    assert route_text.genmask(Played(route(destination)).rows(), 0) == mask


def test_gateways_and_sources() -> None:
    rows = Played(route("10.0.0.0/8", "fe80::1", source="10.0.0.9"), route("11.0.0.0/8")).rows()
    assert [route_text.gateway(rows, row) for row in (0, 1)] == ["fe80::1", None]
    assert [route_text.preferred_source(rows, row) for row in (0, 1)] == ["10.0.0.9", None]


networks = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
)


@given(st.lists(networks, max_size=8), st.text("0123456789abcdef.:/", min_size=1, max_size=4))
def test_a_search_finds_what_the_screen_shows(found: list[tuple[object, int]], word: str) -> None:
    given_rows = [
        {
            **route("0.0.0.0/0" if ip_address(str(where)).version == 4 else "::/0"),
            "destination": ip_address(str(where)).packed.ljust(16, b"\0"),
            "destination_length": length,
        }
        for where, length in found
    ]
    rows = Played(*given_rows).rows()
    search = AddressSearch("destination", "family", "destination_length")
    expected = [word in route_text.destination(rows, row) for row in range(len(rows))]
    assert search(rows, Word(word)).tolist() == expected


def test_a_search_leaves_out_what_is_not_there() -> None:
    rows = Played(route("10.0.0.0/8", "0.0.0.0"), route("11.0.0.0/8"), route("12.0.0.0/8", "fe80::1")).rows()
    gateways = AddressSearch("gateway", "gateway_family")
    assert gateways(rows, Word("0.0.0.0")).tolist() == [True, False, False]
    assert gateways(rows, Word("e80")).tolist() == [False, False, True]
    sources = AddressSearch("preferred_source", "family", known="preferred_source_known")
    assert not sources(rows, Word("0")).any()


def test_a_search_follows_the_rows() -> None:
    search = AddressSearch("destination", "family", "destination_length")
    it = Played(route("10.0.0.0/8"), route("11.0.0.0/8", hops=[hop()]))
    assert search(it.rows(), Word("11.")).tolist() == [False, True, True]
    shown = it.rows().take(np.array([2, 0]))
    assert search(shown, Word("11.")).tolist() == [True, False]
    assert search(Played().rows(), Word("11.")).tolist() == []
