"""Cached exceptions made for real, by packets that are too big and by a redirect, beside what ip shows."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from sockscope.app.collectors.exceptions import ExceptionsCollector
from sockscope.app.frames.table import Table
from sockscope.app.view import route_text
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and
from tests.lab.sockets import wait_for

pytestmark = pytest.mark.lab

IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, DO = 10, 23, 2
SMALL = "1300"
FAR, FAR_V6 = "10.82.0.1", "fd82::1"
REDIRECTED = "10.83.0.9"


class Path(NamedTuple):
    """Two hosts and the router between them; the way to the far one takes packets of 1,300 bytes."""

    near: Namespace
    router: Namespace
    far: Namespace


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    require_root_and("ip")
    with Namespace() as near, Namespace() as router, Namespace() as far:
        pair(near, router, ("10.81.0.1/24", "fd81::1/64"), ("10.81.0.2/24", "fd81::2/64"))
        ours, theirs = ("10.82.0.2/24", "fd82::2/64"), (f"{FAR}/24", f"{FAR_V6}/64")
        pair(router, far, ours, theirs, device="eth1")
        router.ip("link", "set", "eth1", "mtu", SMALL)
        for name in (
            "net/ipv4/ip_forward",
            "net/ipv6/conf/all/forwarding",
            "net/ipv4/conf/all/send_redirects",
        ):
            router.sysctl(name, 1)
        router.sysctl("net/ipv4/conf/eth0/send_redirects", 1)
        for name in ("all", "eth0"):
            near.sysctl(f"net/ipv4/conf/{name}/accept_redirects", 1)
            near.sysctl(f"net/ipv4/conf/{name}/secure_redirects", 0)
        near.ip("route", "add", "default", "via", "10.81.0.2")
        near.ip("-6", "route", "add", "default", "via", "fd81::2")
        router.ip("route", "add", f"{REDIRECTED}/32", "via", "10.81.0.3")
        near.ip("neigh", "add", "10.81.0.3", "lladdr", "02:00:00:00:00:03", "dev", "eth0")
        router.ip("neigh", "add", "10.81.0.3", "lladdr", "02:00:00:00:00:03", "dev", "eth0")
        yield Path(near, router, far)


def theirs(path: Path, family: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.near.ip("-j", "-d", family, "route", "show", "cache"))
    return found


def ours(path: Path) -> Table:
    with path.near.inside():
        collector = ExceptionsCollector()
        with contextlib.closing(collector):
            collected = collector.collect()
    assert not collected.notes
    return collected.tables["exceptions"]


def send(path: Path, family: int, to: str, size: int) -> None:
    """A datagram that must not be cut on its way."""
    with path.near.socket(family, socket.SOCK_DGRAM) as sender:
        if family == socket.AF_INET:
            sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DO)
        else:
            sender.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, DO)
        with contextlib.suppress(OSError):  # EMSGSIZE once the kernel knows
            sender.sendto(bytes(size), (to, 9))


@pytest.mark.parametrize(
    ("family", "flag", "to"), [(socket.AF_INET, "-4", FAR), (socket.AF_INET6, "-6", FAR_V6)]
)
def test_a_path_mtu_as_in_ip(path: Path, family: int, flag: str, to: str) -> None:
    def learnt() -> bool:
        send(path, family, to, 1400)
        return any(each["dst"] == to for each in theirs(path, flag))

    wait_for(learnt, "the exception to be cached")
    their = next(each for each in theirs(path, flag) if each["dst"] == to)
    table = ours(path)
    rows = [row for row in range(len(table)) if route_text.destination(table, row).partition("/")[0] == to]
    assert len(rows) == 1
    row = rows[0]
    assert their["metrics"] == [{"mtu": table.integer("mtu", row)}] == [{"mtu": int(SMALL)}]
    assert their["gateway"] == route_text.gateway(table, row)
    assert table.integer("flags", row) & 0x200
    left = their["expires"]
    assert isinstance(left, int)
    assert abs(table.integer("expires", row) / 100 - left) < 5


def test_a_redirect_as_in_ip(path: Path) -> None:
    def learnt() -> bool:
        send(path, socket.AF_INET, REDIRECTED, 100)
        return any(each["dst"] == REDIRECTED for each in theirs(path, "-4"))

    wait_for(learnt, "the exception to be cached")
    their = next(each for each in theirs(path, "-4") if each["dst"] == REDIRECTED)
    table = ours(path)
    row = next(row for row in range(len(table)) if route_text.destination(table, row) == f"{REDIRECTED}/32")
    assert route_text.gateway(table, row) == their["gateway"] == "10.81.0.3"
    assert route_text.redirected(table, row)


def test_no_exception_is_an_empty_table() -> None:
    require_root_and("ip")
    with Namespace() as namespace, namespace.inside(), contextlib.closing(ExceptionsCollector()) as collector:
        collected = collector.collect()
    assert not len(collected.tables["exceptions"])
    assert not collected.notes
