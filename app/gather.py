"""Collecting in this process, for printing: only what the table asked for needs."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.ownership import NOT_LOOKED
from sockscope.app.output.sockets import of_protocols
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
        self._tasks = [task for task in plan() if task.on_screen(TABLES[settings.shown])]
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
            if self._settings.owners:
                owned = self._look(tables["sockets"])
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

    def _look(self, sockets: Table) -> Collected:
        """Who holds the sockets: until all is known that can be, or patience ends."""
        inodes = sockets.numbers("inode")
        wanted = inodes[inodes > 0]
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
    sockets = tables.get("sockets")
    return "routes" in tables or (sockets is not None and bool(sockets.numbers("interface").any()))


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
