"""The letters of every kind of route, as netstat printed them on a real kernel."""

from __future__ import annotations

import pytest

from sockscope.app.model.route_flags import LETTERS, MEANINGS, honest, hop_states, letters
from tests.model.route_tables import Row, hop, route, tables

FOUR: list[tuple[str, Row, str]] = [
    ("of an address", route("10.1.0.0/24", protocol=2, scope=253), "U"),
    ("through a gateway", route("10.2.0.0/16", "10.1.0.2"), "UG"),
    ("host through a gateway", route("10.3.3.3/32", "10.1.0.2", metric=50), "UGH"),
    ("host on the link", route("10.4.4.4/32", scope=253), "UH"),
    ("default with metrics", route("0.0.0.0/0", "10.1.0.2", mtu=1400, advmss=1300), "UG"),
    ("blackhole", route("10.5.0.0/16", device=0, type=6), "U"),
    ("unreachable", route("10.6.0.0/16", device=0, type=7), "!"),
    ("unreachable host", route("10.6.6.6/32", device=0, type=7), "!H"),
    ("prohibit", route("10.7.0.0/16", device=0, type=8), "!"),
    ("throw", route("10.8.0.0/16", device=0, type=9), "U"),
    ("two hops", route("10.9.0.0/16", hops=[hop("10.1.0.2"), hop("10.1.0.3", 3)]), "UG"),
    ("two hops, the first direct", route("10.9.0.0/16", hops=[hop(), hop("10.1.0.3", 3)]), "U"),
    ("through an IPv6 gateway", route("10.10.0.0/16", "fe80::1"), "UG"),
    ("local in main", route("10.12.0.0/16", device=1, type=2, scope=254), "U"),
    ("one type of service", route("10.14.0.0/16", "10.1.0.2", tos=0x10), "UG"),
    ("onlink", route("10.13.0.0/16", "10.9.9.9", flags=4), "UG"),
    ("learnt from a redirect", route("10.15.0.0/16", "10.1.0.2", protocol=1), "UG"),
    ("by a next-hop object", route("10.16.0.0/16", "10.1.0.2", nexthop_id=10), "UG"),
    ("blackhole object", route("10.17.0.0/16", device=1, type=6, nexthop_id=11), "U"),
    ("group object", route("10.18.0.0/16", hops=[hop("10.1.0.2")], nexthop_id=12), "UG"),
    ("without carrier", route("10.19.0.0/16", "10.1.0.2", flags=16), "UG"),
]
SIX: list[tuple[str, Row, str]] = [
    ("of an address", route("2001:db8:1::/64", protocol=2), "U"),
    ("through a gateway", route("2001:db8:2::/48", "fe80::1"), "UG"),
    ("host on the link", route("2001:db8:3::1/128"), "U"),
    ("blackhole", route("2001:db8:5::/48", device=1, type=6), "!n"),
    ("unreachable", route("2001:db8:6::/48", device=1, type=7), "!n"),
    ("prohibit", route("2001:db8:7::/48", device=1, type=8), "!n"),
    ("throw", route("2001:db8:8::/48", device=1, type=9), "!n"),
    ("blackhole object", route("2001:db8:17::/48", device=1, type=6, nexthop_id=11), "U"),
    ("two hops", route("2001:db8:9::/48", hops=[hop("fe80::1"), hop("fe80::2", 3)]), "UG"),
    ("local in main", route("2001:db8:12::/48", device=1, type=2), "U"),
    ("own address", route("2001:db8:1::1/128", type=2, table=255, protocol=2), "Un"),
    ("own anycast address", route("2001:db8:1::/128", type=4, table=255, protocol=2), "Un"),
    ("local put into table local", route("2001:db8:13::/48", type=2, table=255), "U"),
    ("expires", route("2001:db8:14::/48", expires=60_000), "Ue"),
    ("in another table", route("2001:db8:15::/48", "fe80::1", table=100), "UG"),
    ("default of a router", route("::/0", "fe80::1", protocol=9, expires=180_000), "UGDAe"),
    ("route of a router", route("fd21::/48", "fe80::1", protocol=9, expires=180_000), "UGAe"),
    ("prefix of a router", route("fd20::/64", protocol=2, advertised=1, expires=86_400), "UAe"),
    ("prefix of a router, for ever", route("fd20::/64", protocol=2, advertised=1), "UA"),
    ("static default", route("::/0", "fe80::1"), "UG"),
    ("multicast", route("ff00::/8", type=5, table=255, protocol=2), "U"),
    ("cached path MTU", route("2001:db8:16::1/128", "fe80::1", flags=0x200, mtu=1300), "UGCm"),
    ("cached", route("2001:db8:16::1/128", "fe80::1", flags=0x200), "UGC"),
]


@pytest.mark.parametrize(("row", "expected"), [(row, expected) for _, row, expected in [*FOUR, *SIX]])
def test_letters(row: Row, expected: str) -> None:
    made = tables([row])
    assert letters(made["routes"], made["nexthops"])[0] == expected


def test_all_at_once() -> None:
    made = tables([row for _, row, _ in [*FOUR, *SIX]])
    found = letters(made["routes"], made["nexthops"])
    assert [found[row] for row in range(len(found))] == [expected for _, _, expected in [*FOUR, *SIX]]
    assert len(set(found.values)) == len(found.values)


def test_no_route() -> None:
    made = tables([])
    assert len(letters(made["routes"], made["nexthops"])) == 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("blackhole", "!"),
        ("throw", "!"),
        ("unreachable host", "!H"),
        ("blackhole object", "!"),
        ("two hops", "UG"),
        ("local in main", "U"),
    ],
)
def test_what_lets_nothing_through_never_reads_usable(kind: str, expected: str) -> None:
    made = tables([row for name, row, _ in FOUR if name == kind])
    routes = made["routes"]
    assert honest(letters(routes, made["nexthops"]), routes.numbers("type"))[0] == expected


def test_every_letter_has_a_meaning_of_its_own() -> None:
    assert set(MEANINGS) == set(LETTERS)
    assert len(set(MEANINGS.values())) == len(LETTERS)
    assert set(LETTERS) == set("".join(expected for _, _, expected in [*FOUR, *SIX]))


def test_states_of_hops() -> None:
    assert hop_states(0) == ()
    assert hop_states(0x11) == ("dead", "linkdown")
    assert hop_states(0x2004) == ("onlink",)
