"""Which collector runs when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from importlib import import_module
from typing import Protocol, runtime_checkable

from sockscope.app.collectors.base import Collected, Collector
from sockscope.app.collectors.questions import Question
from sockscope.app.frames.frame import EVERYWHERE, Note
from sockscope.app.frames.table import Table
from sockscope.app.record import dataclass
from sockscope.app.sampler.control import Control


@runtime_checkable
class Choosy(Protocol):
    """A collector that need not bring everything."""

    def choose(self, wanted: frozenset[str], states: frozenset[int] | None) -> None:
        """What the next `collect` has to bring."""


@runtime_checkable
class Answering(Protocol):
    """A collector that answers the questions that one of its tables is for."""

    def ask(self, questions: Iterable[Question]) -> None:
        """What the next `collect` has to answer."""


@dataclass(eq=False)
class Task:
    """A collector, named `module:Class`, and its beats in seconds.

    `shown` holds while one of its tables is on the screen, `hidden` while none is (inf: never, 0: in every
    tick all the same). It is imported when first needed, because some are slow to import.
    """

    collector: str
    provides: tuple[str, ...]
    shown: float = 0.0
    hidden: float = math.inf
    rests: bool = False
    """Has no history to keep: does nothing while the screen stands still."""
    arguments: tuple[object, ...] = ()
    """What the collector is made with."""
    last: float = field(default=-math.inf, init=False)
    tables: Mapping[str, Table] = field(default_factory=dict, init=False)
    notes: tuple[Note, ...] = field(default=(), init=False)
    _collector: Collector | None = field(default=None, init=False)
    _choosy: Choosy | None = field(default=None, init=False)
    _answering: Answering | None = field(default=None, init=False)

    def on_screen(self, wanted: frozenset[str]) -> bool:
        """Whether one of its tables is asked for."""
        return not wanted.isdisjoint(self.provides)

    def due(self, now: float, wanted: frozenset[str], tolerance: float) -> bool:
        """Whether its beat has come; `tolerance` seconds early still counts, so that beats fall on ticks."""
        beat = self.shown if self.on_screen(wanted) else self.hidden
        return beat < math.inf and now - self.last >= beat - tolerance

    def run(self, now: float, control: Control | None = None) -> None:
        """Collect what `control` needs, everything without it. What goes wrong inside a collector becomes a
        note, and its last tables stay."""
        self.last = now
        try:
            collector = self._collector or self._make()
            if control is not None and self._choosy is not None:
                self._choosy.choose(control.wanted, control.states)
            if control is not None and self._answering is not None:
                self._answering.ask([each for each in control.questions if each.table in self.provides])
            collected = collector.collect()
        except Exception as failure:  # noqa: BLE001 - one broken interface must not take the others along
            collected = Collected(self.tables, (self._failed(failure),))
        self.tables = collected.tables
        self.notes = collected.notes

    def forget(self) -> None:
        """Keep nothing of what was collected while it was on the screen, if that is the only time."""
        if self.hidden == math.inf and (self.tables or self.notes):
            self.tables, self.notes, self.last = {}, (), -math.inf

    def _make(self) -> Collector:
        module, name = self.collector.split(":")
        made: Collector = getattr(import_module(module), name)(*self.arguments)
        self._collector = made
        self._choosy = made if isinstance(made, Choosy) else None
        self._answering = made if isinstance(made, Answering) else None
        return made

    def _failed(self, failure: Exception) -> Note:
        return Note(self.provides[0], "failed", f"{type(failure).__name__}: {failure}")

    def close(self) -> None:
        """Give back what the collector holds."""
        if self._collector is not None:
            self._collector.close()


_COLLECTORS = "sockscope.app.collectors"


def plan(netns: str = "") -> list[Task]:
    """The tasks of a full sampler, in the network namespace that was asked for, if one was. The strip needs
    TCP state counts and the tabs their own counts, so hardly anything is ever quite at rest."""
    collectors = _COLLECTORS
    tasks = [
        Task(
            f"{collectors}.sockets:SocketsCollector",
            ("sockets", "tcp_states", "tcp_info", "mptcp", "inodes", "cgroups", "cgroup_paths", "marks"),
            hidden=0.0,
        ),
        Task(f"{collectors}.destroyed:DestroyedCollector", ("destroyed",), hidden=0.0),
        Task(f"{collectors}.counters:CountersCollector", ("counters",), hidden=0.0),
        Task(f"{collectors}.limits:LimitsCollector", ("limits",), shown=5.0, hidden=5.0),
        Task(f"{collectors}.routes:RoutesCollector", ("routes", "nexthops"), hidden=5.0, rests=True),
        Task(f"{collectors}.links:LinksCollector", ("links", "addresses"), hidden=5.0),
        Task(f"{collectors}.lookups:LookupsCollector", ("lookups",), rests=True),
        Task(f"{collectors}.onesocket:OneSocketCollector", ("asked_sockets", "asked_tcp_info"), rests=True),
        Task(f"{collectors}.exceptions:ExceptionsCollector", ("exceptions",), rests=True),
        Task(f"{collectors}.multicast:GroupsCollector", ("groups",), hidden=5.0, rests=True),
        Task(f"{collectors}.interfacecounters:InterfaceCountersCollector", ("interface_counters",)),
        Task(f"{collectors}.unix:UnixCollector", ("unix", "unix_waiting"), rests=True),
        Task(f"{collectors}.procunix:UnixFileCollector", ("unix_listed",), shown=5.0, rests=True),
        Task(f"{collectors}.unix:UnixListenersCollector", ("unix_listeners",), hidden=5.0, rests=True),
        Task(f"{collectors}.protocols:ProtocolsCollector", ("protocols",), hidden=5.0, rests=True),
        Task(f"{collectors}.conntrack:ConntrackCollector", ("conntrack",), rests=True),
        Task(f"{collectors}.conntrack_use:ConntrackUseCollector", ("conntrack_use",), hidden=5.0, rests=True),
        Task(f"{collectors}.rules:RulesCollector", ("rules",), shown=5.0, rests=True),
        Task(f"{collectors}.others:OthersCollector", ("packet", "netlink", "vsock"), hidden=5.0),
    ]
    if netns == EVERYWHERE:
        return _everywhere(tasks)
    held = Task(f"{collectors}.netns:HeldCollector", ("netns",), hidden=0.0, arguments=(netns,))
    return [held, *tasks] if netns else tasks


def _everywhere(tasks: list[Task]) -> list[Task]:
    """The tasks for all namespaces: first these are found, then the collectors look into each."""
    from sockscope.app.collectors.namespaces import Namespaces  # noqa: PLC0415 - rarely wanted

    found = Namespaces()
    finds = f"{_COLLECTORS}.namespaces:NamespacesCollector"
    finder = Task(finds, ("namespaces",), hidden=0.0, arguments=(found,))
    return [finder, *(_each(task, found) for task in tasks)]


_OF_THE_OWN = ("limits",)
"""What is told of the namespace that the tool was started in alone."""
_PUT_TOGETHER = {
    "sockets": "SocketsEverywhere",
    "routes": "RoutesEverywhere",
    "destroyed": "DestroyedEverywhere",
    "packet": "OthersEverywhere",
    "lookups": "LookupsEverywhere",
    "asked_sockets": "OneSocketEverywhere",
}
"""How, by the first of the tables; those of all others are simply put one after the other."""
_COUNTERS_HIDDEN = 5.0
"""Seconds between two looks at the counters of all namespaces while their tab is not shown."""


def _each(task: Task, found: object) -> Task:
    first = task.provides[0]
    if first in _OF_THE_OWN:
        return task
    name = _PUT_TOGETHER.get(first, "Everywhere")
    arguments = (found,) if first == "sockets" else (found, task.collector)
    hidden = _COUNTERS_HIDDEN if first == "counters" else task.hidden
    return replace(task, collector=f"{_COLLECTORS}.everywhere:{name}", arguments=arguments, hidden=hidden)
