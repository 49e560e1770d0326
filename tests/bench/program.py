"""The whole program at a terminal of 160x50: start, ticks, memory, what it writes."""

from __future__ import annotations

import compileall
import re
from collections.abc import Iterator
from functools import partial

from sockscope import app, styles, widgets
from sockscope.app.tabs import TABS
from tests.bench import measure, screens
from tests.bench.figure import Figure, spread
from tests.bench.keys import FIRST_ROW, PROGRAM, settling
from tests.bench.load import Load
from tests.bench.measure import Cost
from tests.bench.terminal import Terminal, bursts

QUIET, CROWDED = 200, 100_000
"""Sockets of a quiet server, and from where on a server is crowded."""
TICK = 0.25
"""Most that a whole steady tick of a crowd may cost, as a multiple of `ss -tanp`."""
STARTS = 3
WATCHED = 15.0
"""Seconds."""


def measure_program(load: Load) -> Iterator[Figure]:
    """Start, one steady tick beside `ss -tanp`, share of a core, bytes, memory."""
    size = load.sockets
    case = f"{size:,}"
    quiet, crowded = size <= QUIET, size >= CROWDED
    _compile()
    begun = [_start() for _ in range(STARTS)]
    yield Figure("start to an empty frame", case, _median([each[0] for each in begun]), "ms", budget=400)
    yield Figure("start to first rows", case, _median([each[1] for each in begun]), "ms", budget=700)
    with Terminal(PROGRAM) as terminal:
        terminal.wait_for(FIRST_ROW)
        terminal.watch(settling(size))
        pids = measure.tree(terminal.pid)
        first = len(terminal.record)
        share = measure.share_of_core(pids, lambda: terminal.watch(WATCHED))
        frames = bursts(terminal.record[first:])
        every = interval(screens.text(screens.Replay(terminal).now(), screens.HEADER))
        memory = measure.proportional_memory(pids) / 1024
    listed = owned_listing(size)
    tick = share * every
    ratio = tick / listed.cpu
    yield Figure("ss -tanp", case, listed.cpu * 1000, "ms CPU")
    yield Figure(
        "whole steady tick", case, tick * 1000, "ms CPU", "ss -tanp", ratio, TICK if crowded else None
    )
    yield Figure("seconds between ticks", case, every, "s")
    yield Figure("share of one core", case, share * 100, "%", budget=1.5 if quiet else None)
    written = sum(frames) / WATCHED
    yield Figure("to the terminal", case, written, "bytes/s", budget=1000 if quiet else None)
    yield spread("a frame to the terminal", case, [float(size) for size in frames], "bytes")
    yield Figure("memory (PSS)", case, memory, "MiB", budget=90 if quiet else None)


def _compile() -> None:
    """Make byte code of the program, which whoever installs it has; here modules may have been edited."""
    for package in (app, styles, widgets):
        for place in package.__path__:
            compileall.compile_dir(place, quiet=2)


def _start() -> tuple[float, float]:
    """Milliseconds until header and tab bar of the frame are drawn, and until the first rows are."""
    with Terminal(PROGRAM) as terminal:
        rows = terminal.wait_for(FIRST_ROW)
        terminal.watch(0.5)
        replay = screens.Replay(terminal)
        for piece in replay.until(float("inf")):
            header, tabs = (screens.text(replay.screen, line) for line in (screens.HEADER, screens.TABS))
            if "sockscope" in header and TABS[0].title in tabs:
                return (piece.at - terminal.begun) * 1000, rows * 1000
    raise RuntimeError("no frame was drawn, yet rows were")


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def owned_listing(sockets: int) -> Cost:
    """CPU of one listing with owners by ss, the median of a few."""
    rounds = 3 if sockets <= 10_000 else 1
    return measure.alternately({"ss": partial(measure.command, ["ss", "-tanp"])}, rounds)["ss"]


def interval(header: str) -> float:
    """Seconds between ticks, as the header says."""
    told = re.search(r"every ([\d.]+) s", header)
    if told is None:
        raise ValueError(f"no interval in {header!r}")
    return float(told.group(1))
