"""`python -m tests.bench`: what sockscope costs, beside ss, netstat and psutil in the same minutes.

Every size is a namespace of its own with so many established TCP sockets on loopback.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles

import psutil

from sockscope.app.collectors.sockets import SocketsCollector
from tests.bench import measure
from tests.bench.load import Load
from tests.bench.measure import Cost
from tests.bench.terminal import Terminal
from tests.lab.need import missing

PROGRAM = (sys.executable, "-P", "-m", "sockscope.app")
QUIET, CROWDED = 200, 100_000
"""Sockets of a quiet server, and from where on a server is crowded."""
BUDGETS: Mapping[str, float] = {
    "sockets to columns": 1.0,
    "start to first rows": 700,
    "key to paint, p95": 50,
}
QUIET_BUDGETS: Mapping[str, float] = {"share of one core": 1.5, "to the terminal": 1000, "memory (PSS)": 90}
CROWDED_BUDGETS: Mapping[str, float] = {"whole tick (1 s)": 0.25}
"""Most that a figure may be: its ratio where it is compared with a rival, else its value."""
_FIRST_ROW = r"127\.1\.\d+\.\d+"
_WATCHED = 15.0
_PRESSES = 60


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured at one size: a number with its unit, and as a multiple of what a rival needs."""

    sockets: int
    what: str
    value: float
    unit: str
    rival: str = ""
    ratio: float | None = None

    @property
    def budget(self) -> float | None:
        """Most that it may be, None where nothing was promised for this size."""
        promised = dict(BUDGETS)
        if self.sockets <= QUIET:
            promised |= QUIET_BUDGETS
        if self.sockets >= CROWDED:
            promised |= CROWDED_BUDGETS
        return promised.get(self.what)

    @property
    def within(self) -> bool:
        """Whether it keeps its budget, if it has one."""
        return self.budget is None or (self.value if self.ratio is None else self.ratio) <= self.budget

    def __str__(self) -> str:
        compared = f"{self.ratio:6.2f} x {self.rival}" if self.ratio is not None else ""
        budget = "" if self.budget is None else f"budget {self.budget:g}{'' if self.within else ', MISSED'}"
        value = f"{self.value:>10,.1f} {self.unit:<8}"
        return f"{self.sockets:>9,}  {self.what:<24} {value} {compared:<22} {budget}".rstrip()


def dumps(sockets: int) -> Iterator[Figure]:
    """Sockets to columns and whole listings: CPU of one run, the median of several."""
    rounds = 5 if sockets <= 10_000 else 3
    collector = SocketsCollector()
    plain: dict[str, Callable[[], Cost]] = {
        "sockets to columns": lambda: measure.function(collector.collect),
        "ss -tan": partial(measure.command, ["ss", "-tan"]),
        "netstat -tan": partial(measure.command, ["netstat", "-tan"]),
        "psutil.net_connections": lambda: measure.function(lambda: psutil.net_connections("tcp")),
    }
    with contextlib.closing(collector):
        costs = measure.alternately(plain, rounds)
    yield from _beside(sockets, costs, "ss -tan")


def owned_listings(sockets: int) -> Cost:
    """CPU of one listing with owners by ss, the median of a few."""
    rounds = 3 if sockets <= 10_000 else 1
    return measure.alternately({"ss": partial(measure.command, ["ss", "-tanp"])}, rounds)["ss"]


def _beside(sockets: int, costs: Mapping[str, Cost], rival: str) -> Iterator[Figure]:
    for name, cost in costs.items():
        if name == rival:
            yield Figure(sockets, name, cost.cpu * 1000, "ms CPU")
        else:
            yield Figure(sockets, name, cost.cpu * 1000, "ms CPU", rival, cost.cpu / costs[rival].cpu)


def program(sockets: int) -> Iterator[Figure]:
    """The whole program at a terminal of 160x50: start, ticks, keys, memory, what it writes."""
    starts = sorted(_start() for _ in range(3))
    yield Figure(sockets, "start to first rows", starts[1] * 1000, "ms")
    with Terminal(PROGRAM) as terminal:
        terminal.wait_for(_FIRST_ROW)
        terminal.written(_settle(sockets))
        pids = measure.tree(terminal.process.pid)
        before, begun = measure.processor_time(pids), time.perf_counter()
        written = terminal.written(_WATCHED)
        seconds = time.perf_counter() - begun
        tick = (measure.processor_time(pids) - before) / seconds
        yield Figure(sockets, "share of one core", tick * 100, "%")
        yield Figure(sockets, "to the terminal", written / seconds, "bytes/s")
        yield Figure(sockets, "memory (PSS)", measure.proportional_memory(pids) / 1024, "MiB")
        *_, p95 = quantiles(_key_presses(terminal), n=20)
        yield Figure(sockets, "key to paint, p95", p95 * 1000, "ms")
    listed = owned_listings(sockets)
    yield Figure(sockets, "ss -tanp", listed.cpu * 1000, "ms CPU")
    yield Figure(sockets, "whole tick (1 s)", tick * 1000, "ms CPU", "ss -tanp", tick / listed.cpu)


def _start() -> float:
    with Terminal(PROGRAM) as terminal:
        return terminal.wait_for(_FIRST_ROW)


def _settle(sockets: int) -> float:
    """Seconds until owners are known."""
    return 8.0 + sockets / 10_000


def _key_presses(terminal: Terminal) -> list[float]:
    """Seconds to the first byte after a key that moves the cursor, at moments out of step with ticks."""
    taken = []
    for index in range(_PRESSES):
        terminal.written(random.uniform(0.15, 0.4))
        taken.append(terminal.answer_to(b"j" if index % 20 < 10 else b"k"))
    return taken


def measure_all(sizes: list[int]) -> Iterator[Figure]:
    """Measure at a quiet server's size and at every other; each figure comes as soon as it is known."""
    for size in [QUIET, *sizes]:
        with Load(size) as load, load.namespace.inside():
            yield from dumps(size)
            yield from program(size)


def main() -> int:
    """Measure, print, and write what was measured where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="sockets, separated by commas")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    reason = missing("ss", "netstat")
    if reason:
        sys.stderr.write(f"the bench {reason}\n")
        return 1
    found: list[Figure] = []
    machine = f"Linux {platform.release()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    print(machine)
    for figure in measure_all([int(size) for size in options.sizes.split(",") if size]):
        found.append(figure)
        print(figure, flush=True)
    if options.json:
        told = {
            "machine": machine,
            "figures": [{**asdict(figure), "budget": figure.budget} for figure in found],
        }
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
