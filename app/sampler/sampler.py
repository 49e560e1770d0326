"""The sampler: asks collectors on a schedule and makes frames of what they say."""

from __future__ import annotations

import os
import time
from collections import ChainMap
from collections.abc import Callable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Frame, Host, Note
from sockscope.app.frames.table import Table
from sockscope.app.sampler import held
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.governor import Governor
from sockscope.app.sampler.tasks import Task

OWNERS = ("owners", "processes", "unowned")
OWNERS_SLICE = 0.02
"""Seconds of looking for owners before the control channel is listened to again."""
CROWD = 10_000
"""Inodes from which taking in that there are others is work of its own, which the frame does not wait for."""
ROWS = frozenset(
    {"sockets", "tcp_info", "unix", "unix_waiting", "unix_listed", "conntrack", "interface_counters"}
)
"""Tables that travel only while they are wanted, however they were collected."""
NEVER_SENT = frozenset({"inodes"})
"""Tables that only the collector of owners reads."""


class Owners(Protocol):
    """The collector of owners: it looks for given inodes, within a time budget."""

    @property
    def busy(self) -> bool:
        """Whether another call at once would find out more."""

    def look(self, wanted: NDArray[np.uint64], budget: float) -> None:
        """Look for the holders of `wanted` for at most `budget` seconds."""

    def found(self) -> Collected:
        """What is known by now."""

    def close(self) -> None:
        """Give back what it holds."""


