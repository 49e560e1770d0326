"""A frame: everything that was collected in one tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal

import numpy as np

from sockscope.app.frames.table import Table, concatenate
from sockscope.app.record import dataclass

EVERYWHERE = "all"
"""Asked for in place of the name of a network namespace: every one, whatever has that name."""

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
    netns: str = ""
    """The network namespace that was asked for, as it was asked for; "" for the one the sampler began in."""

    @property
    def everywhere(self) -> bool:
        """Whether every network namespace is looked into."""
        return self.netns == EVERYWHERE


EVENTS = {"destroyed": "number"}
"""Tables that each tell only what is new, and the column in which they number it."""
MOST_EVENTS = 100_000
"""Rows of such a table that are kept while nobody looks at frames, the newest."""


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
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

    def after(self, missed: Frame) -> Frame:
        """This frame with the events, and the notes on them, of one before it that nobody has looked at."""
        kept = {}
        for name, number in EVENTS.items():
            old, new = missed.tables.get(name), self.tables.get(name)
            if old is None or old is new or not len(old):
                continue
            if new is not None and len(new):
                old = concatenate([old.take(old.numbers(number) < new.numbers(number)[0]), new])
            taken = old.taken if new is None else new.taken
            kept[name] = Table(old.take(np.arange(len(old))[-MOST_EVENTS:]).columns, taken)
        notes = tuple(note for note in missed.notes if note.table in kept and note not in self.notes)
        return replace(self, tables={**self.tables, **kept}, notes=self.notes + notes) if kept else self

    @property
    def every(self) -> float:
        """Seconds between ticks that are in force."""
        return self.interval + self.stretch
