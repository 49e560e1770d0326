"""Collectors at work in every network namespace, and what they bring home put together.

Tables get the columns of the collectors they come from and one more, netns u8: the inode of the namespace
that a row is of. Rows of the own namespace stand first.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netns, procnet
from sockscope.app.collectors.base import Collected, Collector
from sockscope.app.collectors.cgroups import CgroupTree
from sockscope.app.collectors.lookups import LookupsCollector, unanswered
from sockscope.app.collectors.namespaces import Namespaces, Place
from sockscope.app.collectors.onesocket import OneSocketCollector
from sockscope.app.collectors.questions import Lookup, OneSocket
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Joiner, Table

Parts = list[tuple[int, Mapping[str, Table]]]
"""Inode of a namespace, and the tables that were collected in it; the own one first."""


class Everywhere:
    """One collector, named `module:Class`, for each namespace, made and used by a thread that is inside.

    The thread is a new one each time, goes from one namespace to the next, and ends. A namespace that cannot
    be entered has no rows: it is gone, or a note says why.
    """

    def __init__(self, found: Namespaces, collector: str) -> None:
        module, name = collector.split(":")
        self._class: type[Collector] = getattr(import_module(module), name)
        self._found = found
        self._own = self._make()
        self.provides = self._own.provides
        self._tables = {name: Together() for name in self.provides}

    def collect(self) -> Collected:
        """The tables of all namespaces as one of each name."""
        own = self._collect(self._own, self._found.own)
        parts: Parts = [(self._found.own, own.tables)]
        notes = dict.fromkeys(own.notes)
        places = list(self._places())

        def visit() -> None:
            for place in places:
                inode = place.namespace.inode
                try:
                    netns.enter(place.namespace)
                except FileNotFoundError:
                    self._found.drop(inode)
                    continue
                except OSError as refused:
                    notes[Note(self.provides[0], "forbidden", refused.strerror or str(refused))] = None
                    continue
                if self._deserted():
                    continue
                told = self._collect(self._at_work(place), inode)
                parts.append((inode, told.tables))
                notes.update(dict.fromkeys(told.notes))

        if places:
            netns.aside(visit)
        return Collected(self._together(parts), tuple(notes))

    def close(self) -> None:
        """Close what works in the own namespace; whoever found the others closes those."""
        self._own.close()

    def _make(self) -> Collector:
        return self._class()

    def _places(self) -> Iterator[Place]:
        """The namespaces to go to."""
        yield from self._found.places.values()

    def _deserted(self) -> bool:
        """Whether there is nothing to collect in the namespace that the calling thread is in."""
        return False

    def _at_work(self, place: Place) -> Collector:
        if self._class not in place.collectors:
            place.collectors[self._class] = self._make()
        return place.collectors[self._class]

    def _collect(self, collector: Collector, inode: int) -> Collected:  # noqa: ARG002 - for those who care
        return collector.collect()

    def _together(self, parts: Parts) -> dict[str, Table]:
        return {
            name: self._tables[name](parts, name)
            for name in self.provides
            if any(name in tables for _, tables in parts)
        }


class Together:
    """Puts the tables of one name together, one after the other, as taken when the first of them was."""

    def __init__(self) -> None:
        self._joiner = Joiner()
        self._lengths: list[tuple[int, int]] = []
        self._netns: NDArray[np.uint64] = np.empty(0, np.uint64)

    def __call__(self, parts: Parts, name: str) -> Table:
        """The table of all namespaces; at least one of them has it."""
        there = [(inode, tables[name]) for inode, tables in parts if name in tables]
        first = there[0][1]
        columns = {
            each: self._joiner.join(each, [table.columns[each] for _, table in there])
            for each in first.columns
        }
        lengths = [(inode, len(table)) for inode, table in there]
        if lengths != self._lengths:
            inodes = np.array([inode for inode, _ in lengths], np.uint64)
            self._lengths, self._netns = lengths, np.repeat(inodes, [length for _, length in lengths])
        return Table({**columns, "netns": self._netns}, first.taken)


class SocketsEverywhere(Everywhere):
    """Tables of collectors/sockets.py for all namespaces.

    TCP sockets of all stand before all others, so that the rows of `tcp_info` are in their order here too.
    Cookies are the machine's and not a namespace's since Linux 5.4. A dump of TCP walks the hash table of the
    whole machine, so a namespace without sockets is not asked for one.
    """

    def __init__(self, found: Namespaces) -> None:
        self._wanted = frozenset({"sockets"})
        self._states: frozenset[int] | None = None
        self._tree = CgroupTree()
        super().__init__(found, f"{SocketsCollector.__module__}:{SocketsCollector.__name__}")

    def choose(self, wanted: frozenset[str], states: frozenset[int] | None) -> None:
        """What the next `collect` has to bring."""
        self._wanted, self._states = wanted, states

    def _make(self) -> Collector:
        return SocketsCollector(paths=False)

    def _deserted(self) -> bool:
        return procnet.deserted(procnet.PROC_NET)

    def _collect(self, collector: Collector, inode: int) -> Collected:
        if isinstance(collector, SocketsCollector):
            collector.choose(self._wanted, self._states)
        return super()._collect(collector, inode)

    def _together(self, parts: Parts) -> dict[str, Table]:
        made = {"tcp_states": _sum([tables["tcp_states"] for _, tables in parts])}
        own = parts[0][1]
        if "sockets" not in own:
            return made
        sockets = self._tables["sockets"](parts, "sockets")
        order = np.argsort(sockets.numbers("protocol") != socket.IPPROTO_TCP, kind="stable")
        made["sockets"] = sockets.take(order)
        for name in ("cgroups", "marks"):
            if name in own:
                made[name] = self._tables[name](parts, name).take(order)
        if "cgroups" in made:
            made["cgroup_paths"] = self._tree.look(made["cgroups"].numbers("id"))
        if "tcp_info" in own:
            made["tcp_info"] = self._tables["tcp_info"](parts, "tcp_info")
        if any("mptcp" in tables for _, tables in parts):
            made["mptcp"] = Table(self._tables["mptcp"](parts, "mptcp").columns, sockets.taken)
        if any("inodes" in tables for _, tables in parts):
            every = [tables.get("inodes", tables["sockets"]).numbers("inode") for _, tables in parts]
            made["inodes"] = Table({"inode": np.concatenate(every)}, sockets.taken)
        return made


class RoutesEverywhere(Everywhere):
    """Tables of collectors/routes.py for all namespaces: hops and routes refer to rows of all."""

    def _together(self, parts: Parts) -> dict[str, Table]:
        shifted: Parts = []
        routes = hops = 0
        for inode, tables in parts:
            if "routes" not in tables:
                continue
            own, own_hops = tables["routes"], tables["nexthops"]
            first = own.numbers("first_hop")
            shifted.append(
                (
                    inode,
                    {
                        "routes": own.with_columns(first_hop=first + np.uint32(hops)) if hops else own,
                        "nexthops": own_hops.with_columns(
                            route=own_hops.numbers("route") + np.uint32(routes)
                        ),
                    },
                )
            )
            routes, hops = routes + len(own), hops + len(own_hops)
        return super()._together(shifted)


class DestroyedEverywhere(Everywhere):
    """Table of collectors/destroyed.py for all namespaces, numbered throughout."""

    def __init__(self, found: Namespaces, collector: str) -> None:
        super().__init__(found, collector)
        self._number = 0

    def _together(self, parts: Parts) -> dict[str, Table]:
        made = super()._together(parts)
        if "destroyed" in made:
            events = made["destroyed"]
            begin, self._number = self._number, self._number + len(events)
            numbers = np.arange(begin, self._number, dtype=np.int64)
            made["destroyed"] = events.with_columns(number=numbers)
        return made


class OthersEverywhere(Everywhere):
    """Tables of collectors/others.py for all namespaces, without the netlink sockets that this process has in
    others only to look into them."""

    def _together(self, parts: Parts) -> dict[str, Table]:
        made = super()._together(parts)
        if "netlink" in made and len(parts) > 1:
            rows = made["netlink"]
            elsewhere = rows.numbers("netns") != np.uint64(self._found.own)
            made["netlink"] = rows.take(~(elsewhere & np.isin(rows.numbers("inode"), _own_sockets())))
        return made


class _Asked(Protocol):
    """A question about something in a network namespace (its inode, 0: the own one)."""

    @property
    def netns(self) -> int: ...


AskedT = TypeVar("AskedT", bound=_Asked)


class Asking(Everywhere, Generic[AskedT]):
    """Has each question asked in the namespace that it names."""

    def __init__(self, found: Namespaces, collector: str) -> None:
        self._questions: tuple[AskedT, ...] = ()
        super().__init__(found, collector)

    def ask(self, questions: Iterable[AskedT]) -> None:
        """What the next `collect` has to answer."""
        self._questions = tuple(questions)

    def _places(self) -> Iterator[Place]:
        meant = {question.netns for question in self._questions}
        return (place for place in super()._places() if place.namespace.inode in meant)

    def _within(self, inode: int) -> list[AskedT]:
        """The questions that are meant for a namespace."""
        meant = (inode,) if inode != self._found.own else (inode, 0)
        return [question for question in self._questions if question.netns in meant]


class LookupsEverywhere(Asking[Lookup]):
    """Asks each question of collectors/lookups.py; those that nobody could ask have an answer too."""

    def _collect(self, collector: Collector, inode: int) -> Collected:
        if isinstance(collector, LookupsCollector):
            collector.ask(self._within(inode))
        return super()._collect(collector, inode)

    def _together(self, parts: Parts) -> dict[str, Table]:
        asked = {inode for inode, _ in parts} | {0}
        lost = [question for question in self._questions if question.netns not in asked]
        told = [*parts, *((each.netns, {"lookups": unanswered(each, errno.EPERM)}) for each in lost)]
        return super()._together(told)


class OneSocketEverywhere(Asking[OneSocket]):
    """Asks for each socket of collectors/onesocket.py."""

    def __init__(self, found: Namespaces, collector: str) -> None:
        self._wanted: frozenset[str] = frozenset()
        super().__init__(found, collector)

    def choose(self, wanted: frozenset[str], states: frozenset[int] | None) -> None:  # noqa: ARG002
        """What is collected of all sockets is not asked again of one."""
        self._wanted = wanted

    def _collect(self, collector: Collector, inode: int) -> Collected:
        if isinstance(collector, OneSocketCollector):
            collector.choose(self._wanted, None)
            collector.ask(self._within(inode))
        return super()._collect(collector, inode)


def _own_sockets() -> NDArray[np.uint64]:
    """Inodes of the sockets that this process has open."""
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - a Path costs as much as the call
        try:
            told = os.fstat(int(name))
        except OSError:  # that of the directory itself
            continue
        if stat.S_ISSOCK(told.st_mode):
            found.append(told.st_ino)
    return np.array(found, np.uint64)


def _sum(counts: list[Table]) -> Table:
    """Counts of states, which all tables have in the same order."""
    total: NDArray[np.uint32] = np.sum([each.numbers("count") for each in counts], axis=0, dtype=np.uint32)
    return counts[0].with_columns(count=total)