class Sampler:
    """Makes frames. `tick` collects what is on the screen; `background` uses the time until the next tick for
    what may come late: owners, and the counts of tabs that are not shown."""

    def __init__(
        self,
        tasks: list[Task],
        owners: Callable[[], Owners],
        monotonic: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
        governor: Governor | None = None,
        *,
        netns: str = "",
    ) -> None:
        self._tasks = tasks
        self._make_owners = owners
        self._owners: Owners | None = None
        self._held: tuple[dict[str, Table], NDArray[np.uint64]] = ({}, np.empty(0, np.uint64))
        """Inodes whose owners are looked for, and the tables that they are of."""
        self._owned = Collected({})
        self._untold = True
        """Whether more may be known of owners than `_owned` says, from before the tick."""
        self._unlooked = False
        """Whether nobody has looked for owners since the tick."""
        self._owned_told: Mapping[str, Table] = {}
        self._owners_spent = 0.0
        self._monotonic = monotonic
        self._cpu = cpu
        self._numbers = count()
        self._host = host(netns)
        self._began = 0.0
        self._cost = 0.0
        self._governor = governor or Governor()
        self._every = 0.0
        self._charged: float | None = None
        self._background_told = False

    def tick(self, control: Control) -> Frame:
        """Collect everything whose beat has come and that is on the screen or always needed.

        What the process did since the tick before is what that one cost, but for looking for owners, which
        has a share of its own.
        """
        self._began = self._monotonic()
        before = self._cpu()
        if self._charged is not None:
            self._governor.spent(before - self._charged)
        self._charged = before
        self._every = self._governor.interval(control.interval)
        self._owners_spent = 0.0
        for task in self._tasks:
            if self._in_tick(task, control):
                task.run(self._began, control)
            elif not task.on_screen(control.wanted):
                task.forget()
        if not control.paused and not control.wanted.isdisjoint(OWNERS):
            self._look_in_tick(control)
        self._cost = self._cpu() - before
        return self._frame(control)

    def answer(self, control: Control) -> Frame:
        """Have the questions answered; all other tables stay those of the last tick."""
        for task in self._tasks:
            if task.on_screen(control.answers) and self._in_tick(task, control):
                task.run(self._monotonic(), control)
        return self._frame(control)

    def background(self, control: Control, until: float) -> Frame | None:
        """Do one piece of what may come late, before `until`; a frame if it should be shown before the next
        tick."""
        late = [task for task in self._tasks if self._late(task, control)]
        if late:
            late[0].run(self._monotonic(), control)
            return None
        if not self._background_told:
            self._background_told = True
            return self._frame(control)
        owners = self._owners
        if owners is not None and self.looking(control) and self._monotonic() < until:
            spent, cpu = self._monotonic(), self._cpu()
            owners.look(self._inodes(control), OWNERS_SLICE)
            self._unlooked = False
            if not owners.busy:
                self._owned = owners.found()
            self._untold = owners.busy
            self._owners_spent += self._monotonic() - spent
            self._charged = (self._charged or 0.0) + self._cpu() - cpu
            if not owners.busy and self._owned.tables != self._owned_told:
                return self._frame(control)
        return None

    def busy(self, control: Control) -> bool:
        """Whether `background` has something to do."""
        return (
            not self._background_told
            or any(self._late(task, control) for task in self._tasks)
            or self.looking(control)
        )

    def looking(self, control: Control) -> bool:
        """Whether owners are still being looked for and the share of this interval is not used up."""
        if control.paused or control.wanted.isdisjoint(OWNERS):
            return False
        if self._owners_spent >= self._governor.share * max(control.interval, self._every):
            return False
        return self._owners is not None and (self._unlooked or self._owners.busy)

    def close(self) -> None:
        """Give back what the collectors hold."""
        for task in self._tasks:
            task.close()
        if self._owners is not None:
            self._owners.close()

    def _in_tick(self, task: Task, control: Control) -> bool:
        if control.paused and task.rests:
            return False
        if task.hidden > 0.0 and not task.on_screen(control.wanted):
            return False
        return task.due(self._began, control.wanted, control.interval / 2)

    def _late(self, task: Task, control: Control) -> bool:
        if task.hidden == 0.0 or task.on_screen(control.wanted) or (control.paused and task.rests):
            return False
        return task.due(self._monotonic(), control.wanted, 0.0)

    def _look_in_tick(self, control: Control) -> None:
        """Look for no time at all, and not in a crowd. What is not done then is told by `background` when it
        is, or in the next tick; until then a new socket is in no table, which means that nobody has looked
        for its owner."""
        if self._owners is None:
            self._owners = self._make_owners()
        inodes = self._inodes(control)
        self._unlooked = len(inodes) >= CROWD
        if not self._unlooked:
            self._owners.look(inodes, 0.0)
        if self._untold or not (self._unlooked or self._owners.busy):
            self._owned, self._untold = self._owners.found(), False

    def _inodes(self, control: Control) -> NDArray[np.uint64]:
        """Those whose owners are looked for."""
        shown = ChainMap(*(dict(task.tables) for task in self._tasks if task.on_screen(control.wanted)))
        of = {name: shown[name] for name in held.TABLES & shown.keys()}
        if of != self._held[0]:
            self._untold |= of.keys() != self._held[0].keys()
            self._held = (of, held.inodes(of))
        return self._held[1]

    def _frame(self, control: Control) -> Frame:
        wanted = control.wanted
        tables = {
            name: table
            for task in self._tasks
            for name, table in task.tables.items()
            if name in wanted or name not in ROWS | NEVER_SENT
        }
        if not wanted.isdisjoint(OWNERS):
            tables.update(self._owned.tables)
            self._owned_told = self._owned.tables
        notes: tuple[Note, ...] = tuple(chain(self._owned.notes, *(task.notes for task in self._tasks)))
        return Frame(
            number=next(self._numbers),
            wall=time.time(),
            monotonic=self._began,
            interval=control.interval,
            host=self._host,
            tables=tables,
            notes=notes,
            cost={"tick": self._cost, "usual": self._governor.cost},
            stretch=max(0.0, self._every - control.interval),
        )


def host(netns: str = "") -> Host:
    """Facts of the machine this runs on; `netns` is what was asked for of its network namespaces."""
    machine = os.uname()
    return Host(
        name=machine.nodename,
        kernel=machine.release,
        user_id=os.geteuid(),
        privileged=os.geteuid() == 0,
        boot_id=_first_line("/proc/sys/kernel/random/boot_id"),
        namespace=_namespace(),
        netns=netns,
    )


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _namespace() -> int:
    try:
        return Path("/proc/thread-self/ns/net").stat().st_ino
    except OSError:
        return 0
