"""The routes of the lab are there, those that a router advertised included."""

from __future__ import annotations

import pytest

from tests.lab import routes
from tests.lab.namespace import Namespace, pair

pytestmark = pytest.mark.lab


def test_every_kind_of_route(namespace: Namespace) -> None:
    with Namespace() as router:
        pair(namespace, router, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        routes.add(namespace)
        routes.advertise(router, namespace)
        main, all_v4 = namespace.ip("route"), namespace.ip("route", "show", "table", "all")
        for kind in ("unreachable", "prohibit", "blackhole", "throw", "local"):
            assert f"\n{kind} 10." in main
            assert f"\n{kind} fd" in namespace.ip("-6", "route", "show", "table", "all")
        assert main.count("\tnexthop via") == 2
        assert "default via 10.0.0.3 dev eth0 table 100" in all_v4
        assert "window 20000 rtt 500ms advmss 1300" in main
        assert len(namespace.ip("rule").splitlines()) == 3 + len(routes.RULES)


def test_advertised_routes_have_their_letters(namespace: Namespace) -> None:
    with Namespace() as router:
        pair(namespace, router, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        routes.advertise(router, namespace)
        lines = namespace.run(["netstat", "-6rn"]).splitlines()[2:]
    flags = {(destination, letters) for destination, _, letters, *_ in map(str.split, lines)}
    assert {(routes.ADVERTISED_PREFIX, "UAe"), (routes.ADVERTISED_ROUTE, "UGAe"), ("::/0", "UGDAe")} <= flags


def test_a_path_mtu_is_learnt_and_the_router_forwards_no_more(namespace: Namespace) -> None:
    with Namespace() as router:
        pair(namespace, router, ["10.0.0.1/24"], ["10.0.0.2/24"])
        namespace.ip("route", "add", "default", "via", "10.0.0.2")
        routes.narrow(namespace, router)
        assert f"mtu {routes.NARROW}" in namespace.ip("route", "show", "cache")
        assert router.read("/proc/sys/net/ipv4/conf/eth0/forwarding") == "0\n"
