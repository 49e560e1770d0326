"""Facts of a process that people know it by: program, command line, user, start time (psutil)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.cgroups import of_process
from sockscope.app.frames.table import Strings, Table

NO_USER = 2**32 - 1
"""Stands for a user id that is not known."""

_LONGEST_COMMAND = 4096
_FEWEST = 8
_SHORTEST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_COMM = 15  # TASK_COMM_LEN without its NUL
_WORD = re.compile(r"-?([^\s:]+)")


class Facts(NamedTuple):
    """What is known of one process: `start` in seconds since the epoch (NaN unknown), `uid` the effective
    user, `cgroup` its path, texts None where they are not known."""

    start: float = float("nan")
    uid: int = NO_USER
    name: str | None = None
    command: str | None = None
    cgroup: str | None = None


def ask(pid: int) -> Facts | None:
    """Facts of the process that has this number now, None if there is none; what is forbidden is unknown."""
    import psutil  # noqa: PLC0415 - costs a quarter of the time to the first frame

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            start = process.create_time()
            uid = int(process.uids().effective)
            comm = process.name()
            try:
                words = process.cmdline()
            except psutil.AccessDenied:
                return Facts(start, uid, comm, cgroup=of_process("/proc", pid))
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None
    except (psutil.AccessDenied, PermissionError):
        return Facts()
    command = " ".join(words)[:_LONGEST_COMMAND]
    return Facts(start, uid, program_name(comm, words), command, of_process("/proc", pid))


def program_name(comm: str, words: Sequence[str]) -> str:
    """The name a netstat user expects: the base name of argv[0], without what a daemon wrote behind it.

    Where argv[0] does not agree with the kernel's name (comm, 15 characters), a script that was executed by
    its own name is called by that name, and everything else as argv[0] says.
    """
    if not words:
        return comm
    title = words[0]
    short = _first_word(comm)
    first = _first_word(title.split(maxsplit=1)[0].rpartition("/")[2] if title.strip() else "")
    for name in (_first_word(title.rpartition("/")[2]), first):
        if short and name.startswith(short):
            return name
    if any(word.rpartition("/")[2][:_COMM] == comm[:_COMM] for word in words[1:3]):
        return comm
    return first or comm


def _first_word(text: str) -> str:
    found = _WORD.match(text)
    return found[1] if found else ""


class ProcessFacts:
    """Facts of many processes, asked once and again after as long as a process has lived, from one second to
    a minute: it may execute another program, and that is likely soon after it was forked."""

    def __init__(
        self,
        ask: Callable[[int], Facts | None],
        clock: Callable[[], float],
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`ask` tells about one process; `clock` and `wall` count seconds."""
        self._ask = ask
        self._clock = clock
        self._wall = wall
        self._known: dict[int, _Known] = {}
        self._dirty = True
        self._table: Table | None = None
        self.pending = False
        """Some processes are named without facts because the time was over."""

    def refresh(self, starts: Mapping[int, int], deadline: float) -> None:
        """Ask what is due of these processes (start ticks by process number) until `deadline`; a few are
        asked even if that has passed. All other processes are forgotten."""
        for pid in [pid for pid, known in self._known.items() if starts.get(pid) != known.start]:
            del self._known[pid]
        now = self._clock()
        new = [pid for pid in starts if pid not in self._known]
        due = sorted(
            (pid for pid, known in self._known.items() if known.due <= now),
            key=lambda pid: self._known[pid].due,
        )
        asked = 0
        for pid in (*new, *due):
            if asked >= _FEWEST and self._clock() >= deadline:
                break
            self._renew(pid, starts[pid], now)
            asked += 1
        self.pending = asked < len(new)

    def table(self, pids: NDArray[np.uint32], taken: float) -> Table:
        """The `processes` table of these processes, the same object while nothing in it changed."""
        if self._table is None or self._dirty or not np.array_equal(pids, self._table.numbers("pid")):
            facts = [self._known[pid].facts if pid in self._known else Facts() for pid in pids.tolist()]
            self._table = Table(
                {
                    "pid": pids,
                    "start": np.array([fact.start for fact in facts], dtype=np.float64),
                    "uid": np.array([fact.uid for fact in facts], dtype=np.uint32),
                    "name": Strings.of(fact.name for fact in facts),
                    "command": Strings.of(fact.command for fact in facts),
                    "cgroup": Strings.of(fact.cgroup for fact in facts),
                },
                taken,
            )
            self._dirty = False
        return self._table

    def _renew(self, pid: int, start: int, now: float) -> None:
        before = self._known.get(pid)
        facts = self._ask(pid)
        if facts is None:
            facts = before.facts if before else Facts()
        age = self._wall() - facts.start
        wait = _LONGEST_WAIT if math.isnan(age) else min(max(age, _SHORTEST_WAIT), _LONGEST_WAIT)
        self._known[pid] = _Known(start, facts, now + wait)
        self._dirty |= before is None or _differ(before.facts, facts)


class _Known(NamedTuple):
    start: int
    facts: Facts
    due: float


def _differ(one: Facts, other: Facts) -> bool:
    same_start = one.start == other.start or (math.isnan(one.start) and math.isnan(other.start))
    return not same_start or one[1:] != other[1:]
