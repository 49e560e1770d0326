"""Ten thousand ticks from collector to snapshot, against a fast clock: nothing grows."""

from __future__ import annotations

import gc
import sys
import tracemalloc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.sockets import tcp_states
from sockscope.app.frames.codec import PREFIX, Decoder, Encoder, lengths
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model import log
from sockscope.app.model.engine import Engine, Request, Snapshot
from sockscope.app.model.ownership import Ownership
from sockscope.app.model.presence import LINGERING
from sockscope.app.model.query import Query
from sockscope.app.model.tab import Options
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.sampler import Sampler
from sockscope.app.sampler.tasks import Task
from sockscope.app.view import catalog
from sockscope.app.view.connections import CONNECTIONS
from tests import fake
from tests.filters import typed

TICKS = 10_000
WARM = 2_000
CROWD = 100_000
STATES = (1, 3, 6, 8, 10)
TIME_WAIT = 6


class World:
    """What the made-up collectors tell: cookies first to last, a new one and a lost one each tick; the oldest
    quarter is closed. There are fifty cgroups."""

    first = 1
    number = 40
    asked = 0
    now = 1000.0

    @classmethod
    def sockets(cls) -> Table:
        cookie = np.arange(cls.first, cls.first + cls.number, dtype=np.uint64)
        closed = cookie < cls.first + cls.number // 4
        zero = np.zeros(cls.number, np.uint32)
        address = np.zeros((cls.number, 16), np.uint8)
        address[:, 3] = cookie % 200
        columns = dict.fromkeys(("interface", "expires", "rx_queue", "tx_queue"), zero)
        return Table(
            {
                **columns,
                "family": np.full(cls.number, 2, np.uint8),
                "protocol": np.full(cls.number, 6, np.uint16),
                "state": np.where(
                    closed, TIME_WAIT, np.array(STATES, np.uint8)[(cookie % len(STATES)).astype(np.intp)]
                ).astype(np.uint8),
                "timer": zero.astype(np.uint8),
                "retrans": zero.astype(np.uint8),
                "local_address": address,
                "remote_address": address,
                "local_port": (cookie % 7).astype(np.uint16),
                "remote_port": (cookie % 50_000).astype(np.uint16),
                "cookie": cookie,
                "uid": (cookie % 9).astype(np.uint32),
                "inode": np.where(closed, np.uint64(0), cookie),
                "v6only": np.full(cls.number, -1, np.int8),
                "drops": np.full(cls.number, -1, np.int64),
            },
            cls.now,
        )


class Sockets:
    provides = ("sockets", "tcp_states", "cgroups", "cgroup_paths")

    def collect(self) -> Collected:
        rows = World.sockets()
        cgroup = rows.numbers("cookie") // 3 % 50
        ids = np.unique(cgroup)
        paths = Table({"id": ids, "path": Strings.of(f"/job-{number}.service" for number in ids)}, World.now)
        return Collected(
            {
                "sockets": rows,
                "tcp_states": tcp_states(rows),
                "cgroups": Table({"id": cgroup}, World.now),
                "cgroup_paths": paths,
            }
        )

    def close(self) -> None:
        pass


class Limits:
    provides = ("limits",)

    def collect(self) -> Collected:
        World.asked += 1
        return Collected({})

    def close(self) -> None:
        pass


class Owners:
    """Every inode has a holder; pids and names come and go with them."""

    busy = False

    wanted = np.empty(0, np.uint64)

    def look(self, wanted: np.ndarray, budget: float) -> None:
        self.wanted = wanted

    def found(self) -> Collected:
        held = ((inode, 100 + inode // 3, f"worker-{inode // 3}") for inode in self.wanted[:60].tolist())
        return Collected(fake.owners(*held))

    def close(self) -> None:
        pass


class Line:
    """Everything between the kernel and the screen, in one process."""

    def __init__(self) -> None:
        here = __name__
        tasks = [
            Task(f"{here}:Sockets", Sockets.provides, hidden=0.0),
            Task(f"{here}:Limits", Limits.provides, shown=5.0, hidden=5.0),
        ]
        self.sampler = Sampler(tasks, Owners, lambda: World.now, lambda: World.now / 1000)
        self.encoder, self.decoder = Encoder(), Decoder()
        self.engine = Engine(catalog.tabs())

    def tick(self, request: Request, control: Control) -> tuple[Frame, Snapshot]:
        World.now += 1.0
        frame = self.sampler.tick(control)
        data = b"".join(bytes(piece) for piece in self.encoder.encode(frame))
        start = PREFIX.size + lengths(data[: PREFIX.size])[0]
        while self.sampler.busy(control):
            self.sampler.background(control, World.now + 1.0)
        self.engine.advance(self.decoder.decode(data[PREFIX.size : start], data[start:]))
        return frame, self.engine.snapshot(request)


SHOWN = frozenset({"sockets", "owners", "processes", "unowned", "cgroups", "cgroup_paths"})
REQUESTS = (
    Request("connections", Query("remote")),
    Request("listening", Query("")),
    Request(
        "connections",
        typed(CONNECTIONS, "worker", sort=("owner", False)),
        Options(frozenset({"every_holder"})),
    ),
    Request("connections", Query("recv_q", descending=True), paused=True),
    Request("connections", Query("remote"), open_row=1, marked=1),
)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setattr(log, "CAPACITY", 500)  # full long before anything is measured
    World.first, World.number, World.now = 1, 40, 1000.0
    yield Line()
    Ownership._latest = None


def objects() -> int:
    """Everything Python has allocated, arrays among it, which the collector of garbage does not list."""
    gc.collect()
    return sys.getallocatedblocks()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_grows_in_ten_thousand_ticks(line: Line) -> None:
    measured = []
    for number in range(TICKS):
        World.first += 1
        request = REQUESTS[number // 20 % len(REQUESTS)]
        line.tick(request, Control(SHOWN, states=frozenset({6}) if number % 100 > 50 else None))
        if number >= WARM and (number - WARM) % 1000 == 0:
            measured.append((objects(), descriptors()))
    assert World.asked >= TICKS // 5
    counts = [count for count, _ in measured]
    assert max(counts) - min(counts) < 200, counts
    assert len({number for _, number in measured}) == 1


def test_a_crowd_that_vanishes_leaves_nothing_behind(line: Line) -> None:
    request, control = REQUESTS[0], Control(SHOWN)
    for _ in range(3):
        line.tick(request, control)
    tracemalloc.start()
    try:
        small = len(line.tick(request, control)[1].order)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        World.number = CROWD
        frame, shown = line.tick(request, control)
        assert len(shown.order) == CROWD
        assert shown.rows is not None
        gone = weakref.ref(frame.tables["sockets"]), weakref.ref(shown.rows)
        during, _ = tracemalloc.get_traced_memory()
        del frame, shown
        World.number = 40
        _, after = line.tick(request, control)
        assert len(after.order) <= small + LINGERING
        for _ in range(3):
            line.tick(request, control)
        del after
        _, at_rest = line.tick(request, control)
        assert len(at_rest.order) == small
        gc.collect()
        assert [each() for each in gone] == [None, None]
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left - before < (during - before) / 100
