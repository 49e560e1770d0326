"""What comes late must not make others late: the first look for owners, and keys on a slow line."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from sockscope.app.sampler.control import Control
from sockscope.app.sources.local import LocalSampler
from sockscope.app.view import catalog
from tests.bench import screens
from tests.bench.figure import Figure, spread
from tests.bench.keys import FIRST_ROW, PROGRAM
from tests.bench.load import Load
from tests.bench.pipeline import owners_known
from tests.bench.screens import Feature
from tests.bench.terminal import Terminal

LATE = 50.0
"""Milliseconds that a tick may begin after its time while owners are looked for."""
_PATIENCE = 90.0

RATE = 4000
"""Bytes a second of a slow line."""
ANSWER = 300.0
"""Milliseconds to the answer of a key there."""
_SHARE = 0.3
"""Share of the connections that is replaced each second meanwhile."""
_ROUNDS = 6
_APART = (1.0, 1.4)
_FEATURES: dict[str, Feature] = {
    "move, 4 kB/s": screens.band,
    "open filter, 4 kB/s": screens.entry,
    "close filter, 4 kB/s": screens.entry,
    "pause, 4 kB/s": screens.paused,
    "go on, 4 kB/s": screens.paused,
    "next tab, 4 kB/s": screens.heading,
    "tab before, 4 kB/s": screens.heading,
}
_KEYS = (b"j", b"/", b"\x1b", b"p", b"p", b"]", b"[")


def owners(load: Load) -> Iterator[Figure]:
    """How late ticks begin while the sampler looks for the owners of everything for the first time."""
    case = f"{load.sockets:,}"
    late: list[float] = []
    with contextlib.closing(LocalSampler()) as sampler:
        sampler.order(Control(catalog.needs("connections"), 1.0))
        before = sampler.next()
        first = time.monotonic()
        while True:
            frame = sampler.next()
            if frame.monotonic > before.monotonic:
                late.append((frame.monotonic - before.monotonic - before.every) * 1000)
                before = frame
            if late and owners_known(frame):
                break
            if time.monotonic() - first > _PATIENCE:
                raise TimeoutError("owners are still not known")
        known = time.monotonic() - first
    yield Figure("first look for owners", case, known, "s")
    yield Figure("latest tick during it", case, max(0.0, *late), "ms", budget=LATE)


def slow_line(crowd: int) -> Iterator[Figure]:
    """Keys at the far end of a line of 4 kB/s, a tenth of a crowd behind it being replaced all the time."""
    with (
        Load(crowd // 10) as load,
        load.namespace.inside(),
        Terminal(PROGRAM, rate=RATE) as terminal,
        _churning(load),
    ):
        terminal.wait_for(FIRST_ROW)
        terminal.watch(8.0)
        for _ in range(_ROUNDS):
            terminal.play(list(zip(_FEATURES, _KEYS, strict=True)), *_APART)
    features = {name: {name: feature} for name, feature in _FEATURES.items()}
    for name, times in screens.answers(terminal, features).items():
        yield spread(name, f"{load.sockets:,}", [each * 1000 for each in times], "ms", ANSWER)


@contextlib.contextmanager
def _churning(load: Load) -> Iterator[None]:
    ended = threading.Event()

    def churn() -> None:
        while not ended.wait(1.0):
            load.churn(_SHARE)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
