"""Collecting in this process, for printing: only what the table asked for needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netns
from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.ownership import NOT_LOOKED
from sockscope.app.output.sockets import of_protocols
from sockscope.app.sampler import held
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.sampler import host
from sockscope.app.sampler.tasks import plan
from sockscope.app.settings import Settings, Shown

if TYPE_CHECKING:
    from sockscope.app.collectors.owners import OwnersCollector

TABLES: Mapping[Shown, frozenset[str]] = {
    "sockets": frozenset({"sockets"}),
    "routes": frozenset({"routes", "nexthops"}),
    "interfaces": frozenset({"links", "addresses"}),
    "statistics": frozenset({"counters"}),
    "unix": frozenset({"unix", "unix_listed"}),
    "groups": frozenset({"groups", "addresses"}),
    "nat": frozenset({"conntrack", "addresses"}),
    "other": frozenset({"packet", "netlink", "vsock"}),
}
"""What is collected for each; names of interfaces and owners come as they are needed."""

ROW_BY_ROW = ("sockets", "cgroups", "marks")
"""Internet sockets, and the tables that have a place for each of them."""

PATIENCE = 5.0
"""Seconds of looking for owners; what is not found by then stays unknown."""

_NAMING_INTERFACES = frozenset({"sockets", "routes", "packet"})
"""Tables that name interfaces by their index."""
_KERNELS = {
    "tcp": "TCP",
    "udp": "UDP",
    "udplite": "UDP-Lite",
    "raw": "RAW",
    "sctp": "SCTP",
    "mptcp": "MPTCP",
    "packet": "PACKET",
    "netlink": "NETLINK",
    "vsock": "AF_VSOCK",
}
"""The kernel's names of protocols (/proc/net/protocols)."""
_USUAL = frozenset({"tcp", "udp", "udplite", "raw", "sctp"})
_SLICE = 0.5
_PAUSE = 0.01


class Gatherer:
    """Makes frames for printing, one after the other."""

    def __init__(self, settings: Settings, also: frozenset[str] = frozenset()) -> None:
        """`also` are tables that are collected besides. OSError where there is no network namespace as the
        settings name it, or it may not be looked at."""
        self._settings = settings
        wanted = also.union(*(TABLES[name] for name in (settings.shown, *settings.also)))
        if settings.cache:
            wanted |= {"exceptions"}
        if settings.per_interface and settings.shown == "statistics":
            wanted |= {"interface_counters"}
        if settings.verbose:
            wanted |= {"protocols"}
        if settings.info and "sockets" in wanted:
            wanted |= {"tcp_info"}
        if settings.format != "text" and "sockets" in wanted:
            wanted |= {"cgroups", "cgroup_paths"}
        if settings.everywhere:
            wanted |= {"namespaces", *({"links"} if wanted & _NAMING_INTERFACES else ())}
        self._orders = Control(wanted)
        self._tasks = [task for task in plan(settings.netns) if task.on_screen(wanted)]
        self._namespace = netns.find(settings.netns) if settings.netns else None
        self._owners: OwnersCollector | None = None
        self._numbers = count()
        self._host = host(settings.netns)

    def frame(self) -> Frame:
        """Everything as it is now. What could not be had is absent, and a note says why. OSError where the
        network namespace to look into is gone or refused."""
        return netns.inside(self._namespace, self._frame) if self._namespace else self._frame()

    def _frame(self) -> Frame:
        wall, began = time.time(), time.monotonic()
        for task in self._tasks:
            task.run(time.monotonic(), self._orders)
        tables = {name: table for task in self._tasks for name, table in task.tables.items()}
        notes = [note for task in self._tasks for note in task.notes]
        if self._settings.verbose and "protocols" in tables:
            notes += absent(tables["protocols"], self._settings)
        if "sockets" in tables:
            keep = of_protocols(tables["sockets"], self._settings.protocols)
            if not keep.all():
                tables |= {name: tables[name].take(keep) for name in ROW_BY_ROW if name in tables}
        if self._settings.owners and not tables.keys().isdisjoint(held.TABLES):
            owned = self._look(held.inodes(tables))
            tables |= owned.tables
            notes += owned.notes
        if "links" not in tables and _names_interfaces(tables):
            tables["links"] = interface_names()
        return Frame(
            number=next(self._numbers),
            wall=wall,
            monotonic=began,
            interval=self._settings.interval,
            host=self._host,
            tables=tables,
            notes=tuple(notes),
        )

    def close(self) -> None:
        """Give back what the collectors hold."""
        for task in self._tasks:
            task.close()
        if self._owners is not None:
            self._owners.close()

    def _look(self, wanted: NDArray[np.uint64]) -> Collected:
        """Who holds the sockets with these inodes: until all is known that can be, or patience ends."""
        if self._owners is None:
            from sockscope.app.collectors.owners import OwnersCollector  # noqa: PLC0415 - brings psutil

            self._owners = OwnersCollector()
        until = time.monotonic() + PATIENCE
        while True:
            found = self._owners.collect(wanted, _SLICE)
            unowned = found.tables.get("unowned")
            waits = unowned is not None and bool((unowned.numbers("reason") == NOT_LOOKED).any())
            if time.monotonic() >= until or not (waits or self._owners.busy):
                return found
            if not self._owners.busy:
                time.sleep(_PAUSE)


def absent(protocols: Table, settings: Settings) -> list[Note]:
    """A note for each protocol asked for that this kernel, as it is now, does not have."""
    there = set(protocols.strings("name").values)
    asked = settings.sections or (_USUAL if "sockets" in (settings.shown, *settings.also) else frozenset())
    lacking = [name for name, kernels in _KERNELS.items() if name in asked and kernels not in there]
    if 6 in settings.families and "TCPv6" not in there:
        lacking.append("inet6")
    why = "this kernel has none now (no module for it is loaded)"
    return [Note(name, "missing", why) for name in lacking]


def _names_interfaces(tables: Mapping[str, Table]) -> bool:
    if "routes" in tables:
        return True
    bound = {"sockets": "interface", "packet": "device"}
    return any(name in tables and bool(tables[name].numbers(column).any()) for name, column in bound.items())


def interface_names() -> Table:
    """Table `links` with nothing but index and name, far cheaper than all there is to say of an interface."""
    try:
        known = socket.if_nameindex()
    except OSError:
        known = []
    return Table(
        {
            "index": np.array([index for index, _ in known], dtype=np.uint32),
            "name": Strings.of(name for _, name in known),
        },
        time.monotonic(),
    )
