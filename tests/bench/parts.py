"""The parts of the bench. Each can be run alone; all figures of a part carry its name."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.bench import dumps, grown, keys, latecomers, program, tick
from tests.bench.figure import Figure
from tests.bench.load import Load


@dataclass(frozen=True, slots=True)
class Loaded:
    """A part that is measured inside a load: of every size, or of the crowd only."""

    name: str
    measure: Callable[[Load], Iterator[Figure]]
    sizes: bool = False


@dataclass(frozen=True, slots=True)
class Alone:
    """A part that makes a namespace of its own; it is told how many a crowd are."""

    name: str
    measure: Callable[[int], Iterator[Figure]]


LOADED: tuple[Loaded, ...] = (
    Loaded("columns", dumps.columns, sizes=True),
    Loaded("program", program.measure_program, sizes=True),
    Loaded("tcp_info", dumps.details),
    Loaded("counts", dumps.counts),
    Loaded("owners", latecomers.owners),
    Loaded("stages", tick.stages),
    Loaded("churn", tick.churn),
    Loaded("keys", keys.measure),
)
ALONE: tuple[Alone, ...] = (
    Alone("slow-line", latecomers.slow_line),
    Alone("time-wait", grown.half_million),
    Alone("routes", grown.routes),
    Alone("unix", grown.unix),
    Alone("conntrack", grown.conntrack),
    Alone("interfaces", grown.interfaces),  # last: the kernel is busy with their removal for a while
)
NAMES = (*(part.name for part in LOADED), *(part.name for part in ALONE))


@dataclass(frozen=True, slots=True)
class Failure:
    """A part that could not be measured, and why."""

    part: str
    why: str

    def __str__(self) -> str:
        return f"{self.part} FAILED: {self.why}"


def measure_all(sizes: Sequence[int], crowd: int, only: frozenset[str]) -> Iterator[Figure | Failure]:
    """Measure the parts of these names; each figure comes as soon as it is known, and a part that fails does
    not take the others along."""
    for size in sorted({*sizes, crowd}):
        wanted = [
            part for part in LOADED if part.name in only and (size in sizes if part.sizes else size == crowd)
        ]
        if wanted:
            with Load(size) as load, load.namespace.inside():
                for part in wanted:
                    yield from _figures(part.name, part.measure(load))
    for alone in ALONE:
        if alone.name in only:
            yield from _figures(alone.name, alone.measure(crowd))


def _figures(part: str, measured: Iterator[Figure]) -> Iterator[Figure | Failure]:
    try:
        for figure in measured:
            yield replace(figure, part=part)
    except (OSError, RuntimeError, ValueError, LookupError, subprocess.SubprocessError) as failure:
        yield Failure(part, f"{type(failure).__name__}: {failure}")
