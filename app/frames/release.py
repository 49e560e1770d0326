"""Gives back to the system what a crowd needed once it is gone (malloc_trim(3)).

The C library keeps freed memory for later; after 100,000 sockets that is most of what a process holds, and
when a fifth of them was replaced each second for a while it is as much again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Column, Strings, Table

CROWD = 4 << 20
"""Bytes of tables in a frame from which there is anything worth giving back."""
SETTLED = 3
"""Frames after which nothing refers to larger or other ones any more."""
EVERY = 60.0
"""Seconds between two times while the crowd lasts: what comes and goes in it leaves holes too."""


class Release:
    """Watches the size of frames."""

    def __init__(
        self, give_back: Callable[[], None] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._give_back = give_back or trim
        self._clock = clock
        self._most = 0
        self._small = 0
        self._columns: dict[tuple[str, str], Column] = {}
        """Those of the frame before, of a crowd."""
        self._renewed = False
        self._alike = 0
        self._next = clock() + EVERY

    def after(self, frame: Frame) -> None:
        """To be called when the work on a frame is done."""
        size = sum(map(_size, frame.tables.values()))
        self._most = max(self._most, size)
        if self._most < CROWD:
            return
        self._small = self._small + 1 if size < self._most / 2 else 0
        self._compare(frame)
        if self._small == SETTLED:
            self._most, self._small = size, 0
        elif not (self._renewed and self._alike >= SETTLED) and self._clock() < self._next:
            return
        self._renewed = False
        self._next = self._clock() + EVERY
        self._give_back()

    def _compare(self, frame: Frame) -> None:
        """Count the frames since one that brought a crowd's worth of columns that were not there before."""
        columns = {
            (table, name): column
            for table, made in frame.tables.items()
            for name, column in made.columns.items()
        }
        new = sum(_bytes(column) for key, column in columns.items() if self._columns.get(key) is not column)
        self._columns = columns
        self._renewed |= new >= CROWD
        self._alike = 0 if new >= CROWD else self._alike + 1


def _size(table: Table) -> int:
    return sum(map(_bytes, table.columns.values()))


def _bytes(column: Column) -> int:
    return (column.codes if isinstance(column, Strings) else column).nbytes


def trim() -> None:
    """Give back every page that holds nothing; does nothing where the C library cannot."""
    import ctypes  # noqa: PLC0415 - few machines ever see a crowd

    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if give_back is not None:
        give_back(ctypes.c_size_t(0))
