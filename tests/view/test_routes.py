"""How the Routes tab reads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sockscope.app.frames.frame import Note
from sockscope.app.model.presence import Presence
from sockscope.app.model.query import Query, select
from sockscope.app.view import facts
from sockscope.app.view.catalog import reading
from sockscope.app.view.cells import Cell
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.layout import fit, place
from sockscope.app.view.routes import ROUTES
from tests.filters import typed
from tests.model.route_tables import Played, Row, hop, route, rules, tables

COLUMNS = {column.id: column for column in ROUTES.columns}
FIELDS = {field.name: field for field in ROUTES.fields}

MULTIPATH = route("10.9.0.0/16", hops=[hop("10.0.0.2"), hop("10.1.0.3", 3, weight=2, flags=16)])
BOTH = rules((2, 32766, 254, ""), (10, 32766, 254, ""), (2, 5, 100, "from 10.0.8.0/24"))


def cell(it: Played, column: str, row: int = 0) -> Cell:
    return COLUMNS[column].cell(it.rows(), row)


def cells(it: Played, column: str) -> list[str]:
    return [cell(it, column, row).text for row in range(len(it.rows()))]


def json_row(it: Played, row: int = 0) -> dict[str, object]:
    return {name: field.value(it.rows(), row) for name, field in FIELDS.items()}


def details(it: Played, row: int = 0) -> dict[str, dict[str, str]]:
    """Facts by section and label; what continues a fact is under an empty label."""
    found = ROUTES.details(it.store, it.rows(), row)
    return {section.title: {fact.label: fact.value for fact in section.facts} for section in found}


def test_a_route_through_a_gateway() -> None:
    it = Played(
        route(
            "0.0.0.0/0",
            "10.0.0.1",
            source="10.0.0.5",
            metric=100,
            protocol=16,
            advmss=1300,
            rtt=4000,
            window=9,
        )
    )
    assert {column: cell(it, column).text for column in COLUMNS} == {
        "namespace": "own",
        "destination": "default",
        "gateway": "10.0.0.1",
        "genmask": "0.0.0.0",
        "flags": "UG",
        "metric": "100",
        "interface": "eth0",
        "protocol": "dhcp",
        "scope": "global",
        "source": "10.0.0.5",
        "mss": "1340",
        "window": "9",
        "irtt": "500",
        "type": "unicast",
        "table": "main",
    }
    assert cell(it, "destination").tone == "strong"


def test_an_attached_network_has_no_gateway() -> None:
    it = Played(route("fd00::/64", scope=0, protocol=2, advmss=1300))
    assert cell(it, "gateway") == Cell("-", "dim")
    assert cell(it, "genmask") == Cell("-", "dim")
    assert cell(it, "source").text == "-"
    assert cell(it, "mss").text == "1360"


@pytest.mark.parametrize(
    ("kind", "word"), [(6, "blackhole"), (7, "unreachable"), (8, "prohibit"), (9, "throw")]
)
@pytest.mark.parametrize("destination", ["10.6.0.0/16", "fd06::/48"])
def test_rejecting_routes_stand_out_without_colour_too(kind: int, word: str, destination: str) -> None:
    it = Played(route(destination, device=0, type=kind))
    assert cell(it, "gateway") == Cell(word, "warn")
    assert cell(it, "flags").text.startswith("!")
    assert cell(it, "destination").tone == cell(it, "flags").tone == "warn"
    assert [cell(it, column).text for column in ("interface", "mss", "window", "irtt")] == ["-"] * 4


def test_hops_hang_below_their_route() -> None:
    it = Played(MULTIPATH)
    assert cells(it, "destination") == ["10.9.0.0/16", " ├ weight 1", " └ weight 2 linkdown"]
    assert cells(it, "gateway") == ["2 next hops", "10.0.0.2", "10.1.0.3"]
    assert cells(it, "interface") == ["▲eth0,…", "eth0", "▲eth1"]
    assert cells(it, "flags") == ["UG", "", ""]
    for column in ("metric", "protocol", "scope", "source", "mss", "type", "table", "genmask"):
        assert cells(it, column)[1:] == ["", ""]
    assert cell(it, "destination", 2).tone == "warn"


def test_interfaces_without_carrier() -> None:
    it = Played(route("10.0.0.0/24", flags=16), route("10.1.0.0/16", "10.0.0.1", flags=17))
    assert [cell(it, "interface", row) for row in (0, 1)] == [Cell("↓eth0", "dim"), Cell("▲eth0", "alarm")]


def test_titles_run_over_the_first_column() -> None:
    it = Played(route("10.0.0.0/8", table=100), rules=BOTH)
    assert cells(it, "destination")[:2] == ["rule 5: from 10.0.8.0/24 lookup 100", "── table 100 ──"]


def test_metrics_fit_their_column() -> None:
    it = Played(*(route("10.0.0.0/8", metric=metric) for metric in (0, 999_999, 1_000_000, 2**32 - 1)))
    assert [len(text) <= COLUMNS["metric"].width for text in cells(it, "metric")] == [True] * 4
    assert cells(it, "metric")[:2] == ["0", "999999"]


@pytest.mark.parametrize(
    ("width", "least"),
    [
        (60, {"destination", "gateway", "interface"}),
        (80, {"destination", "gateway", "flags", "metric", "interface"}),
        (200, set(COLUMNS) - {"namespace"}),
    ],
)
def test_columns_leave_by_priority(width: int, least: set[str]) -> None:
    assert least <= {placed.column.id for placed in place(Chosen().columns(ROUTES), width - 1)}


def test_usual_addresses_are_whole_at_80_columns() -> None:
    longest = route("255.255.255.252/30", "192.168.100.100", hops=())
    it = Played(longest, route("2001:db8:1:2::/64", "fe80::216:3eff:fe12:3456"))
    for placed in place(Chosen().columns(ROUTES), 79):
        for row in range(2):
            text = placed.column.cell(it.rows(), row)
            assert fit(text, placed).strip() == text.text


def test_every_column_sorts_and_searches_all_rows() -> None:
    it = Played(MULTIPATH, route("fd00::/64", "fe80::1"), route("10.0.0.0/8", table=100), rules=BOTH)
    rows = it.rows()
    how = reading(ROUTES)
    for column in ROUTES.columns:
        assert column.search is not None
        for descending in (False, True):
            order = select(rows, Query(column.id, descending), how)
            assert sorted(order.tolist()) == list(range(len(rows)))


def find(it: Played, *words: str) -> list[str]:
    rows = it.rows()
    return [
        COLUMNS["destination"].cell(rows, row).text.strip()
        for row in select(rows, typed(ROUTES, *words), reading(ROUTES)).tolist()
    ]


def test_searches() -> None:
    it = Played(
        MULTIPATH,
        route("fd00::/64", "fe80::1", protocol=186, source="fd00::5"),
        route("10.6.0.0/16", device=0, type=7),
        route("172.16.0.0/12", table=100, metric=4321),
        rules=BOTH,
    )
    rule, titles = (
        "rule 32766: from all lookup main",
        ["rule 5: from 10.0.8.0/24 lookup 100", "── table 100 ──"],
    )
    assert find(it, "10.1.0.3") == [rule, "10.9.0.0/16", "└ weight 2 linkdown"]
    assert find(it, "10.9.") == [rule, "10.9.0.0/16", "├ weight 1", "└ weight 2 linkdown"]
    assert find(it, "bgp") == find(it, "fe80::1") == find(it, "fd00::5") == [rule, "fd00::/64"]
    assert find(it, "unreach") == find(it, "'!'") == [rule, "10.6.0.0/16"]
    assert find(it, "4321") == find(it, "172.16.0.0/12") == [*titles, "172.16.0.0/12"]
    assert find(it, "10.0.8.0") == titles[:1]
    assert find(it, "eth1", "10.1.0") == [rule, "10.9.0.0/16", "└ weight 2 linkdown"]
    assert find(it, "nothing") == []


def test_sorting_by_destination_and_gateway_goes_by_number() -> None:
    it = Played(
        route("10.10.0.0/16", "10.0.0.10"),
        route("10.9.0.0/16", "10.0.0.9"),
        route("9.0.0.0/8"),
        route("a::/16"),
    )
    rows = it.rows()
    for column in ("destination", "gateway"):
        order = select(rows, Query(column, descending=True), reading(ROUTES))
        texts = [COLUMNS["destination"].cell(rows, row).text for row in order.tolist()]
        assert texts.index("10.10.0.0/16") < texts.index("10.9.0.0/16") < texts.index("9.0.0.0/8")


def test_fields() -> None:
    it = Played(route("10.0.0.0/8", "10.0.0.1", source="10.0.0.5", metric=7, protocol=250, table=100))
    assert json_row(it, 1) == {
        "family": "inet",
        "destination": "10.0.0.0/8",
        "gateway": "10.0.0.1",
        "genmask": "255.0.0.0",
        "flags": "UG",
        "metric": 7,
        "mss": 0,
        "window": 0,
        "irtt": 0,
        "interface": "eth0",
        "table": "100",
        "protocol": "250",
        "scope": "global",
        "type": "unicast",
        "source": "10.0.0.5",
        "nexthops": [],
        "mtu": None,
        "cached": False,
        "expires": None,
        "netns": "own",
        "netns_inode": None,
    }


def test_fields_that_a_rejecting_or_ipv6_route_lacks_are_null() -> None:
    rejected, six = json_row(Played(route("10.6.0.0/16", device=0, type=7))), json_row(Played(route("::/0")))
    assert [rejected[name] for name in ("gateway", "interface", "mss", "window", "irtt", "source")] == [
        None
    ] * 6
    assert (six["family"], six["destination"], six["genmask"]) == ("inet6", "default", None)


def test_next_hops_as_a_field() -> None:
    row = json_row(Played(MULTIPATH))
    assert json.loads(json.dumps(row))["nexthops"] == [
        {"gateway": "10.0.0.2", "interface": "eth0", "weight": 1, "flags": []},
        {"gateway": "10.1.0.3", "interface": "eth1", "weight": 2, "flags": ["linkdown"]},
    ]
    assert row["gateway"] is None


def test_details_say_everything_in_words() -> None:
    it = Played(
        route(
            "::/0",
            "fe80::1",
            protocol=9,
            expires=180_000,
            pref=1,
            mtu=1400,
            advmss=1300,
            window=20_000,
            rtt=4_000,
            encapsulation=5,
            nexthop_id=10,
            flags=4,
            metric=1024,
        ),
        rules=BOTH,
    )
    said = details(it, 1)
    assert said["IPv6 route to default"]["type"] == "unicast: to other hosts"
    assert said["IPv6 route to default"]["table"] == "main (254)"
    assert said["IPv6 route to default"]["expires"] == "in 30m00s"
    assert said["IPv6 route to default"]["preference"].startswith("high")
    assert list(said["Flags"]) == list("UGDAe")
    assert said["Next hops"]["way"] == "via fe80::1 on eth0"
    assert "onlink" in said["Next hops"]
    assert said["Next hops"]["object"] == "next-hop object 10"
    assert said["Next hops"]["packed in"] == "seg6"
    assert said["Metrics"] == {
        "MTU": "1,400 bytes",
        "MSS": "1,300 bytes advertised",
        "window": "at most 20,000 bytes",
        "irtt": "500 ms assumed at first",
    }
    assert said["Chosen by"] == {"rule 32766": "every packet"}


@pytest.mark.parametrize("row", [0, 1, 2])
def test_details_of_a_multipath_route_and_of_its_hops(row: int) -> None:
    said = details(Played(MULTIPATH), row)
    assert said["IPv4 route to 10.9.0.0/16"]["genmask"] == "255.255.0.0"
    assert said["Next hops"] == {
        "1 of 2": "via 10.0.0.2 on eth0, weight 1 of 3 (33%)",
        "2 of 2": "via 10.1.0.3 on eth1, weight 2 of 3 (67%)",
        "linkdown": "its interface has no carrier",
    }


def test_details_of_what_netstat_calls_usable_though_nothing_gets_through() -> None:
    said = details(Played(route("10.8.0.0/16", device=0, type=6)))
    assert said["Flags"] == {"!": "no way on from here", "": "netstat prints U for it"}
    assert said["IPv4 route to 10.8.0.0/16"]["type"].startswith("blackhole:")
    assert said["Next hops"] == {"way": "none"}


def test_details_of_a_title_are_the_rules() -> None:
    it = Played(route("10.0.0.0/8", table=100), rules=BOTH)
    assert details(it, 1) == {"Table 100": {"rule 5": "from 10.0.8.0/24 (IPv4)"}}


def test_details_of_a_rule_say_what_it_does() -> None:
    it = Played(route("10.0.0.0/8", table=100), rules=BOTH)
    assert details(it)["Rule 5"] == {
        "priority": "5 (the lowest is tried first)",
        "packets": "from 10.0.8.0/24",
        "then": "lookup 100",
        "": "looks for a route there; without one the next rule is tried",
        "holds for": "IPv4",
    }
    place = cells(it, "destination").index("── other rules ── to no table, or to one without routes ──")
    assert details(it, place) == {"Other rules": {"what": "to no table, or to one without routes"}}


def test_cached_exceptions() -> None:
    it = Played()
    cached = tables(
        [
            route("10.9.0.9/32", "10.0.0.1", flags=0x200, mtu=1300, expires=59_900),
            route("10.9.0.8/32", "10.0.0.7", flags=0x40200, expires=100),
            route("fd00::9/128", "fe80::1", flags=0x200, expires=-5),
        ]
    )["routes"]
    it.sample(tables([]) | {"exceptions": cached})
    assert cells(it, "destination")[1:] == [
        "10.9.0.8 redirect 1s",
        "10.9.0.9 mtu 1300 9m59s",
        "fd00::9 redirect",
    ]
    assert set(cells(it, "protocol")[1:]) == {"cached"}
    assert (json_row(it, 2)["mtu"], json_row(it, 2)["cached"], json_row(it, 2)["expires"]) == (
        1300,
        True,
        599.0,
    )
    assert json_row(it, 2)["protocol"] is json_row(it, 3)["expires"] is None
    assert details(it, 1)["IPv4 route to 10.9.0.8/32"]["learnt from"] == "an ICMP redirect"
    assert details(it, 2)["IPv4 route to 10.9.0.9/32"]["learnt from"].startswith("ICMP: a packet was too big")
    assert details(it, 2)["IPv4 route to 10.9.0.9/32"]["expires"] == "in 9m59s"
    assert find(it, "cached")[1:] == cells(it, "destination")[1:]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, {"rules": "not read yet"}),
        (rules((10, 5, 100, "")), {"rules": "none leads to this table: the route is never used"}),
    ],
)
def test_details_of_a_table_without_rules(given: object, said: dict[str, str]) -> None:
    it = Played()
    it.sample(tables([route("10.0.0.0/8", table=100)]), rules((10, 5, 100, "")) if given else None)
    assert details(it, cells(it, "destination").index("10.0.0.0/8"))["Chosen by"] == said


def test_details_of_a_vrf() -> None:
    it = Played(route("10.0.0.0/8", table=100), rules=rules((2, 1000, 0, "l3mdev")))
    assert list(details(it, 1)["Chosen by"]) == ["VRF"]


@pytest.mark.parametrize(
    "row", [route("10.0.0.0/8", type=99, protocol=77, scope=9, table=7, device=99), route("::/0", expires=-5)]
)
def test_details_of_the_unheard_of(row: Row) -> None:
    it = Played(row, rules=BOTH)
    for place_ in range(len(it.rows())):
        assert facts.lines(ROUTES.details(it.store, it.rows(), place_), False, 60)


def test_a_multipath_route_that_is_gone_has_no_hops_left() -> None:
    presence = Presence()
    it = Played(route("10.0.0.0/8"), MULTIPATH)
    presence.observe(it.rows(), 1.0, 10.0)
    it.sample(tables([route("10.0.0.0/8"), route("11.0.0.0/8", hops=[hop(), hop()])]))
    rows = presence.observe(it.rows(), 2.0, 10.0)
    gone = int(np.flatnonzero(rows.numbers("presence") == 2)[0])
    assert COLUMNS["gateway"].cell(rows, gone).text == "2 next hops"
    assert FIELDS["nexthops"].value(rows, gone) == []
    section = {part.title: part.facts for part in ROUTES.details(it.store, rows, gone)}
    assert section["Next hops"][0].value == "2, no longer known"


def test_why_there_is_no_row() -> None:
    it = Played()
    assert ROUTES.empty(it.store) == "this machine has no route"
    it.sample(tables([route("127.0.0.0/8", table=255)]))
    assert "table local" in ROUTES.empty(it.store)
    it = Played()
    it.sample({}, notes=(Note("routes", "forbidden", "netlink: operation not permitted"),))
    assert ROUTES.empty(it.store) == "netlink: operation not permitted"
    it.sample({})
    assert ROUTES.empty(it.store) == "the routes have not been read yet"


def test_table_local_is_hidden_at_first() -> None:
    assert ROUTES.options["hide_local"]
