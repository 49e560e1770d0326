"""Collecting in this process, for printing: only what the table asked for needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.ownership import NOT_LOOKED
from sockscope.app.output.sockets import of_protocols
from sockscope.app.sampler import held
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

PATIENCE = 5.0
"""Seconds of looking for owners; what is not found by then stays unknown."""
_SLICE = 0.5
_PAUSE = 0.01


class Gatherer:
    """Makes frames for printing, one after the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        wanted = frozenset().union(*(TABLES[name] for name in (settings.shown, *settings.also)))
        if settings.cache:
            wanted |= {"exceptions"}
        if settings.per_interface and settings.shown == "statistics":
            wanted |= {"interface_counters"}
        self._tasks = [task for task in plan() if task.on_screen(wanted)]
        self._owners: OwnersCollector | None = None
        self._numbers = count()
        self._host = host()

    def frame(self) -> Frame:
        """Everything as it is now. What could not be had is absent, and a note says why."""
        wall, began = time.time(), time.monotonic()
        for task in self._tasks:
            task.run(time.monotonic())
        tables = {name: table for task in self._tasks for name, table in task.tables.items()}
        notes = [note for task in self._tasks for note in task.notes]
        if "sockets" in tables:
            tables["sockets"] = of_protocols(tables["sockets"], self._settings.protocols)
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
