"""Collectors at work in every network namespace, and what they bring home put together.

Tables get the columns of the collectors they come from and one more, netns u8: the inode of the namespace
that a row is of. Rows of the own namespace stand first.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netns
from sockscope.app.collectors.base import Collected, Collector
from sockscope.app.collectors.cgroups import CgroupTree
from sockscope.app.collectors.namespaces import Namespaces, Place
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table, concatenate

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

    def collect(self) -> Collected:
        """The tables of all namespaces as one of each name."""
        own = self._collect(self._own)
        parts: Parts = [(self._found.own, own.tables)]
        notes = dict.fromkeys(own.notes)
        places = list(self._found.places.values())

        def visit() -> None:
            for place in places:
                try:
                    netns.enter(place.namespace)
                except FileNotFoundError:
                    self._found.drop(place.namespace.inode)
                    continue
                except OSError as refused:
                    notes[Note(self.provides[0], "forbidden", refused.strerror or str(refused))] = None
                    continue
                told = self._collect(self._at_work(place))
                parts.append((place.namespace.inode, told.tables))
                notes.update(dict.fromkeys(told.notes))

        if places:
            netns.aside(visit)
        return Collected(self._together(parts), tuple(notes))

    def close(self) -> None:
        """Close what works in the own namespace; whoever found the others closes those."""
        self._own.close()

    def _make(self) -> Collector:
        return self._class()

    def _at_work(self, place: Place) -> Collector:
        if self._class not in place.collectors:
            place.collectors[self._class] = self._make()
        return place.collectors[self._class]

    def _collect(self, collector: Collector) -> Collected:
        return collector.collect()

    def _together(self, parts: Parts) -> dict[str, Table]:
        return {name: together(parts, name) for name in self.provides if name in parts[0][1]}


class SocketsEverywhere(Everywhere):
    """Tables of collectors/sockets.py for all namespaces.

    TCP sockets of all stand before all others, so that the rows of `tcp_info` are in their order here too.
    Cookies are the machine's and not a namespace's since Linux 5.4.
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

    def _collect(self, collector: Collector) -> Collected:
        if isinstance(collector, SocketsCollector):
            collector.choose(self._wanted, self._states)
        return collector.collect()

    def _together(self, parts: Parts) -> dict[str, Table]:
        made = {"tcp_states": _sum([tables["tcp_states"] for _, tables in parts])}
        if "sockets" not in parts[0][1]:
            return made
        sockets = together(parts, "sockets")
        order = np.argsort(sockets.numbers("protocol") != socket.IPPROTO_TCP, kind="stable")
        made["sockets"] = sockets.take(order)
        for name in ("cgroups", "marks"):
            if name in parts[0][1]:
                made[name] = together(parts, name).take(order)
        if "cgroups" in made:
            made["cgroup_paths"] = self._tree.look(made["cgroups"].numbers("id"))
        if "tcp_info" in parts[0][1]:
            made["tcp_info"] = together(parts, "tcp_info")
        if any("mptcp" in tables for _, tables in parts):
            made["mptcp"] = together(parts, "mptcp")
        if any("inodes" in tables for _, tables in parts):
            every = [tables.get("inodes", tables["sockets"]).numbers("inode") for _, tables in parts]
            made["inodes"] = Table({"inode": np.concatenate(every)}, sockets.taken)
        return made


def together(parts: Parts, name: str) -> Table:
    """The tables of one name, one after the other; as taken when the first of them was."""
    there = [(inode, tables[name]) for inode, tables in parts if name in tables]
    rows = concatenate([table for _, table in there])
    inodes = np.repeat(np.array([inode for inode, _ in there], np.uint64), [len(table) for _, table in there])
    return Table({**rows.columns, "netns": inodes}, parts[0][1].get("sockets", rows).taken)


def _sum(counts: list[Table]) -> Table:
    """Counts of states, which all tables have in the same order."""
    total: NDArray[np.uint32] = np.sum([each.numbers("count") for each in counts], axis=0, dtype=np.uint32)
    return counts[0].with_columns(count=total)
