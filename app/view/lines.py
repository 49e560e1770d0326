"""Rows as lines of cells; a cell is made anew only when something that it was made of is another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Column as Values
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.presence import GONE, NEW
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column
from sockscope.app.view.layout import GAP, Placed, fit
from sockscope.app.view.layout import cell as cell_of
from sockscope.app.view.naming import Naming

MARGIN = 1
"""Cells left of the first column, where a new row carries its mark."""
NEW_MARK = "▎"

_BLANK = Cell(" " * MARGIN)
_MARGIN, _NEW = Cell(" " * MARGIN, "new"), Cell(NEW_MARK, "new")
_GAP = Cell(" " * GAP)
_FIRST, _STEP = 1, 2
"""Where the first column's cell is in a line, and how far on the next one's: gaps stand between."""
_FEW = 100
"""Distinct texts up to which two lists of them are compared rather than the rows' texts."""


class _Noted(Mapping[str, Values]):
    """The columns of a table; notes the names of those that somebody reads."""

    def __init__(self, columns: Mapping[str, Values]) -> None:
        self._columns = columns
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Values:
        self.read.add(name)
        return self._columns[name]

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        self.read.update(self._columns)
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


class Look(NamedTuple):
    """How rows read: their columns, what has a name, and the column that tells titles of sections."""

    placed: tuple[Placed, ...]
    naming: Naming
    heads: Column


class _Cells:
    """Makes cells of rows, and notes for each column what of the rows it reads."""

    def __init__(self, rows: Table, look: Look, read: list[set[str]]) -> None:
        self._noted = _Noted(rows.columns)
        self._rows = Table(self._noted, rows.taken)
        self._look = look
        self._read = read

    def cell(self, column: int, row: int) -> Cell:
        """The cell of the column at that place, as wide as the column."""
        self._noted.read = self._read[column]
        placed = self._look.placed[column]
        cell = cell_of(placed, self._rows, row, self._look.naming)
        return Cell(fit(cell, placed), cell.tone)

    def title(self, row: int) -> list[Cell]:
        """A title of a section runs over all columns."""
        self._noted.read = set()
        cell = self._look.heads.cell(self._rows, row)
        return [_BLANK, Cell(cell.text, cell.tone or "heading")]


class Lines:
    """The lines that were made last, and what of the rows each of their columns has read.

    It rests on cells being made of nothing but their own row (and names, where `Column.named` says so).
    """

    def __init__(self) -> None:
        self._placed: tuple[Placed, ...] = ()
        self._names = False
        self._read: list[set[str]] = []
        self._places: dict[int, int] = {}
        self._lines: list[list[Cell]] = []
        self._values: dict[str, Values | None] = {}

    def of(self, rows: Table, here: NDArray[np.intp], keys: Sequence[int], look: Look) -> list[list[Cell]]:
        """The lines of the rows at `here`, whose identities are `keys`."""
        if look.placed != self._placed or look.naming.on != self._names:
            self._placed, self._names = look.placed, look.naming.on
            self._read = [set() for _ in look.placed]
            self._places, self._lines = {}, []
        cells = _Cells(rows, look, self._read)
        presence = rows.numbers("presence")[here].tolist()
        heading = rows.numbers("heading")[here].tolist() if "heading" in rows else [0] * len(here)
        changed = self._changed(rows, here, keys)
        lines: list[list[Cell]] = []
        for place, (key, row) in enumerate(zip(keys, here.tolist(), strict=True)):
            before = self._places.get(key)
            gone = presence[place] == GONE
            if heading[place]:
                lines.append(cells.title(row))
            elif before is None or changed[place, -1]:
                margin = _NEW if presence[place] == NEW else _MARGIN
                line = [margin, *([_GAP] * (_STEP * len(look.placed)))]
                lines.append(_with(line, range(len(look.placed)), cells, row, gone=gone))
            else:
                anew = np.flatnonzero(changed[place]).tolist()
                lines.append(_with(self._lines[before], anew, cells, row, gone=gone))
        self._places = {key: place for place, key in enumerate(keys) if not heading[place]}
        self._lines = lines
        self._values = {name: _slice(rows, name, here) for name in {"presence"}.union(*self._read)}
        return lines

    def _changed(self, rows: Table, here: NDArray[np.intp], keys: Sequence[int]) -> NDArray[np.bool_]:
        """Shape (lines, columns + 1): whether a column's cell has to be made anew, last the whole line; rows
        that have no line yet count as unchanged."""
        changed = np.zeros((len(here), len(self._placed) + 1), np.bool_)
        known = [place for place, key in enumerate(keys) if key in self._places]
        if not known:
            return changed
        now = np.array(known)
        before = np.array([self._places[keys[place]] for place in known])
        others: dict[str, NDArray[np.bool_]] = {}
        for column, read in enumerate([*self._read, {"presence"}]):
            for name in read:
                if name not in others:
                    others[name] = _differ(self._values[name], before, _slice(rows, name, here[now]))
                changed[now, column] |= others[name]
        if self._names:
            changed[:, [*(each.column.named is not None for each in self._placed), False]] = True
        return changed


def _with(line: list[Cell], columns: Sequence[int], cells: _Cells, row: int, *, gone: bool) -> list[Cell]:
    """The line with the cells of these columns made anew; itself where they read as before."""
    made = line
    for column in columns:
        cell = cells.cell(column, row)
        cell = Cell(cell.text, "gone") if gone else cell
        place = _FIRST + _STEP * column
        if cell != line[place]:
            made = line.copy() if made is line else made
            made[place] = cell
    return made


def _slice(rows: Table, name: str, here: NDArray[np.intp]) -> Values | None:
    """A column's values of some rows, None where there is no such column."""
    values = rows.columns.get(name)
    if values is None:
        return None
    return values.take(here) if isinstance(values, Strings) else values[here]


def _differ(old: Values | None, before: NDArray[np.intp], new: Values | None) -> NDArray[np.bool_]:
    """Where the values at the places `before` of `old` are others than those of `new`, in order; NaN always
    is."""
    if old is None or new is None:
        return np.full(len(before), old is not new)
    if isinstance(old, Strings) or isinstance(new, Strings):
        if not (isinstance(old, Strings) and isinstance(new, Strings)):
            return np.full(len(before), fill_value=True)
        if old.values is new.values or (len(old.values) <= _FEW and old.values == new.values):
            return np.not_equal(old.codes[before], new.codes)
        return np.array([old[place] != new[row] for row, place in enumerate(before.tolist())], np.bool_)
    values: Numbers = old[before] != new
    different: NDArray[np.bool_] = values if values.ndim == 1 else np.any(values, axis=1)
    return different
