"""Which descriptors of which processes to read now: the likeliest first, as far as the time reaches.

1. A process that appeared is read completely: it may have inherited anything.
2. A new inode without holder is looked for where sockets have just vanished, then where the number of
   descriptors changed (known since kernel 6.2; before, where sockets lately appeared).
3. If it is still wanted a moment later, it is looked for in every process not looked at since, and another
   moment later in every descriptor of every process. Found nowhere, its search is over.
4. Every process is asked for its number of descriptors in turn, and looked at again if that changed.
5. Every process is read completely once in a while.

A look presumes a descriptor unchanged while the socket known behind it is still wanted and no other
descriptor is known to hold it. Where that fails (passed to another process, closed, and the number used
again), the new socket stays without holder, so steps 3 and 5 find it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import procfs
from sockscope.app.collectors.holders import NOBODY, Holders, contains
from sockscope.app.collectors.procfs import NO_DESCRIPTORS, NO_INODES, Descriptors, Inodes, Reading
from sockscope.app.collectors.search import LONG_AGO, SURVIVED, Search

_NEVER = LONG_AGO
_LEAST = 0.002
"""Seconds that a pass may take at least, so that the scan ends however small the budget."""
_LONGEST_PAUSE = 5.0
_SEARCH_SHARE = 0.02
_PROCESS_COST, _DESCRIPTOR_COST = 25e-6, 3e-6
"""Before a search alone has a process read once more, so many seconds pass that reading everything would take
about this share of the time, five at most."""
_LATELY = 10.0
"""Seconds for which a process that got sockets is likely to get more."""
_ROUND = 16
"""Passes in which every process is asked for its number of descriptors, if there are many."""
_FEWEST_ASKED = 16
_REREAD_SHARE = 32
_FIRST_PROCESS = 1
"""It always exists: where it is not listed, others are hidden too (hidepid)."""


@dataclass(eq=False, slots=True)
class _Process:
    pid: int
    directory: int
    start: int = -1
    count: int = -1
    fds: Descriptors = field(default_factory=lambda: NO_DESCRIPTORS)
    inodes: Inodes = field(default_factory=lambda: NO_INODES)
    readable: bool = True
    looked: int = _NEVER
    looked_at: float = float("-inf")
    complete: int = _NEVER
    """Pass in which the newest complete read that has ended began; `looked` counts any look."""
    complete_at: float = float("-inf")
    gained_at: float = float("-inf")
    """When it was last found with a socket that had no holder."""


@dataclass(frozen=True, eq=False, slots=True)
class _Paused:
    process: _Process
    reading: Reading
    number: int
    """The pass in which it began."""
    began: float


class Scan:
    """Knows the descriptors of every process, as of when each was last looked at.

    After a pass, `holders` are all known sockets, `ended` the sockets of processes that ended, `lost` tells
    whether a process ended before it could be read, and `idle` that more time would bring nothing now.
    """

    def __init__(self, root: str, clock: Callable[[], float], recheck: float) -> None:
        """Scan the processes under `root`, each completely once in `recheck` seconds of `clock`."""
        self._root = root
        self._clock = clock
        self._recheck = recheck
        self._processes: dict[int, _Process] = {}
        self._paused: list[_Paused] = []
        self._changed: set[int] = set()
        self._likely: deque[_Process] = deque()
        self._likely_for = LONG_AGO
        self._counted = True
        self._turn = 0
        self.number = 0
        """How many passes have begun."""
        self.holders: Holders = NOBODY
        self.ended: Inodes = NO_INODES
        self.lost = False
        self.idle = False
        self.hidden = False
        """Not even the first process is listed, so others may be missing too."""

    @property
    def complete(self) -> int:
        """The pass since which every process was read completely."""
        return min((process.complete for process in self._processes.values()), default=self.number)

    @property
    def unreadable(self) -> int:
        """How many processes could not be read."""
        return sum(not process.readable for process in self._processes.values())

    def start(self, pid: int) -> int:
        """When the process started, in clock ticks since boot, -1 if it was not read."""
        return self._processes[pid].start if pid in self._processes else -1

    def begin(self) -> int:
        """Number of the pass that begins now."""
        self.number += 1
        return self.number

    def run(self, search: Search, gone: Inodes, deadline: float) -> None:
        """One pass: look for what `search` has open and keep up with the rest until `deadline`, for two
        milliseconds at least; `gone` (sorted) are the inodes not wanted any more. OSError if processes cannot
        be listed."""
        now = self._clock()
        deadline = max(deadline, now + _LEAST)
        self.lost = False
        self.ended = NO_INODES
        closers = self.holders.holding(gone)
        self._list()
        self._take_stock(search)
        self._suspect(search, closers)
        self._resume(search, now + (deadline - now) / 2)
        self.idle = False
        if not (self._paused and self._clock() >= deadline):
            for process, whole in self._plan(search):
                self._look(process, whole, search, deadline)
                if self._clock() >= deadline:
                    break
            else:
                self._resume(search, deadline)
                self.idle = not self._paused
        self._take_stock(search)

    def close(self) -> None:
        """Give back the directories of reads that have not ended."""
        for paused in self._paused:
            paused.reading.close()
        self._paused.clear()

    def _list(self) -> None:
        listed = procfs.processes(self._root)
        self.hidden = _FIRST_PROCESS not in listed
        for pid in self._processes.keys() - listed.keys():
            self._forget(self._processes.pop(pid))
        for pid, directory in listed.items():
            process = self._processes.get(pid)
            if process is None:
                self._processes[pid] = _Process(pid, directory)
            elif process.directory != directory:
                if not self._same(process):
                    self._forget(process)
                    self._processes[pid] = _Process(pid, directory)
                process.directory = directory

    def _same(self, process: _Process) -> bool:
        try:
            return procfs.start_ticks(self._root, process.pid) == process.start
        except OSError:
            return False

    def _take_stock(self, search: Search) -> None:
        if self._changed:
            descriptors = [
                (pid, self._processes[pid].fds, self._processes[pid].inodes)
                for pid in self._changed
                if pid in self._processes
            ]
            self.holders = self.holders.replaced(self._changed, descriptors)
            self._changed.clear()
        search.compare(self.holders.inodes, self.ended, self.number, self._clock())

    def _suspect(self, search: Search, closers: set[int]) -> None:
        """Begin to look for new inodes: first where sockets have just vanished."""
        newest = search.newest()
        if newest > self._likely_for:
            self._likely_for = newest
            self._likely = deque(
                process for pid in closers if (process := self._processes.get(pid)) and process.readable
            )
            self._counted = False

    def _plan(self, search: Search) -> Iterator[tuple[_Process, bool]]:
        """Processes to look at, and whether completely, in the order of the module's docstring."""
        everyone = list(self._processes.values())
        yield from ((process, True) for process in everyone if process.complete == _NEVER)
        while search.open() and (self._likely or not self._counted):
            if self._likely:
                yield self._likely.popleft(), False
            else:
                self._counted = True
                self._likely = deque(sorted(filter(self._may_have_got, everyone), key=_by_gain))
        pause = _pause(everyone) if search.open() else _LONGEST_PAUSE
        missing = search.newest(self._clock() - SURVIVED)
        for process in self._due(everyone, pause, _looked):
            if process.looked < missing and process.readable:
                yield process, False
        missing = search.newest(self._clock() - 3 * SURVIVED)
        for process in self._due(everyone, pause, _completed):
            if process.complete < missing:
                yield process, True
        yield from ((process, False) for process in self._asked_in_turn(everyone))
        due = self._due(everyone, self._recheck, _completed)
        yield from ((process, True) for process in due[: 1 + len(everyone) // _REREAD_SHARE])

    def _due(
        self, everyone: list[_Process], pause: float, when: Callable[[_Process], float]
    ) -> list[_Process]:
        latest = self._clock() - pause
        return sorted((process for process in everyone if when(process) <= latest), key=when)

    def _may_have_got(self, process: _Process) -> bool:
        if process.count > 0:
            return self._moved(process)
        return process.gained_at >= self._clock() - _LATELY

    def _asked_in_turn(self, everyone: list[_Process]) -> Iterator[_Process]:
        for _ in range(min(len(everyone), max(_FEWEST_ASKED, len(everyone) // _ROUND))):
            self._turn = (self._turn + 1) % len(everyone)
            if self._moved(everyone[self._turn]):
                yield everyone[self._turn]

    def _moved(self, process: _Process) -> bool:
        if process.looked == self.number or not process.readable:
            return False
        try:
            return procfs.descriptor_count(self._root, process.pid) != process.count
        except OSError:
            return False

    def _look(self, process: _Process, whole: bool, search: Search, until: float) -> None:
        if process.looked == self.number or any(paused.process is process for paused in self._paused):
            return
        process.looked, process.looked_at = self.number, self._clock()
        trusted = None if whole else self._presumed_unchanged(search)
        try:
            start = procfs.start_ticks(self._root, process.pid)
            if start != process.start:
                self._drop(process)
                process.start = start
            reading = Reading(self._root, process.pid, (process.fds, process.inodes), trusted)
        except (FileNotFoundError, ProcessLookupError):
            self._ended(process)
        except OSError:
            self._refused(process)
        else:
            self._go_on(_Paused(process, reading, self.number, process.looked_at), search, until)

    def _resume(self, search: Search, until: float) -> None:
        for paused in self._paused.copy():
            self._paused.remove(paused)
            self._go_on(paused, search, until)
            if self._clock() >= until:
                break

    def _go_on(self, paused: _Paused, search: Search, until: float) -> None:
        process, reading = paused.process, paused.reading
        try:
            done = reading.advance(lambda: self._clock() >= until)
        except OSError:
            reading.close()
            self._refused(process)
            return
        if reading.listed:
            self._learn(process, reading, search)
        if not done:
            self._paused.append(paused)
            return
        reading.close()
        if reading.lost:
            self._ended(process)
            return
        process.readable = True
        process.count = reading.count
        if reading.whole:
            process.complete, process.complete_at = paused.number, paused.began

    def _learn(self, process: _Process, reading: Reading, search: Search) -> None:
        if np.array_equal(process.fds, reading.fds) and np.array_equal(process.inodes, reading.inodes):
            return
        process.fds, process.inodes = reading.fds, reading.inodes.copy()
        self._changed.add(process.pid)
        if search.found(process.inodes):
            process.gained_at = self._clock()

    def _presumed_unchanged(self, search: Search) -> Callable[[Inodes], NDArray[np.bool_]]:
        holders = self.holders

        def trusted(inodes: Inodes) -> NDArray[np.bool_]:
            return contains(search.inodes, inodes) & holders.held_once(inodes)

        return trusted

    def _refused(self, process: _Process) -> None:
        self._drop(process)
        process.readable = False
        process.complete, process.complete_at = self.number, self._clock()

    def _ended(self, process: _Process) -> None:
        self._drop(process)
        self.lost = True
        process.complete, process.complete_at = self.number, self._clock()

    def _forget(self, process: _Process) -> None:
        self._drop(process)
        self.lost |= process.complete == _NEVER
        for paused in self._paused.copy():
            if paused.process is process:
                paused.reading.close()
                self._paused.remove(paused)
                self.lost = True

    def _drop(self, process: _Process) -> None:
        if len(process.inodes):
            self.ended = np.concatenate((self.ended, process.inodes))
            self._changed.add(process.pid)
        process.fds, process.inodes = NO_DESCRIPTORS, NO_INODES


def _by_gain(process: _Process) -> float:
    return -process.gained_at


def _pause(everyone: list[_Process]) -> float:
    cost = sum(_PROCESS_COST + _DESCRIPTOR_COST * len(process.fds) for process in everyone)
    return min(_LONGEST_PAUSE, cost / _SEARCH_SHARE)


def _looked(process: _Process) -> float:
    return process.looked_at


def _completed(process: _Process) -> float:
    return process.complete_at
