"""What `-rC` prints."""

from __future__ import annotations

import numpy as np
import pytest

from sockscope.app.options import apply, parse
from sockscope.app.output import routes
from sockscope.app.settings import Settings, UsageError
from tests.model.route_tables import Played, route, tables

CACHED = (
    route("10.9.0.9/32", "10.0.0.1", flags=0x200, mtu=1300, expires=59_900),
    route("10.9.0.8/32", "10.0.0.7", device=3, flags=0x40200, expires=-1),
    route("fd00::9/128", "fe80::1", flags=0x200, mtu=1280, expires=100),
)


def printed(*arguments: str) -> list[str]:
    settings = apply(parse(arguments), Settings())
    it = Played()
    it.sample(tables([route("10.0.0.0/8", "10.0.0.1")]) | {"exceptions": tables(CACHED)["routes"]})
    rows = it.rows()
    order = np.flatnonzero(routes.chosen(rows, settings))
    return [line.rstrip() for line in routes.lines(rows, order, settings)]


def test_ipv4_alone_unless_ipv6_is_asked_for() -> None:
    assert printed("-rC") == [
        "Kernel IP routing cache",
        "Destination     Gateway         Flags    MTU Expires Iface",
        "10.9.0.8        10.0.0.7        UGHCe      -       - eth1",
        "10.9.0.9        10.0.0.1        UGHCem  1300     599 eth0",
    ]
    assert [line.split()[0] for line in printed("-r6C")] == ["Kernel", "Destination", "fd00::9"]


def test_without_it_exceptions_are_no_routes() -> None:
    assert not [line for line in printed("-rn") if "10.9.0" in line]


def test_it_is_about_routes() -> None:
    with pytest.raises(UsageError, match="-rC"):
        apply(parse(["-C"]), Settings())
