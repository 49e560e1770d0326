"""The sampler: asks collectors on a schedule and makes frames of what they say."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import chain, count
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Frame, Host, Note
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.governor import Governor
from sockscope.app.sampler.tasks import Task

OWNERS = ("owners", "processes", "unowned")
OWNERS_SLICE = 0.02
"""Seconds of looking for owners before the control channel is listened to again."""
OWNERS_SHARE = 0.1
"""Part of an interval that may go into looking for owners."""
ROWS = frozenset({"sockets", "tcp_info"})
"""Tables that travel only while they are wanted, however they were collected."""
NEVER_SENT = frozenset({"inodes"})
"""Tables that only the collector of owners reads."""


class Owners(Protocol):
    """The collector of owners: it looks for given inodes, within a time budget."""

    @property
    def busy(self) -> bool:
        """Whether another call at once would find out more."""

    def collect(self, wanted: NDArray[np.uint64], budget: float) -> Collected:
        """Look for the holders of `wanted` for at most `budget` seconds."""

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
    ) -> None:
        self._tasks = tasks
        self._make_owners = owners
        self._owners: Owners | None = None
        self._owned = Collected({})
        self._owners_spent = 0.0
        self._monotonic = monotonic
        self._cpu = cpu
        self._numbers = count()
        self._host = host()
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
        if not control.paused and not control.wanted.isdisjoint(OWNERS):
            self._look(0.0)
        self._cost = self._cpu() - before
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
        if self.looking(control) and self._monotonic() < until:
            spent, cpu = self._monotonic(), self._cpu()
            tables = self._owned.tables
            self._look(OWNERS_SLICE)
            self._owners_spent += self._monotonic() - spent
            self._charged = (self._charged or 0.0) + self._cpu() - cpu
            if not self.looking(control) and self._owned.tables != tables:
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
        if self._owners_spent >= OWNERS_SHARE * max(control.interval, self._every):
            return False
        return self._owners is not None and self._owners.busy

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

    def _look(self, budget: float) -> None:
        if self._owners is None:
            self._owners = self._make_owners()
        all_inodes = self._table("inodes")
        sockets = self._table("sockets") if all_inodes is None else all_inodes
        inodes = np.empty(0, np.uint64) if sockets is None else sockets.numbers("inode")
        self._owned = self._owners.collect(inodes[inodes > 0], budget)

    def _table(self, name: str) -> Table | None:
        return next((task.tables[name] for task in self._tasks if name in task.tables), None)

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


def host() -> Host:
    """Facts of the machine this runs on."""
    machine = os.uname()
    return Host(
        name=machine.nodename,
        kernel=machine.release,
        user_id=os.geteuid(),
        privileged=os.geteuid() == 0,
        boot_id=_first_line("/proc/sys/kernel/random/boot_id"),
        namespace=_namespace(),
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
