"""Which descriptors of which processes to read now: the likeliest first, as far as the time reaches.

1. A process that appeared is read completely: it may have inherited anything.
2. A new inode without holder is looked for where sockets have just vanished, then where the number of
   descriptors changed (known since kernel 6.2; before, where sockets lately appeared).
3. If it is still wanted a moment later, it is looked for in every process not looked at since, and another
   moment later in every descriptor of every process. Found nowhere, its search is over.
4. Every process is asked for its number of descriptors in turn, and looked at again if that changed.
5. Every process is read completely once in a while.

A process in another network namespace that holds no wanted socket is read in steps 1 and 5 and at the end of
step 3 only: what it opens is nearly always of its own namespace.

A look presumes a descriptor unchanged while the socket known behind it is still wanted and no other
descriptor is known to hold it. Where that fails (passed to another process, closed, and the number used
again), the new socket stays without holder, so steps 3 and 5 find it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import field
from enum import Enum, auto
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import procfs
from sockscope.app.collectors.holders import NOBODY, Holders, contains
from sockscope.app.collectors.procfs import NO_DESCRIPTORS, NO_INODES, Descriptors, Inodes, Reading
from sockscope.app.collectors.search import LONG_AGO, SURVIVED, Search
from sockscope.app.record import dataclass

_NEVER = LONG_AGO
_LONG_SINCE = -math.inf
_LEAST = 0.002
"""Seconds that a pass may take at least, so that the scan ends however small the budget."""
_LONGEST_PAUSE = 5.0
_SEARCH_SHARE = 0.02
_LIST_EVERY = 0.1
"""Seconds for which a list of processes is good while a search goes on in pieces."""
_PROCESS_COST, _DESCRIPTOR_COST = 25e-6, 3e-6
"""Before a search alone has a process read once more, so many seconds pass that reading everything would take
about this share of the time, five at most."""
_LATELY = 10.0
"""Seconds for which a process that got sockets is likely to get more."""
_ROUND = 16
"""Passes in which every process is asked for its number of descriptors, if there are many."""
_FEWEST_ASKED = 16
_WORTH_A_GUESS = 256
"""Descriptors from which listing them costs more than trying where new ones must be."""
_REREAD_SHARE = 32
_FIRST_PROCESS = 1
"""It always exists: where it is not listed, others are hidden too (hidepid)."""


class _Look(Enum):
    GUESS = auto()
    LIST = auto()
    WHOLE = auto()
    """Nothing is presumed unchanged."""


@dataclass(eq=False, slots=True)
class _Process:
    pid: int
    directory: int
    start: int = -1
    count: int = -1
    fds: Descriptors = field(default_factory=lambda: NO_DESCRIPTORS)
    inodes: Inodes = field(default_factory=lambda: NO_INODES)
    readable: bool = True
    foreign: bool = False
    """It is in another network namespace and was never found with a socket that is wanted."""
    looked: int = _NEVER
    looked_at: float = _LONG_SINCE
    complete: int = _NEVER
    """Pass in which the newest complete read that has ended began; `looked` counts any look."""
    complete_at: float = _LONG_SINCE
    shed: bool = False
    """A socket it held has vanished since the last look, so the descriptor may be another socket now."""
    gained_at: float = _LONG_SINCE
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

    After a pass, `holders` are all sockets known when stock was last taken, `ended` the sockets of processes
    that ended since, `lost` tells whether a process ended before it could be read, and `idle` that more time
    would bring nothing now.
    """

    def __init__(self, root: str, clock: Callable[[], float], recheck: float) -> None:
        """Scan the processes under `root`, each completely once in `recheck` seconds of `clock`."""
        self._root = root
        self._clock = clock
        self._recheck = recheck
        self._processes: dict[int, _Process] = {}
        self._paused: list[_Paused] = []
        self._changed: set[int] = set()
        self._listed_at = _LONG_SINCE
        self._inherited = False
        """Something was learned of a process that may share it with its parent."""
        self._network = procfs.network(root, "self")
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
        self._trusted: tuple[Holders, Inodes, Inodes] = (NOBODY, NO_INODES, NO_INODES)
        """Of these holders and wanted inodes: the sockets whose descriptors are presumed unchanged."""
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
        if len(gone):
            self.take_stock(search)
            for pid in self.holders.holding(gone):
                self._processes[pid].shed = True
        if self.idle or now >= self._listed_at + _LIST_EVERY:
            self._list()
            self._listed_at = now
        if len(self.ended) or not search.compared:
            self.take_stock(search)
        self._suspect(search)
        self._resume(search, now + (deadline - now) / 2)
        self.idle = False
        if not (self._paused and self._clock() >= deadline):
            for process, look in self._plan(search):
                self._look(process, look, search, deadline)
                if self._clock() >= deadline:
                    break
            else:
                self._resume(search, deadline)
                self.idle = not self._paused
        if self.idle:
            self.take_stock(search)

    def take_stock(self, search: Search) -> None:
        """Bring `holders`, and what `search` knows of them, up to date. While a pass goes on in pieces nobody
        needs that: it costs as much as reading many descriptors."""
        if self._changed:
            descriptors = [
                (pid, self._processes[pid].fds, self._processes[pid].inodes)
                for pid in self._changed
                if pid in self._processes
            ]
            self.holders = self.holders.replaced(self._changed, descriptors)
            self._changed.clear()
        self._inherited = False
        search.compare(self.holders, self.ended, self.number, self._clock())
        self.ended = NO_INODES

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
            elif process.directory == directory:
                continue
            elif self._started_alike(process):
                process.directory = directory
                process.complete = _NEVER  # read as if new: two may start within one clock tick
            else:
                self._forget(process)
                self._processes[pid] = _Process(pid, directory)

    def _started_alike(self, process: _Process) -> bool:
        try:
            return procfs.start_ticks(self._root, process.pid) == process.start
        except OSError:
            return False

    def _suspect(self, search: Search) -> None:
        """Begin to look for new inodes: first where sockets have just vanished."""
        newest = search.newest()
        if newest > self._likely_for:
            self._likely_for = newest
            shed = filter(lambda process: process.shed, self._processes.values())
            self._likely = deque(sorted(shed, key=_by_gain))
            self._counted = False

    def _plan(self, search: Search) -> Iterator[tuple[_Process, _Look]]:
        """Processes to look at, and how, in the order of the module's docstring."""
        everyone = list(self._processes.values())
        for process in everyone:
            if process.complete == _NEVER:
                yield process, _Look.WHOLE
        if self._inherited:
            self.take_stock(search)  # what they inherited is shared now and no longer presumed unchanged
        if search.open():
            yield from self._new_sockets(search, everyone)
            yield from self._old_sockets(search, everyone)
        yield from self._asked_in_turn(everyone)
        due = self._due(everyone, self._recheck, _completed)
        for process in due[: 1 + len(everyone) // _REREAD_SHARE]:
            yield process, _Look.WHOLE

    def _new_sockets(self, search: Search, everyone: list[_Process]) -> Iterator[tuple[_Process, _Look]]:
        while search.open() and (self._likely or not self._counted):
            if self._likely:
                process = self._likely.popleft()
                if len(process.fds) >= _WORTH_A_GUESS:
                    yield process, _Look.GUESS
                    if process.looked == self.number or not search.open():
                        continue
                yield process, _Look.LIST
            else:
                self._counted = True
                self._likely = deque(sorted(filter(self._may_have_got, everyone), key=_by_gain))

    def _old_sockets(self, search: Search, everyone: list[_Process]) -> Iterator[tuple[_Process, _Look]]:
        pause = _pause(everyone)
        missing = search.newest(self._clock() - SURVIVED)
        for process in self._due(everyone, pause, _looked):
            if process.looked < missing and process.readable and not process.foreign:
                yield process, _Look.LIST
        missing = search.newest(self._clock() - 3 * SURVIVED)
        for process in self._due(everyone, pause, _completed):
            if process.complete < missing:
                yield process, _Look.WHOLE

    def _due(
        self, everyone: list[_Process], pause: float, when: Callable[[_Process], float]
    ) -> list[_Process]:
        latest = self._clock() - pause
        return sorted((process for process in everyone if when(process) <= latest), key=when)

    def _may_have_got(self, process: _Process) -> bool:
        if process.count > 0:
            return self._moved(process)
        return process.gained_at >= self._clock() - _LATELY

    def _asked_in_turn(self, everyone: list[_Process]) -> Iterator[tuple[_Process, _Look]]:
        for _ in range(min(len(everyone), max(_FEWEST_ASKED, len(everyone) // _ROUND))):
            self._turn = (self._turn + 1) % len(everyone)
            if self._moved(everyone[self._turn]):
                yield everyone[self._turn], _Look.LIST

    def _moved(self, process: _Process) -> bool:
        if process.looked == self.number or not process.readable or process.foreign:
            return False
        try:
            return procfs.descriptor_count(self._root, process.pid) != process.count
        except OSError:
            return False

    def _look(self, process: _Process, look: _Look, search: Search, until: float) -> None:
        if process.looked == self.number or any(paused.process is process for paused in self._paused):
            return
        began = self._clock()
        trusted = None if look is _Look.WHOLE else self._presumed_unchanged(search)
        try:
            start = procfs.start_ticks(self._root, process.pid)
            if start != process.start:
                self._drop(process)
                process.start = start
            if look is _Look.WHOLE and process.gained_at == _LONG_SINCE:
                process.foreign = procfs.network(self._root, process.pid) not in {0, self._network}
            known = (process.fds, process.inodes)
            reading = Reading(self._root, process.pid, known, trusted, look is _Look.GUESS)
        except (FileNotFoundError, ProcessLookupError):
            self._ended(process)
        except OSError:
            self._refused(process)
        else:
            if look is not _Look.GUESS:
                process.looked, process.looked_at, process.shed = self.number, began, False
            self._go_on(_Paused(process, reading, self.number, began), search, until)

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
        if reading.certain:
            process.looked, process.looked_at, process.shed = paused.number, paused.began, False
            process.count = reading.count
        if reading.certain and reading.whole:
            process.complete, process.complete_at = paused.number, paused.began

    def _learn(self, process: _Process, reading: Reading, search: Search) -> None:
        if np.array_equal(process.fds, reading.fds) and np.array_equal(process.inodes, reading.inodes):
            return
        process.fds, process.inodes = reading.fds, reading.inodes.copy()
        self._changed.add(process.pid)
        self._inherited |= process.complete == _NEVER
        if search.found(reading.news()):
            process.gained_at = self._clock()
            process.foreign = False

    def _presumed_unchanged(self, search: Search) -> Callable[[Inodes], NDArray[np.bool_]]:
        holders, wanted, _ = self._trusted
        if holders is not self.holders or wanted is not search.inodes:
            once = self.holders.inodes[search.wanted() & self.holders.held_once()]
            self._trusted = (self.holders, search.inodes, once)
        return partial(contains, self._trusted[2])

    def _refused(self, process: _Process) -> None:
        process.readable = False
        self._close_book(process)

    def _ended(self, process: _Process) -> None:
        self.lost = True
        self._close_book(process)

    def _close_book(self, process: _Process) -> None:
        self._drop(process)
        process.looked = process.complete = self.number
        process.looked_at = process.complete_at = self._clock()

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
