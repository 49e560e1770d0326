"""Routes of every kind in a namespace: our tables against netstat and ip, in every column they share."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sockscope.app.collectors.routes import RoutesCollector
from sockscope.app.collectors.rules import RulesCollector
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.route_flags import hop_states
from sockscope.app.model.route_names import BROADCAST, MAIN, MULTICAST, PROHIBIT, UNREACHABLE, names
from sockscope.app.model.routes import RoutesModel
from sockscope.app.model.rules import everything
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import route_text
from sockscope.app.view.format import address
from sockscope.app.view.routes import ROUTES
from tests.lab import routes as lab
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and
from tests.lab.sockets import wait_for
from tests.model.route_tables import links

pytestmark = pytest.mark.lab

V4, V6 = 2, 10
Line = tuple[str, ...]

MORE = (
    "route add 10.20.0.0/16 via 10.0.0.2 proto redirect",
    "route add broadcast 10.21.0.0/16 dev eth0 table main",
    "route add multicast 239.0.0.0/8 dev eth0 table main",
    "nexthop add id 10 via 10.0.0.2 dev eth0",
    "nexthop add id 11 blackhole",
    "nexthop add id 12 via 10.0.0.3 dev eth0",
    "nexthop add id 13 group 10,3/12,1",
    "route add 10.22.0.0/16 nhid 10",
    "route add 10.23.0.0/16 nhid 11",
    "route add 10.24.0.0/16 nhid 13",
    "-6 nexthop add id 20 via fd00::2 dev eth0",
    "-6 nexthop add id 21 blackhole",
    "-6 nexthop add id 22 via fd00::3 dev eth0",
    "nexthop add id 23 group 20/22",
    "-6 route add fd22::/48 nhid 20",
    "-6 route add fd23::/48 nhid 21",
    "-6 route add fd24::/48 nhid 23",
    "route add 10.25.0.0/16 via 10.50.0.2 dev wire0",
    "route add 10.26.0.0/16 nexthop via 10.0.0.2 nexthop via 10.50.0.2 dev wire0 weight 7",
    "route append 10.2.0.0/16 via 10.0.0.3 proto static src 10.0.0.1",
    "route add 10.27.0.0/16 via 10.0.0.2 metric 4294967295 table 4000000000",
    "-6 route add fd25::/48 via fd00::2 metric 4294967294",
    "-6 route add unreachable ::ffff:0:0/96 metric 5",
)
"""What ip(8) is told besides the routes of the lab."""

IF_ALLOWED = (
    "route add 10.30.0.0/16 encap ip id 5 dst 10.0.0.9 via 10.0.0.2 dev eth0",
    "-6 route add fd30::/48 from fd31::/48 via fd00::2 dev eth0",
)
"""Routes that need a kernel built for them."""


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """ip writes the names of an encapsulation's values again, after those of the route."""
    return dict(reversed(pairs))


