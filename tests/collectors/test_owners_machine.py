"""Random lives of processes: after a while the incremental scan knows what a scan from scratch would find."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from itertools import count
from pathlib import Path
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sockscope.app.collectors import procfs
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.search import KERNEL
from tests.collectors.fakeproc import Scene, owned, reasons

_RECHECK = 20.0
_PIDS = st.integers(2, 7)
_FDS = st.integers(3, 9)


class Machine(RuleBasedStateMachine):
    """Processes open, close, pass on, fork and end; the collector looks now and then, with little time."""

    def __init__(self) -> None:
        super().__init__()
        self._home = tempfile.TemporaryDirectory()
        self._scene = Scene(Path(self._home.name) / "proc", _RECHECK)
        self._numbers = count(1000)
        self._messages: set[int] = set()
        self._tick = 0
        self._steady: dict[int, int] = defaultdict(int)
        self._wanted_since: dict[int, int] = {}
        self._before: dict[int, set[tuple[int, int]]] = {}

    @initialize(counted=st.booleans(), step=st.sampled_from([0.0, 0.0005]))
    def choose(self, counted: bool, step: float) -> None:
        self._scene.clock.step = step
        proc = self._scene.proc

        def number(_: str, pid: int) -> int:
            found = len(proc.descriptors(pid)) if (proc.root / str(pid)).exists() else 0
            return found if counted else 0

        self._patch = mock.patch.object(procfs, "descriptor_count", number)
        self._patch.start()

    def teardown(self) -> None:
        self._scene.collector.close()
        self._patch.stop()
        self._home.cleanup()

    @property
    def _alive(self) -> dict[int, dict[int, int | None]]:
        return {pid: self._scene.proc.descriptors(pid) for pid in self._scene.proc.pids() if pid > 1}

    @rule(pid=_PIDS)
    def start(self, pid: int) -> None:
        if pid not in self._alive:
            self._scene.proc.spawn(pid)

    @rule(pid=_PIDS, number=st.integers(1, 6))
    def open_sockets(self, pid: int, number: int) -> None:
        for _ in range(number if pid in self._alive else 0):
            self._scene.proc.open(pid, self._lowest(pid), next(self._numbers))

    @rule(pid=_PIDS)
    def open_file(self, pid: int) -> None:
        if pid in self._alive:
            self._scene.proc.open(pid, self._lowest(pid), None)

    @rule(pid=_PIDS, fd=_FDS)
    def close(self, pid: int, fd: int) -> None:
        if fd in self._alive.get(pid, {}):
            self._scene.proc.close(pid, fd)

    @rule(pid=_PIDS, fd=_FDS)
    def send_and_close(self, pid: int, fd: int) -> None:
        inode = self._alive.get(pid, {}).get(fd)
        if inode is not None:
            self._messages.add(inode)
            self._scene.proc.close(pid, fd)

    @precondition(lambda self: self._messages)
    @rule(pid=_PIDS)
    def receive(self, pid: int) -> None:
        if pid in self._alive:
            self._scene.proc.open(pid, self._lowest(pid), self._messages.pop())

    @rule(parent=_PIDS, child=_PIDS)
    def fork(self, parent: int, child: int) -> None:
        alive = self._alive
        if parent in alive and child not in alive:
            self._scene.proc.fork(parent, child)

    @rule(pid=_PIDS)
    def end(self, pid: int) -> None:
        if pid in self._alive:
            self._scene.proc.exit(pid)

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
        taken = self._alive[pid]
        return next(fd for fd in count(3) if fd not in taken)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
