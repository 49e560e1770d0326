"""The rows of a snapshot as lines: only those on the screen are ever formatted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sockscope.app.model.engine import Snapshot
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column
from sockscope.app.view.layout import GAP, Placed, place, title
from sockscope.app.view.lines import MARGIN, Lines, Look
from sockscope.app.view.naming import NUMBERS, Naming

NAME = 32
"""Cells for a host's name and a port."""


def _roomy(column: Column) -> Column:
    """The column with the room that names take, where there is more than addresses need."""
    if column.host is None:
        return column
    return replace(column, width=max(column.width, NAME), minimum=column.minimum or column.width)


class HeadSpot(NamedTuple):
    """Where the title of a column lies: cells `start` to `end`."""

    start: int
    end: int
    column: str


class Window:
    """Lines of one tab for one width. Rows are numbered as they are ordered, from 0."""

    def __init__(
        self,
        snapshot: Snapshot,
        columns: Sequence[Column],
        width: int,
        naming: Naming = NUMBERS,
        heading: Column | None = None,
        *,
        lines: Lines | None = None,
    ) -> None:
        """`heading` tells titles of sections; without it the first column does. `lines` are those made for
        an earlier snapshot."""
        self._snapshot = snapshot
        self._columns = columns
        self._width = width
        self._naming = naming
        self._heads = heading or columns[0]
        self._lines = lines or Lines()
        roomy = [_roomy(column) for column in columns] if naming.on else columns
        self._placed = place(roomy, width - MARGIN)

    def wide(self, width: int) -> Window:
        """The same rows for another width."""
        if width == self._width:
            return self
        return Window(self._snapshot, self._columns, width, self._naming, self._heads, lines=self._lines)

    def __len__(self) -> int:
        return len(self._snapshot.order)

    @property
    def columns(self) -> tuple[Placed, ...]:
        """The columns that fit."""
        return self._placed

    def key(self, index: int) -> int:
        """Identity of a row."""
        return int(self._snapshot.keys[index])

    def find(self, key: int) -> int | None:
        """Where the row of that identity is, None if it is not shown."""
        places = np.flatnonzero(self._snapshot.keys == np.uint64(key))
        return int(places[0]) if len(places) else None

    def head(self) -> tuple[list[Cell], list[HeadSpot]]:
        """The line of titles, and where each is."""
        sort, descending = self._snapshot.request.sorting
        line = [Cell(" " * MARGIN, "head")]
        spots = []
        for placed in self._placed:
            sorted_by = placed.column.id == sort
            marker = ("▼" if descending else "▲") if sorted_by else ""
            line.append(Cell(title(placed, marker), "head-sorted" if sorted_by else "head"))
            line.append(Cell(" " * GAP, "head"))
            spots.append(HeadSpot(MARGIN + placed.x, MARGIN + placed.x + placed.width, placed.column.id))
        return line, spots

    def lines(self, first: int, count: int) -> list[list[Cell]]:
        """Up to `count` rows from `first` on as runs of text and tone."""
        rows = self._snapshot.rows
        if rows is None:
            return []
        here = self._snapshot.order[first : first + count]
        keys = self._snapshot.keys[first : first + count].tolist()
        return self._lines.of(rows, here, keys, Look(self._placed, self._naming, self._heads))
