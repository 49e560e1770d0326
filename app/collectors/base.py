"""What every collector is: something that can be asked for tables once a tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table
from sockscope.app.record import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class Collected:
    """What one collector brings home: tables by name and what was incomplete."""

    tables: Mapping[str, Table]
    notes: tuple[Note, ...] = field(default=())


class Collector(Protocol):
    """Reads one kernel interface. It keeps open descriptors but no memory of what it said before."""

    provides: tuple[str, ...]
    """Names of the tables that `collect` can return."""

    def collect(self) -> Collected:
        """Ask the kernel once. What the kernel refuses becomes a Note, never an exception."""

    def close(self) -> None:
        """Give back descriptors."""
