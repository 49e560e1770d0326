"""Random lives of processes: after a while the incremental scan knows what a scan from scratch would find."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TypeVar
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sockscope.app.collectors import procfs, scan
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.search import KERNEL
from tests.collectors.fakeproc import Scene, owned, reasons

_T = TypeVar("_T")

_RECHECK = 20.0
_PIDS = range(2, 9)
_ANY = st.integers(0, 1000)
"""Chooses one of what there is."""


class Machine(RuleBasedStateMachine):
    """Processes open, close, pass on, fork and end; the collector looks now and then, with little time."""

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory()
        self._scene = Scene(Path(self._home.name) / "proc", _RECHECK)
        self._numbers = count(1000)
        self._messages: set[int] = set()
        self._tick = 0
        self._patches = ExitStack()
        self._steady: dict[int, int] = defaultdict(int)
        self._wanted_since: dict[int, int] = {}
        self._before: dict[int, set[tuple[int, int]]] = {}

    @initialize(counted=st.booleans(), step=st.sampled_from([0.0, 0.0005]), guess=st.sampled_from([1, 256]))
    def choose(self, counted: bool, step: float, guess: int) -> None:
        self._scene.clock.step = step
        proc = self._scene.proc

        def number(_: str, pid: int) -> int:
            found = len(proc.descriptors(pid)) if (proc.root / str(pid)).exists() else 0
            return found if counted else 0

        self._patches.enter_context(mock.patch.object(procfs, "descriptor_count", number))
        self._patches.enter_context(mock.patch.object(scan, "_WORTH_A_GUESS", guess))
        for pid in (3, 5, 7):
            proc.spawn(pid, [next(self._numbers) for _ in range(3)])

    def teardown(self) -> None:
        self._scene.collector.close()
        self._patches.close()
        self._home.cleanup()

    @property
    def _alive(self) -> list[int]:
        return [pid for pid in self._scene.proc.pids() if pid > 1]

    @property
    def _free(self) -> list[int]:
        alive = self._alive
        return [pid for pid in _PIDS if pid not in alive]

    @property
    def _open(self) -> list[tuple[int, int, int | None]]:
        return [
            (pid, fd, inode)
            for pid in self._alive
            for fd, inode in sorted(self._scene.proc.descriptors(pid).items())
        ]

    @precondition(lambda self: self._free)
    @rule(which=_ANY)
    def start(self, which: int) -> None:
        self._scene.proc.spawn(_choose(self._free, which))

    @precondition(lambda self: self._alive)
    @rule(which=_ANY, number=st.integers(1, 6))
    def open_sockets(self, which: int, number: int) -> None:
        pid = _choose(self._alive, which)
        for _ in range(number):
            self._scene.proc.open(pid, self._lowest(pid), next(self._numbers))

    @precondition(lambda self: self._alive)
    @rule(which=_ANY)
    def open_file(self, which: int) -> None:
        pid = _choose(self._alive, which)
        self._scene.proc.open(pid, self._lowest(pid), None)

    @precondition(lambda self: self._open)
    @rule(which=_ANY, reuse=st.sampled_from(["", "file", "socket"]), send=st.booleans())
    def close(self, which: int, reuse: str, send: bool) -> None:
        pid, fd, inode = _choose(self._open, which)
        self._scene.proc.close(pid, fd)
        if send and inode is not None:
            self._messages.add(inode)
        if reuse:
            self._scene.proc.open(pid, fd, None if reuse == "file" else next(self._numbers))

    @precondition(lambda self: self._messages and self._alive)
    @rule(which=_ANY)
    def receive(self, which: int) -> None:
        pid = _choose(self._alive, which)
        self._scene.proc.open(pid, self._lowest(pid), self._messages.pop())

    @precondition(lambda self: self._alive and self._free)
    @rule(parent=_ANY, child=_ANY)
    def fork(self, parent: int, child: int) -> None:
        self._scene.proc.fork(_choose(self._alive, parent), _choose(self._free, child))

    @precondition(lambda self: self._alive)
    @rule(which=_ANY)
    def end(self, which: int) -> None:
        self._scene.proc.exit(_choose(self._alive, which))

    @rule(seconds=st.sampled_from([0.0, 0.2, 1.0, 3.0]), budget=st.sampled_from([0.0, 0.005, 1.0]))
    def look(self, seconds: float, budget: float) -> None:
        self._collect(seconds, budget)

    @rule()
    def look_until_settled(self) -> None:
        for _ in range(60):
            got = self._collect(1.0, 1.0)
        holding = self._scene.proc.holding()
        assert owned(got) == holding
        held = {inode for inode, _, _ in holding}
        assert reasons(got) == dict.fromkeys(sorted(self._wanted() - held), KERNEL)

    @invariant()
    def note_changes(self) -> None:
        now: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for inode, pid, fd in self._scene.proc.holding():
            now[inode].add((pid, fd))
        for inode in now.keys() | self._before.keys():
            if now.get(inode) != self._before.get(inode):
                self._steady[inode] = self._tick
        self._before = dict(now)

    def _collect(self, seconds: float, budget: float) -> Collected:
        self._tick += 1
        wanted = self._wanted()
        self._wanted_since = {inode: self._wanted_since.get(inode, self._tick) for inode in wanted}
        got = self._scene.tick(*wanted, seconds=seconds, budget=budget)
        rows = owned(got)
        assert {inode for inode, _, _ in rows} | reasons(got).keys() == wanted
        assert not {inode for inode, _, _ in rows} & reasons(got).keys()
        for inode, reason in reasons(got).items():
            if reason == KERNEL and inode in self._before:
                assert self._steady[inode] >= self._wanted_since[inode], "it was held all the time"
        return got

    def _wanted(self) -> set[int]:
        return {inode for inode, _, _ in self._scene.proc.holding()} | self._messages

    def _lowest(self, pid: int) -> int:
        taken = self._scene.proc.descriptors(pid)
        return next(fd for fd in count(3) if fd not in taken)


def _choose(things: Sequence[_T], which: int) -> _T:
    return things[which % len(things)]


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=40)