class Scene:
    """What our tables, netstat and ip say of one namespace whose routes do not change meanwhile."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        with namespace.inside():
            routes, rules = RoutesCollector(), RulesCollector()
            collected = routes.collect()
            self.notes = collected.notes
            self.tables = {
                **collected.tables,
                **rules.collect().tables,
                "links": links(dict(socket.if_nameindex())),
            }
            routes.close()
            rules.close()
        self.store = Store()
        self.store.take(Frame(0, 0.0, 0.0, 1.0, tables=self.tables))
        rows = RoutesModel().rows(self.store, Options())
        assert rows is not None
        self.rows: Table = rows

    def netstat(self, *arguments: str) -> list[Line]:
        """The words of every line below the two of headings."""
        lines = self.namespace.run(["netstat", *arguments]).splitlines()[2:]
        return sorted(tuple(line.split()) for line in lines)

    def ip(self, *arguments: str) -> list[dict[str, Any]]:
        """What `ip -j` says, protocols and scopes as numbers."""
        text = self.namespace.run(["ip", "-N", "-j", "-d", *arguments, "route", "show", "table", "all"])
        found: list[dict[str, Any]] = json.loads(text, object_pairs_hook=_first)
        return found

    def routes(self, family: int) -> list[int]:
        """Rows that are routes of a family."""
        heading, parent = self.rows.numbers("heading"), self.rows.numbers("parent")
        of_family = self.rows.numbers("family") == family
        rows: list[int] = (of_family & ~heading & (parent < 0)).nonzero()[0].tolist()
        return rows

    def hops(self, route: int) -> list[int]:
        """Rows of a route's hops; of a route with one hop, itself."""
        rows: list[int] = (self.rows.numbers("parent") == route).nonzero()[0].tolist()
        return rows or [route]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    require_root_and("netstat")
    with Namespace() as namespace, Namespace() as router:
        pair(namespace, router, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        namespace.ip("link", "add", "wire0", "type", "veth", "peer", "name", "end")
        namespace.ip("address", "add", "10.50.0.1/24", "dev", "wire0")
        for device in ("wire0", "end"):
            namespace.ip("link", "set", device, "up")
        lab.add(namespace)
        lab.advertise(router, namespace)
        for command in MORE:
            namespace.ip(*command.split())
        for command in IF_ALLOWED:
            with contextlib.suppress(OSError):
                namespace.ip(*command.split())
        namespace.ip("link", "set", "end", "down")
        wait_for(lambda: "linkdown" in namespace.ip("route"), "the kernel did not notice the missing carrier")
        yield Scene(namespace)


def test_netlink_answers_everything(scene: Scene) -> None:
    assert scene.notes == ()
    kinds = set(scene.rows.numbers("type").tolist())
    assert set(range(1, 10)) - {4} <= kinds  # anycast needs forwarding
    assert len(set(scene.rows.numbers("key").tolist())) == len(scene.rows)


def by_netstat_4(scene: Scene, row: int) -> Line | None:
    """Our row as `netstat -rnee` has it; None where it has none.

    Where netstat knows less we say less here: it reads table main only, without broadcast and multicast; of a
    multipath route the first hop; an IPv6 gateway as 0.0.0.0; and nothing of a route that is refused.
    """
    rows = scene.rows
    kind = rows.integer("type", row)
    if rows.integer("table", row) != MAIN or kind in (BROADCAST, MULTICAST):
        return None
    refused = kind in (UNREACHABLE, PROHIBIT)
    first = scene.hops(row)[0]
    gateway = route_text.gateway(rows, first) if rows.integer("gateway_family", first) == V4 else None
    advmss = rows.integer("advmss", row)
    where = route_text.address(V4, rows.numbers("destination")[row].tobytes())
    mask = route_text.genmask(rows, row)
    assert mask is not None
    return (
        where,
        "-" if refused else gateway or "0.0.0.0",
        mask,
        rows.text("letters", row) or "",
        str(rows.integer("metric", row)),
        "-" if refused else "0",
        "0",
        "-" if refused else rows.text("interface", first) or "*",
        "-" if refused else str(advmss + 40 if advmss else 0),
        "-" if refused else str(rows.integer("window", row)),
        "-" if refused else str(rows.integer("rtt", row) // 8),
    )


def test_ipv4_as_netstat(scene: Scene) -> None:
    ours = [line for row in scene.routes(V4) if (line := by_netstat_4(scene, row)) is not None]
    assert sorted(ours) == scene.netstat("-4rnee")
    short = [(*line[:4], *line[8:], line[7]) for line in ours]
    assert sorted(short) == scene.netstat("-4rn")


def by_netstat_6(scene: Scene, row: int, hop: int) -> Line:
    """Our row as `netstat -6rn` has it: a mapped address reads as one of IPv4, a metric has a sign."""
    rows = scene.rows
    where = address(V6, rows.numbers("destination")[row].tobytes())
    metric = rows.integer("metric", row)
    return (
        f"{where}/{rows.integer('destination_length', row)}",
        route_text.gateway(rows, hop) or "::",
        rows.text("letters", row) or "",
        str(metric - 2**32 if metric >= 2**31 else metric),
        rows.text("interface", hop) or "*",
    )


def netstat_6(scene: Scene) -> list[Line]:
    """netstat's lines without its references, which count inside the kernel, and without null entries, which
    are no routes."""
    null = ("::/0", "::", "!n", "-1", "lo")
    lines = [(*line[:4], line[-1]) for line in scene.netstat("-6rnW")]
    assert null in lines
    return sorted(line for line in lines if line != null)


def test_ipv6_as_netstat(scene: Scene) -> None:
    """netstat lists all tables as one and every hop on a line, of a next-hop object only the first."""
    rows = scene.rows
    ours = [
        by_netstat_6(scene, row, hop)
        for row in scene.routes(V6)
        for hop in scene.hops(row)[: 1 if rows.integer("nexthop_id", row) else None]
    ]
    assert sorted(ours) == netstat_6(scene)


def by_ip(scene: Scene, row: int) -> dict[str, Any]:
    """Our row as `ip -N -j -d route` writes it."""
    rows = scene.rows
    length, family = rows.integer("destination_length", row), rows.integer("family", row)
    said: dict[str, Any] = {
        "type": str(rows.integer("type", row)),
        "dst": _short(route_text.destination(rows, row), family),
        "protocol": str(rows.integer("protocol", row)),
        "scope": str(rows.integer("scope", row)),
        "table": rows.integer("table", row),
    }
    assert (said["dst"] == "default") == (length == 0)
    optional = {
        "metric": rows.integer("metric", row),
        "nhid": rows.integer("nexthop_id", row),
        "tos": rows.integer("tos", row),
    }
    said |= {name: value for name, value in optional.items() if value}
    source = route_text.preferred_source(rows, row)
    if source:
        said["prefsrc"] = source
    prefix = route_text.source_prefix(rows, row)
    if prefix:
        said["from"] = prefix
    if family == V6 and rows.integer("pref", row) >= 0:
        said["pref"] = {0: "medium", 1: "high", 3: "low"}[rows.integer("pref", row)]
    metrics = {
        "mtu": rows.integer("mtu", row),
        "advmss": rows.integer("advmss", row),
        "window": rows.integer("window", row),
        "rtt": rows.integer("rtt", row) // 8,
    }
    said["metrics"] = {name: value for name, value in metrics.items() if value}
    if rows.integer("hops", row):
        said["flags"] = sorted(hop_states(rows.integer("flags", row)))
        said["nexthops"] = [
            {**_way(scene, hop), "weight": rows.integer("weight", hop)} for hop in scene.hops(row)
        ]
    else:
        said |= _way(scene, row)
    return said


def _short(destination: str, family: int) -> str:
    """ip leaves the length of a host's prefix out."""
    return destination.removesuffix("/32" if family == V4 else "/128")


def _way(scene: Scene, row: int) -> dict[str, Any]:
    rows = scene.rows
    way: dict[str, Any] = {"flags": sorted(hop_states(rows.integer("flags", row)))}
    gateway = route_text.gateway(rows, row)
    if gateway:
        way["gateway"] = gateway
    device = rows.text("interface", row)
    if device:
        way["dev"] = device
    return way


def plain(said: dict[str, Any]) -> dict[str, Any]:
    """An object of `ip -j` in one shape: gateways by one name, numbers as numbers, what moves left out."""
    out = {name: value for name, value in said.items() if name not in _LEFT_OUT}
    out["metrics"] = {
        name: value
        for part in said.get("metrics", [])
        for name, value in part.items()
        if name in {"mtu", "advmss", "window", "rtt"}
    }
    via = out.pop("via", None)
    if via:
        out["gateway"] = via["host"]
    out["flags"] = sorted(said.get("flags", []))
    for name in ("table", "tos", "metric"):
        if name in out:
            out[name] = int(str(out[name]), 0)
            if not out[name]:
                del out[name]
    if "nexthops" in out:
        out["nexthops"] = [plain(each) for each in out["nexthops"]]
        for each in out["nexthops"]:
            del each["metrics"]
    return out


_LEFT_OUT = {"expires", "cache", "error", "users", "used", "encap", "id", "src", "ttl", "hoplimit", "nh_info"}
"""Compared elsewhere or not in our table: life times, caches, what encapsulations and objects hold."""


@pytest.mark.parametrize("family", [V4, V6])
def test_as_ip(scene: Scene, family: int) -> None:
    ours = [by_ip(scene, row) for row in scene.routes(family)]
    theirs = [plain(each) for each in scene.ip("-4" if family == V4 else "-6")]
    assert _ordered(ours) == _ordered(theirs)
    assert len(ours) > 20


def _ordered(objects: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in objects)


def test_life_times_as_ip(scene: Scene) -> None:
    theirs = {each["dst"]: each["expires"] for each in scene.ip("-6") if "expires" in each}
    ours = {
        route_text.destination(scene.rows, row): scene.rows.integer("expires", row) // 100
        for row in scene.routes(V6)
        if scene.rows.integer("expires", row)
    }
    assert set(ours) == set(theirs) >= {"default", "fd13::/48", lab.ADVERTISED_PREFIX, lab.ADVERTISED_ROUTE}
    for destination, seconds in theirs.items():
        assert seconds <= ours[destination]


def test_only_what_the_router_told_counts_as_advertised(scene: Scene) -> None:
    rows = scene.rows
    advertised = [
        route_text.destination(rows, row) for row in scene.routes(V6) if rows.integer("advertised", row)
    ]
    assert advertised == [lab.ADVERTISED_PREFIX]


def test_rules_as_ip(scene: Scene) -> None:
    theirs = [
        (int(each["priority"]), each.get("table"))
        for family in ("-4", "-6")
        for each in json.loads(scene.namespace.run(["ip", "-N", "-j", family, "rule"]))
    ]
    rules = scene.tables["rules"]
    ours = [
        (
            rules.integer("priority", row),
            str(rules.integer("table", row)) if rules.integer("table", row) else None,
        )
        for row in range(len(rules))
    ]
    assert ours == theirs
    assert len(ours) == 5 + len(lab.RULES)


def test_rules_stand_above_the_table_they_choose(scene: Scene) -> None:
    titles = scene.rows.strings("title")
    lines = [titles[row] for row in scene.rows.numbers("heading").nonzero()[0].tolist()]
    assert lines[lines.index("table 100") - 2 : lines.index("table 100")] == [
        "rule 1000: from 10.0.8.0/24 lookup 100",
        "rule 1001: from all fwmark 0x7 lookup 100 (IPv4)",
    ]


MORE_RULES = (
    "from 10.1.1.1 iif nowhere0 lookup 77 priority 10",
    "not to 10.3.0.0/16 tos 0x10 fwmark 1/0xff uidrange 1-5 ipproto tcp sport 7 dport 80-90 lookup main"
    " suppress_prefixlength 0 priority 11",
    "goto 32766 priority 12",
    "goto 31000 priority 13",
    "oif lo nop priority 14",
    "from 10.4.0.0/16 blackhole priority 15",
    "from 10.5.0.0/16 unreachable priority 16",
    "from 10.6.0.0/16 prohibit priority 17",
)
MORE_RULES_V6 = ("from fd00::1 lookup 77 priority 10", "to fd01::/16 blackhole priority 15")
L3MDEV = "l3mdev priority 1000"


def test_rules_read_as_in_ip() -> None:
    require_root_and("ip")
    with Namespace() as namespace:
        for rule in MORE_RULES:
            namespace.ip("rule", "add", *rule.split())
        for rule in MORE_RULES_V6:
            namespace.ip("-6", "rule", "add", *rule.split())
        with contextlib.suppress(OSError):  # a kernel without VRFs
            namespace.ip("rule", "add", *L3MDEV.split())
        theirs = {
            " ".join(line.split())
            for family in ("-4", "-6")
            for line in namespace.run(["ip", family, "rule"]).splitlines()
        }
        scene = Scene(namespace)
    ours = [rule.text(names().table) for rule in everything(scene.tables["rules"])]
    assert {re.sub(r"^rule | \(IPv[46]\)$", "", line) for line in ours} == theirs
    assert sorted(ours, key=lambda line: int(line[5 : line.index(":")])) == ours
    titles = scene.rows.strings("title")
    shown = {titles[row] for row in (scene.rows.numbers("rule") >= 0).nonzero()[0].tolist()}
    assert shown == set(ours)


def test_every_row_reads(scene: Scene) -> None:
    for row in range(len(scene.rows)):
        for column in ROUTES.columns:
            assert column.cell(scene.rows, row).text.isprintable()
        assert ROUTES.details(scene.store, scene.rows, row)
        for field in ROUTES.fields:
            json.dumps(field.value(scene.rows, row))


class _Refused:
    def __init__(self, _: int) -> None:
        raise PermissionError(1, "no")


def test_the_files_say_the_same_where_they_say_anything(scene: Scene) -> None:
    """Without netlink: the same letters, gateways and devices, as far as the files tell."""
    with scene.namespace.inside():
        collector = RoutesCollector(connect=_Refused)  # type: ignore[arg-type]
        collected = collector.collect()
    assert [note.kind for note in collected.notes] == ["fallback", "fallback"]
    store = Store()
    store.take(Frame(0, 0.0, 0.0, 1.0, tables={**collected.tables, "links": scene.tables["links"]}))
    rows = RoutesModel().rows(store, Options())
    assert rows is not None
    lesser = _Lesser(scene, rows)
    four = [line for row in lesser.routes(V4) if (line := by_netstat_4(lesser, row)) is not None]
    assert sorted(four) == scene.netstat("-4rnee")
    six = sorted(by_netstat_6(lesser, row, row) for row in lesser.routes(V6))
    assert six == netstat_6(scene)


class _Lesser(Scene):
    """The scene with other rows."""

    def __init__(self, scene: Scene, rows: Table) -> None:
        self.namespace, self.rows = scene.namespace, rows
