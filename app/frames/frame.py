"""A frame: everything that was collected in one tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sockscope.app.frames.table import Table

Kind = Literal["incomplete", "fallback", "forbidden", "missing", "failed"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something a collector could not do: `table` it concerns, what kind of lack, and a sentence why."""

    table: str
    kind: Kind
    why: str


@dataclass(frozen=True, slots=True)
class Host:
    """Facts of the machine and the sampler that hold for the whole run."""

    name: str = ""
    kernel: str = ""
    user_id: int = -1
    privileged: bool = False
    boot_id: str = ""
    namespace: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One tick: tables by name, and what it took to make them.

    `wall` is seconds since the epoch, `monotonic` CLOCK_MONOTONIC seconds when the tick began, `interval`
    the seconds asked for between ticks and `stretch` those put on top because ticks cost too much, `cost` CPU
    seconds: `tick` of this one, `usual` of a whole interval lately. A table that was not collected in this
    tick is the same object as in the frame before; a table that nobody asked for is absent.
    """

    number: int
    wall: float
    monotonic: float
    interval: float
    host: Host = field(default_factory=Host)
    tables: Mapping[str, Table] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    cost: Mapping[str, float] = field(default_factory=dict)
    stretch: float = 0.0

    @property
    def every(self) -> float:
        """Seconds between ticks that are in force."""
        return self.interval + self.stretch
