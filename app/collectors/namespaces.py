"""Every network namespace that a process is in or a name stands for: `namespaces`, one row each.

Columns: inode u8, name (text, unknown without one), pid i8 (a process in it, -1 none), process (text) its
name, cgroup (text) its cgroup, processes u4 how many are in it, and own (bool), the one that everything else
is told of. Names are the files in which ip-netns(8) and Docker keep namespaces.
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import field

import numpy as np

from sockscope.app.collectors.base import Collected, Collector
from sockscope.app.collectors.cgroups import of_process
from sockscope.app.collectors.linkspeed import line
from sockscope.app.collectors.netns import NAMED, Namespace
from sockscope.app.collectors.procfs import network, processes
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Strings, Table
from sockscope.app.record import dataclass

DIRECTORIES = (NAMED, "/run/docker/netns")
MOST = 256
"""Namespaces that are looked into. Each costs a dump of all that is asked for, and one of TCP walks the hash
table of the whole machine, however few of its sockets are there."""
AT_ONCE = 1000
"""Processes a tick that are asked again which namespace they are in, for they may change it."""


@dataclass(eq=False, slots=True)
class Place:
    """A namespace that is looked into: how to get there, and the collectors that are at work in it.

    Their open sockets keep the namespace alive, so `close` follows as soon as nobody else is in it.
    """

    namespace: Namespace
    pid: int = -1
    collectors: dict[object, Collector] = field(default_factory=dict)

    def close(self) -> None:
        """Close all that was opened inside."""
        for collector in self.collectors.values():
            collector.close()
        self.collectors.clear()


class Namespaces:
    """Finds namespaces and keeps them found: those of all processes and of all names."""

    def __init__(
        self, proc: str = "/proc", directories: Iterable[str] = DIRECTORIES, most: int = MOST
    ) -> None:
        self.own = network(proc, "thread-self")
        self.places: dict[int, Place] = {}
        """By inode, without the own one."""
        self.names: dict[int, tuple[str, str]] = {}
        """Name and path of those that have a name."""
        self.members: Counter[int] = Counter()
        """Processes in each."""
        self.left_out = 0
        self._proc = proc
        self._directories = tuple(directories)
        self._most = most
        self._of: dict[int, int] = {}
        self._again: list[int] = []

    def look(self) -> None:
        """Find what has come and gone. A process that changed its namespace is noticed within a few calls,
        everything else at once."""
        self.names = self._named()
        self._ask()
        self.members = Counter(self._of.values())
        self.members.pop(0, None)
        there = self.members.keys() | self.names.keys()
        for inode in self.places.keys() - there:
            self.drop(inode)
        for place in self.places.values():
            self._hold(place)
        for inode in [inode for inode, place in self.places.items() if not place.namespace.path]:
            self.drop(inode)
        new = sorted(there - self.places.keys() - {self.own})
        self.left_out = max(0, len(self.places) + len(new) - self._most)
        for inode in new[: len(new) - self.left_out]:
            place = Place(Namespace("", "", inode))
            self._hold(place)
            if place.namespace.path:
                self.places[inode] = place

    def drop(self, inode: int) -> None:
        """Let go of one that is gone or will not be entered."""
        place = self.places.pop(inode, None)
        if place is not None:
            place.close()

    def close(self) -> None:
        """Let go of all."""
        for inode in list(self.places):
            self.drop(inode)

    def pid(self, inode: int) -> int:
        """A process in it, the same as long as it is there; -1 if there is none."""
        known = self.places.get(inode)
        if known is not None and self._of.get(known.pid) == inode:
            return known.pid
        if inode not in self.members:
            return -1
        return min((pid for pid, found in self._of.items() if found == inode), default=-1)

    def _hold(self, place: Place) -> None:
        """Find the way to a namespace: by its name, else by one of its processes that is still there."""
        inode = place.namespace.inode
        place.pid = self.pid(inode)
        name, path = self.names.get(inode, ("", ""))
        while not path and place.pid >= 0:
            if network(self._proc, place.pid) == inode:
                path = f"{self._proc}/{place.pid}/ns/net"
            else:
                self._of.pop(place.pid)
                place.pid = self.pid(inode)
        place.namespace = Namespace(name, path, inode)

    def _named(self) -> dict[int, tuple[str, str]]:
        found: dict[int, tuple[str, str]] = {}
        try:
            device = os.stat(f"{self._proc}/self/ns/net").st_dev  # noqa: PTH116 - a Path costs as much as the call
        except OSError:
            return found
        for directory in self._directories:
            try:
                with os.scandir(directory) as entries:
                    names = sorted(entry.name for entry in entries)[: 2 * self._most]
            except OSError:
                continue
            for name in names:
                path = f"{directory}/{name}"
                inode = _inode(path, device)
                if inode:
                    found.setdefault(inode, (name, path))
        return found

    def _ask(self) -> None:
        """Which namespace each process is in that is new or whose turn has come."""
        try:
            there = processes(self._proc).keys()
        except OSError:
            return
        self._of = {pid: inode for pid, inode in self._of.items() if pid in there}
        if not self._again:
            self._again = sorted(self._of, reverse=True)
        turn, self._again = self._again[-AT_ONCE:], self._again[:-AT_ONCE]
        for pid in (*(there - self._of.keys()), *turn):
            self._of[pid] = network(self._proc, pid)


def _inode(path: str, device: int) -> int:
    """Of a file that a namespace is mounted on, which is of this device; 0 for any other."""
    try:
        told = os.stat(path)  # noqa: PTH116 - a Path costs as much as the call
    except OSError:
        return 0
    return told.st_ino if told.st_dev == device and stat.S_ISREG(told.st_mode) else 0


class NamespacesCollector:
    """Table `namespaces`, and what follows from it: nothing is held in a namespace that is gone."""

    provides = ("namespaces",)

    def __init__(
        self, found: Namespaces, proc: str = "/proc", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._found = found
        self._proc = proc
        self._clock = clock
        self._table = Table({})
        self._rows: tuple[tuple[object, ...], ...] = ()

    def collect(self) -> Collected:
        """All of them now; the same table while nothing has changed."""
        found = self._found
        found.look()
        inodes = [found.own, *found.places]
        told = [(inode, found.pid(inode), found.members[inode], found.names.get(inode)) for inode in inodes]
        if tuple(told) != self._rows:
            self._rows = tuple(told)
            pids = [pid for _, pid, _, _ in told]
            self._table = Table(
                {
                    "inode": np.array(inodes, np.uint64),
                    "name": Strings.of(named[0] if named else None for *_, named in told),
                    "pid": np.array(pids, np.int64),
                    "process": Strings.of(line(f"{self._proc}/{pid}/comm") for pid in pids),
                    "cgroup": Strings.of(of_process(self._proc, pid) for pid in pids),
                    "processes": np.array([number for _, _, number, _ in told], np.uint32),
                    "own": np.array(inodes, np.uint64) == found.own,
                },
                self._clock(),
            )
        notes = []
        if found.left_out:
            why = f"{found.left_out} network namespaces are left out: {len(found.places)} are looked into"
            notes.append(Note("namespaces", "incomplete", why))
        return Collected({"namespaces": self._table}, tuple(notes))

    def close(self) -> None:
        """Let go of all."""
        self._found.close()
