"""Tables of columns: the form in which everything the kernel said travels and is computed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import is_not
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sockscope.app.record import dataclass

Numbers: TypeAlias = NDArray[Any]
"""A numeric column: shape (rows,), or (rows, 16) uint8 for an address in network order."""

UNKNOWN = -1
"""Code of a text that is not known."""


@dataclass(frozen=True, eq=False, slots=True)
class Strings:
    """A column of text: int32 codes, shape (rows,), into a list of distinct values; code -1 is unknown."""

    codes: NDArray[np.int32]
    values: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> Strings:
        """Encode one text a row; None is unknown."""
        known: dict[str, int] = {}
        codes = [UNKNOWN if text is None else known.setdefault(text, len(known)) for text in texts]
        return cls(np.array(codes, dtype=np.int32), tuple(known))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str | None:
        code = self.codes[row]
        return None if code < 0 else self.values[code]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Strings:
        """Keep only the given rows; the list of values is shared."""
        return Strings(_rows_of(self.codes, rows), self.values)

    def lookup(self, per_value: Iterable[Any], unknown: Any, dtype: Any) -> Numbers:
        """Spread one result per distinct value over the rows, `unknown` where the text is not known."""
        table = np.array([*per_value, unknown], dtype=dtype)
        return table[self.codes]


Column: TypeAlias = Numbers | Strings


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Table:
    """Columns of equal length by name, and when the kernel was asked (CLOCK_MONOTONIC, seconds).

    A table is never changed once it is made, so it may be shared between frames and threads.
    """

    columns: Mapping[str, Column]
    taken: float = 0.0

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns differ in length: { {k: len(v) for k, v in self.columns.items()} }")

    def __len__(self) -> int:
        for column in self.columns.values():
            return len(column)
        return 0

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def numbers(self, name: str) -> Numbers:
        """The numeric column of that name; KeyError if there is none."""
        column = self.columns[name]
        if isinstance(column, Strings):
            raise TypeError(f"column {name} holds text")
        return column

    def strings(self, name: str) -> Strings:
        """The text column of that name; KeyError if there is none."""
        column = self.columns[name]
        if not isinstance(column, Strings):
            raise TypeError(f"column {name} holds numbers")
        return column

    def integer(self, name: str, row: int) -> int:
        """One number of one row."""
        return int(self.numbers(name)[row])

    def real(self, name: str, row: int) -> float:
        """One number of one row, NaN where it is not known."""
        return float(self.numbers(name)[row])

    def text(self, name: str, row: int) -> str | None:
        """One text of one row, None where it is not known."""
        return self.strings(name)[row]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Table:
        """A table of only those rows, in that order; `rows` holds indices or is a mask."""
        return Table({name: _take(column, rows) for name, column in self.columns.items()}, self.taken)

    def only(self, names: Iterable[str]) -> Table:
        """The same rows with these columns alone."""
        return Table({name: self.columns[name] for name in names}, self.taken)

    def with_columns(self, **columns: Column) -> Table:
        """The same rows with columns added or replaced."""
        return Table({**self.columns, **columns}, self.taken)


def repeated(value: np.generic, rows: int) -> Numbers:
    """A column of one value, which has room for one; taking rows of it and joining it with others of the same
    value keeps it so."""
    return np.broadcast_to(value, rows)


def _is_repeated(numbers: Numbers) -> bool:
    return numbers.strides == (0,) and len(numbers) > 0


def _rows_of(numbers: Numbers, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Numbers:
    if _is_repeated(numbers):
        return repeated(numbers[0], int(rows.sum()) if rows.dtype == np.bool_ else len(rows))
    return numbers[rows]


def _in_turn(parts: Sequence[Numbers]) -> Numbers:
    """One column after the other."""
    told = [part for part in parts if len(part)]
    if len(told) == 1 and all(part.dtype == told[0].dtype for part in parts):
        return told[0]
    if told and all(_is_repeated(part) and part.dtype == told[0].dtype for part in told):
        value = told[0][0]
        if all(part[0].tobytes() == value.tobytes() for part in told):
            return repeated(value, sum(map(len, told)))
    return np.concatenate(parts)


def _take(column: Column, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Column:
    return column.take(rows) if isinstance(column, Strings) else _rows_of(column, rows)


def concatenate(tables: list[Table]) -> Table:
    """Rows of several tables with the same columns, one after the other; `taken` of the first."""
    first = tables[0]
    if len(tables) == 1:
        return first
    return Table(
        {name: join([table.columns[name] for table in tables]) for name in first.columns}, first.taken
    )


def join(columns: list[Column]) -> Column:
    """Columns of one kind, one after the other."""
    texts = [column for column in columns if isinstance(column, Strings)]
    if not texts:
        return _in_turn([column for column in columns if not isinstance(column, Strings)])
    known: dict[str, int] = {}
    codes = []
    for column in texts:
        places = [known.setdefault(value, len(known)) for value in column.values]
        alike = places == list(range(len(places)))
        codes.append(column.codes if alike else column.lookup(places, UNKNOWN, np.int32))
    return Strings(_in_turn(codes), tuple(known))


class Joiner:
    """Joins columns by name. One of the very same parts as last time is not joined again, so that whoever
    knows it by its identity still does."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[list[Column], Column]] = {}

    def join(self, name: str, parts: list[Column]) -> Column:
        """The parts one after the other."""
        last = self._last.get(name)
        if last is None or len(last[0]) != len(parts) or any(map(is_not, last[0], parts)):
            last = self._last[name] = parts, join(parts)
        return last[1]

    def concatenate(self, tables: list[Table]) -> Table:
        """`concatenate` of the same columns as last time; what was joined then and is not now is let go."""
        if len(tables) == 1:
            self._last.clear()
            return tables[0]
        first = tables[0]
        for gone in self._last.keys() - first.columns.keys():
            del self._last[gone]
        columns = {name: self.join(name, [table.columns[name] for table in tables]) for name in first.columns}
        return Table(columns, first.taken)
