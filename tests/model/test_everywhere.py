"""Rows of several network namespaces in which everything else is the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.frame import EVERYWHERE, Frame
from sockscope.app.frames.table import Table, concatenate
from sockscope.app.model.conntrack import ConntrackModel
from sockscope.app.model.conntrack_use import use
from sockscope.app.model.devices import device_names
from sockscope.app.model.groups import GroupsModel
from sockscope.app.model.interfaces import InterfacesModel
from sockscope.app.model.log import LogModel
from sockscope.app.model.others import OthersModel
from sockscope.app.model.routes import RoutesModel
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.statistics import StatisticsModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.unix import UnixModel
from sockscope.app.view import ways
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.interfaces import INTERFACES
from sockscope.app.view.routes import ROUTES
from tests import fake
from tests.collectors.conntrack_messages import MASQUERADED
from tests.model import group_tables, route_tables, test_log, unix_tables
from tests.model.conntrack_tables import addresses, conntrack, conntrack_use
from tests.model.counter_tables import OPENED, START, counters
from tests.model.link_tables import addresses_table, links_table
from tests.model.namespace_tables import DB, OWN, THREE, WEB
from tests.model.other_tables import netlinks

NAMES = {OWN: "own", WEB: "web", DB: "docker abababababab"}


def of(netns: int, table: Table) -> Table:
    return table.with_columns(netns=np.full(len(table), netns, np.uint64))


def both(one: Table, other: Table) -> Table:
    """The first of WEB, the other of the own namespace, which stands first as collected."""
    return concatenate([of(OWN, other), of(WEB, one)])


class Played:
    """A store that is told one frame after the other, a second apart."""

    def __init__(self) -> None:
        self.store = Store()
        self.number = 0

    def see(self, tables: Mapping[str, Table]) -> Store:
        self.number += 1
        at = 100.0 + self.number
        stamped = {name: Table(table.columns, at) for name, table in tables.items()}
        made = Frame(self.number, at, at, 1.0, tables={**stamped, "namespaces": THREE})
        self.store.take(replace(made, host=replace(made.host, netns=EVERYWHERE)))
        return self.store


def texts(rows: Table, name: str) -> list[str | None]:
    return [rows.text(name, row) for row in range(len(rows))]


def links(mine: int, theirs: int) -> dict[str, Table]:
    """Index 2 is eth0 here and wire there, lo is the same but for what it has received."""
    here = links_table([{"name": "lo", "rx_bytes": mine}, {"name": "eth0"}])
    there = links_table([{"name": "lo", "rx_bytes": theirs}, {"name": "wire"}])
    near, far = ({"index": 2, "address": "10.0.0.1/24"}, {"index": 2, "address": "10.0.0.2/24"})
    return {
        "links": both(there, here),
        "addresses": both(addresses_table([far]), addresses_table([near])),
    }


def test_interfaces_have_rates_and_addresses_of_their_own() -> None:
    it, model = Played(), InterfacesModel()
    model.advance(it.see(links(1000, 50)))
    model.advance(it.see(links(1100, 5050)))
    rows = model.rows(it.store, Options())
    assert rows is not None
    assert texts(rows, "namespace") == ["own", "own", "web", "web"]
    assert texts(rows, "name") == ["eth0", "lo", "wire", "lo"] or texts(rows, "name") == [
        "eth0",
        "lo",
        "lo",
        "wire",
    ]
    received = {
        (rows.text("namespace", row), rows.text("name", row)): rows.real("rx_rate", row) for row in range(4)
    }
    assert (received["own", "lo"], received["web", "lo"]) == (100.0, 5000.0)
    told = dict(zip(texts(rows, "name"), texts(rows, "addresses"), strict=True))
    assert (told["eth0"], told["wire"]) == ("10.0.0.1/24", "10.0.0.2/24")
    assert len(set(rows.numbers("key").tolist())) == 4


def test_details_of_an_interface_are_of_its_namespace() -> None:
    it, model = Played(), InterfacesModel()
    model.advance(it.see(links(0, 0)))
    rows = model.rows(it.store, Options())
    assert rows is not None
    wire = texts(rows, "name").index("wire")
    said = {
        fact.label: fact.value for part in INTERFACES.details(it.store, rows, wire) for fact in part.facts
    }
    assert said["IPv4"].startswith("10.0.0.2/24")
    assert said["netns"] == f"web, net:[{WEB}]"


ROUTE = route_tables.route
MULTIPATH = ROUTE("10.9.0.0/16", hops=[route_tables.hop("10.0.0.1"), route_tables.hop("10.0.0.2", weight=3)])


def routes(expires: int = 0) -> dict[str, Table]:
    """The same routes in both, as the collector puts them together."""
    listed = [ROUTE("10.0.0.0/24"), MULTIPATH, ROUTE("::/0", "fe80::1", expires=expires)]
    here, there = (route_tables.tables(each) for each in (listed, listed[:2]))
    first = there["routes"].numbers("first_hop") + np.uint32(2)
    moved = there["routes"].with_columns(first_hop=first)
    hops = there["nexthops"].with_columns(route=there["nexthops"].numbers("route") + np.uint32(3))
    rules = route_tables.rules((2, 32766, 254, ""))
    return {
        "routes": both(moved, here["routes"]),
        "nexthops": both(hops, here["nexthops"]),
        "rules": both(rules, rules),
        **links(0, 0),
    }


def test_routes_stand_namespace_by_namespace_with_their_own_hops_and_interfaces() -> None:
    it, model = Played(), RoutesModel()
    model.advance(it.see(routes()))
    rows = model.rows(it.store, Options())
    assert rows is not None
    plain = np.flatnonzero(~rows.numbers("heading"))
    told = rows.take(plain)
    assert texts(told, "namespace") == ["own"] * 5 + ["web"] * 4
    assert texts(told, "interface") == ["eth0"] * 5 + ["wire"] * 4
    titles = [text for text in texts(rows, "title") if text and text.startswith("table")]
    assert titles == ["table main of own", "table main of web"]
    parents = rows.numbers("parent")
    for row in np.flatnonzero(parents >= 0).tolist():
        assert rows.integer("hops", int(parents[row])) == 2
        assert rows.text("namespace", int(parents[row])) == rows.text("namespace", row)
    assert len(set(rows.numbers("key").tolist())) == len(rows)
    assert (np.diff(rows.numbers("section")) >= 0).all()
    assert model.count(it.store) == 5


def test_what_moves_is_moved_and_what_stays_is_kept() -> None:
    it, model = Played(), RoutesModel()
    first = model.rows(it.see(routes(300)), Options())
    second = model.rows(it.see(routes(200)), Options())
    assert first is not None
    assert second is not None
    assert (first.numbers("expires").max(), second.numbers("expires").max()) == (300, 200)
    assert second.numbers("key") is first.numbers("key")
    assert model.rows(it.see(routes(200)), Options()) is second


def test_a_broken_hop_of_another_namespace_breaks_its_own_route() -> None:
    it, model = Played(), RoutesModel()
    made = routes()
    flags = np.array([0, 0, 1, 0], made["nexthops"].numbers("flags").dtype)
    it.see({**made, "nexthops": made["nexthops"].with_columns(flags=flags)})
    assert model.attention(it.store) == 1
    rows = model.rows(it.store, Options())
    assert rows is not None
    broken = rows.take(rows.numbers("broken") & (rows.numbers("parent") < 0))
    assert texts(broken, "namespace") == ["web"]


def test_rules_that_were_not_read_yet_say_nothing_of_routes() -> None:
    it, model = Played(), RoutesModel()
    made = routes()
    it.see({**made, "rules": of(OWN, route_tables.rules((2, 32766, 254, "")))})
    rows = model.rows(it.store, Options())
    assert rows is not None
    assert not any("no rule" in (text or "") for text in texts(rows, "title"))
    last = len(rows) - 1
    said = [fact for part in ROUTES.details(it.store, rows, last) for fact in part.facts]
    assert ("rules", "not read yet") in [(fact.label, fact.value) for fact in said]


def test_counters_move_namespace_by_namespace() -> None:
    it, model = Played(), StatisticsModel()
    model.advance(it.see({"counters": both(counters(START, 0), counters(START, 0))}))
    model.advance(it.see({"counters": both(counters({**START, OPENED: 17}, 0), counters(START, 0))}))
    rows = model.rows(it.store, Options())
    assert rows is not None
    assert len(set(rows.numbers("key").tolist())) == len(rows) == 2 * len(START)
    assert (rows.text("namespace", 0), rows.text("name", 0), rows.real("delta", 0)) == ("web", OPENED[1], 7)
    assert np.count_nonzero(rows.numbers("moved")) == 1
    listed = model.rows(it.store, Options(frozenset({"kernel_order"})))
    assert listed is not None
    assert texts(listed, "namespace") == ["own"] * len(START) + ["web"] * len(START)


def test_a_namespace_that_is_gone_leaves_the_counters_of_others_alone() -> None:
    it, model = Played(), StatisticsModel()
    model.advance(it.see({"counters": both(counters(START, 0), counters(START, 0))}))
    model.advance(it.see({"counters": of(OWN, counters({**START, OPENED: 12}, 0))}))
    rows = model.rows(it.store, Options())
    assert rows is not None
    moved = rows.take(rows.numbers("moved"))
    assert (len(rows), texts(moved, "namespace"), moved.real("delta", 0)) == (len(START), ["own"], 2)
    assert not rows.numbers("reset").any()


def test_memberships_are_named_by_the_addresses_of_their_namespace() -> None:
    solicited = group_tables.groups(group_tables.membership("eth0", "ff02::1:ff00:1"))
    known = of(WEB, group_tables.addresses({"eth0": "fd00::1"}))
    it, model = Played(), GroupsModel()
    rows = model.rows(it.see({"groups": both(solicited, solicited), "addresses": known}), Options())
    assert rows is not None
    named = dict(zip(texts(rows, "namespace"), texts(rows, "name"), strict=True))
    assert named["web"] == "solicited-node of fd00::1"
    assert named["own"] != named["web"]
    assert len(set(rows.numbers("key").tolist())) == 2


def test_tracked_connections_and_how_full_their_tables_are() -> None:
    it, model = Played(), ConntrackModel()
    tracked = conntrack([MASQUERADED])
    fuller, emptier = (conntrack_use(count=count, limit=100) for count in (80, 5))
    it.see(
        {
            "conntrack": both(tracked, tracked),
            "conntrack_use": both(fuller, emptier),
            "addresses": of(OWN, addresses("10.2.0.1")),
        }
    )
    rows = model.rows(it.store, Options())
    assert rows is not None
    assert len(set(rows.numbers("key").tolist())) == 2
    masqueraded = dict(zip(texts(rows, "namespace"), rows.numbers("own_source").tolist(), strict=True))
    assert masqueraded == {"own": True, "web": False}
    full = use(it.store)
    model.advance(it.store)
    assert (full.count, full.tracked, full.namespace, model.count(it.store)) == (80, 85, "web", 85)
    assert model.attention(it.store) == 1


def test_sockets_without_a_cookie_are_told_apart() -> None:
    it = Played()
    without = netlinks({"port": 5, "inode": 0, "cookie": 0})
    rows = OthersModel().rows(it.see({"netlink": both(without, without)}), Options())
    assert rows is not None
    assert len(set(rows.numbers("key").tolist())) == 2
    assert texts(rows, "namespace") == ["own", "web"]


def test_unix_sockets_of_two_namespaces_find_each_other() -> None:
    one, other = (unix_tables.unix_table({"inode": mine, "peer": peer}) for mine, peer in ((5, 6), (6, 5)))
    it = Played()
    rows = UnixModel().rows(it.see({"unix": both(one, other)}), Options())
    assert rows is not None
    assert sorted(texts(rows, "namespace"), key=str) == ["own", "web"]
    assert rows.numbers("peer_key").all()


def test_the_log_remembers_the_namespace() -> None:
    it, model = Played(), LogModel(Sockets())
    event = test_log.destroyed(0, {"cookie": 5})["destroyed"]
    model.advance(it.see({"destroyed": of(WEB, event)}))
    rows = model.rows(it.store, Options())
    assert rows is not None
    assert texts(rows, "namespace") == ["web"]
    assert rows.integer("netns", 0) == WEB


def test_devices_are_named_by_namespace_and_index() -> None:
    known = links(0, 0)["links"]
    index, netns = np.array([2, 2, 2, 0, 9]), np.array([OWN, WEB, DB, WEB, OWN], np.uint64)
    told = device_names(index, known, netns)
    assert [told[row] for row in range(5)] == ["eth0", "wire", "if2", None, "if9"]


def test_a_question_about_a_peer_names_the_namespace_unless_it_is_the_own_one() -> None:
    given = {"local_address": "10.0.0.5", "remote_address": "10.9.0.9", "remote_port": 443}
    it = Played()
    both_of_them = fake.sockets(given, given).with_columns(netns=np.array([OWN, WEB], np.uint64))
    rows = Sockets().rows(it.see({"sockets": both_of_them}))
    assert rows is not None
    assert [{question.netns for question in ways.about(rows, row)} for row in range(2)] == [{0}, {WEB}]
    assert Lookup(2, "10.9.0.9", netns=WEB).name != Lookup(2, "10.9.0.9").name


def test_every_tab_has_the_column_the_fields_and_the_filter() -> None:
    for view in VIEWS:
        assert "namespace" in {column.id for column in view.columns}, view.id
        assert {"netns", "netns_inode"} <= {field.name for field in view.fields}, view.id
        assert "ns" in view.filters, view.id


def test_a_store_within_a_namespace_has_its_rows_and_what_is_of_none() -> None:
    it = Played()
    whole = it.see({**links(0, 0), "limits": Table({"value": np.array([1, 2])})})
    part = whole.within(WEB)
    inside, limits = part.now("links"), part.now("limits")
    assert inside is not None
    assert texts(inside, "name") == ["lo", "wire"]
    assert limits is whole.now("limits")
    assert math.isclose(part.frame.monotonic, whole.frame.monotonic)
