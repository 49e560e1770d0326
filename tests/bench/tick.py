"""Where the time of a tick goes, and what it costs when a fifth of the sockets is replaced in each."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from statistics import median

from sockscope.app.dashboard import Dashboard
from sockscope.app.frames.frame import Frame
from sockscope.app.view import catalog
from sockscope.app.view.session import Session
from tests.bench import measure
from tests.bench.dumps import Floor
from tests.bench.figure import Figure
from tests.bench.keys import FIRST_ROW, PROGRAM, settling
from tests.bench.load import Load
from tests.bench.pipeline import (
    ADVANCE,
    DECODE,
    ENCODE,
    OTHERS,
    OWNERS,
    PIPE,
    SNAPSHOT,
    SOCKETS,
    Pipeline,
    Stages,
)
from tests.bench.program import TICK, owned_listing
from tests.bench.terminal import Terminal
from tests.fake import FakeSource

TICKS = 7
CHURN = 0.2
"""Share of the sockets that is replaced before each tick."""
CHURNED = 2.0
"""Most that a tick may then cost, as a multiple of a steady one."""
_DRAWN = 0.7
"""Seconds in which a frame of a hundred thousand sockets is drawn for certain."""


def stages(load: Load) -> Iterator[Figure]:
    """CPU of every stage of a steady tick, the median of several, and all together."""
    case = f"{load.sockets:,}"
    with Pipeline() as pipeline, contextlib.closing(Floor()) as floor:
        pipeline.settle()
        ticks: list[Stages] = []
        frames: list[Frame] = []
        dumps: list[float] = []
        for _ in range(TICKS):
            ticks.append(pipeline.tick())
            frames += pipeline.frames
            dumps.append(measure.function(floor.dump).cpu)
    took = medians(ticks)
    dump = min(median(dumps), took[SOCKETS])
    draw = median(asyncio.run(drawing(frames)))
    found = {
        "the kernel's dump": dump,
        "dump to columns": took[SOCKETS] - dump,
        **{
            stage: took.get(stage, 0.0) for stage in (OTHERS, OWNERS, ENCODE, PIPE, DECODE, ADVANCE, SNAPSHOT)
        },
        "draw": draw,
    }
    for stage, seconds in found.items():
        yield Figure(stage, case, seconds * 1000, "ms CPU")
    yield Figure("all of a steady tick", case, sum(found.values()) * 1000, "ms CPU")


def medians(ticks: Sequence[Stages]) -> dict[str, float]:
    """The median of every stage."""
    names = {name for tick in ticks for name in tick}
    return {name: median(tick.get(name, 0.0) for tick in ticks) for name in names}


async def drawing(frames: Sequence[Frame]) -> list[float]:
    """CPU seconds of the UI's thread for each frame but the first, on a screen of 160x50 in memory; what the
    thread needs while nothing happens is taken off."""
    source = FakeSource()
    app = Dashboard(source, Session(catalog.VIEWS, "connections", 1.0))
    taken = []
    async with app.run_test(size=(160, 50)):
        for frame in frames:
            source.push(frame)
            drawn = await _used_within(_DRAWN)
            taken.append(max(0.0, drawn - await _used_within(_DRAWN)))
    return taken[1:]


async def _used_within(seconds: float) -> float:
    """CPU seconds that this thread uses in so many seconds."""
    begun = time.thread_time()
    await asyncio.sleep(seconds)
    return time.thread_time() - begun


def churn(load: Load) -> Iterator[Figure]:
    """Steady ticks and ticks before each of which a fifth of the sockets was replaced, drawing left out; and
    what memory the whole program keeps of that."""
    case = f"{load.sockets:,}"
    with Pipeline() as pipeline:
        pipeline.settle()
        steady = [sum(pipeline.tick().values()) for _ in range(TICKS)]
        renewed: list[Stages] = [pipeline.tick(lambda: load.churn(CHURN)) for _ in range(TICKS + 1)][1:]
    quiet, busy = median(steady), median(sum(tick.values()) for tick in renewed)
    share = f"{CHURN:.0%} replaced each tick"
    yield Figure("steady tick, not drawn", case, quiet * 1000, "ms CPU")
    yield Figure(share, case, busy * 1000, "ms CPU", "a steady tick", busy / quiet, CHURNED)
    listed = owned_listing(load.sockets).cpu
    yield Figure(
        f"{share}, beside ss", case, busy * 1000, "ms CPU", "ss -tanp", busy / listed, CHURNED * TICK
    )
    owners = medians(renewed).get(OWNERS, 0.0)
    yield Figure(f"{share}: owners alone", case, owners * 1000, "ms CPU")
    yield from _memory(load)


def _memory(load: Load) -> Iterator[Figure]:
    case = f"{load.sockets:,}"
    with Terminal(PROGRAM) as terminal:
        terminal.wait_for(FIRST_ROW)
        terminal.watch(settling(load.sockets))
        pids = measure.tree(terminal.pid)
        before = measure.proportional_memory(pids) / 1024
        for _ in range(TICKS):
            begun = time.monotonic()
            load.churn(CHURN)
            terminal.watch(1.0 - (time.monotonic() - begun))
        terminal.watch(5.0)
        after = measure.proportional_memory(pids) / 1024
    yield Figure("memory (PSS) after that", case, after, "MiB", "before", after / before)
