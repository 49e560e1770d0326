"""Numbers that ss writes in hexadecimal or by name: marks, cookies, and indices of devices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.fields import EQUAL, TEXTUAL, Test, Words
from sockscope.app.model.filters.match import Matches
from sockscope.app.record import dataclass


@dataclass(frozen=True, slots=True)
class Bits:
    """A number of up to `width` bits, or some of its bits: `0x10`, `0x10/0xf0`. What is unknown passes no
    comparison."""

    help: str
    column: Callable[[Table], Numbers]
    unknown: int
    base: int = 0
    """Of the digits; 0: as their prefix says."""
    width: int = 32
    comparisons: tuple[str, ...] = EQUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Compare under the mask, of all bits where none is given."""
        digits, slash, mask = value.partition("/")
        bits = np.uint64(self._number(mask) if slash else 2**self.width - 1)
        wanted = np.uint64(self._number(digits)) & bits

        def passes(rows: Table) -> Matches:
            column = self.column(rows)
            same = column.astype(np.uint64) & bits == wanted
            found: Matches = (same ^ (comparison == "!=")) & (column != self.unknown)
            return found

        return passes

    def _number(self, digits: str) -> int:
        try:
            number = int(digits, self.base)
        except ValueError:
            number = -1
        if not 0 <= number < 2**self.width:
            example = "ab12" if self.base == 16 else "16, 0x10 or 0x10/0xf0"
            raise ValueError(f"a number of {self.width} bits such as {example} is expected")
        return number

    def values(self, rows: Table) -> list[str]:
        """Those that occur, the most frequent first."""
        column = self.column(rows)
        distinct, counts = np.unique(column[column != self.unknown], return_counts=True)
        return [self._text(number) for number in distinct[np.argsort(-counts, kind="stable")][:50].tolist()]

    def of(self, rows: Table, row: int) -> str | None:
        """The whole number."""
        number = int(self.column(rows)[row])
        return None if number == self.unknown else self._text(number)

    def _text(self, number: int) -> str:
        return f"{number:x}" if self.base == 16 else hex(number)


@dataclass(frozen=True, slots=True)
class Device:
    """An interface by its name, or by its index as ss takes it too."""

    help: str
    name: Words
    index: str
    """The column of indices, 0 for none."""
    comparisons: tuple[str, ...] = TEXTUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:
        """Compare names; digits alone are an index where they are no name."""
        named = self.name.test(comparison, value, at)
        if comparison not in EQUAL or not (value.isascii() and value.isdecimal()) or int(value) == 0:
            return named
        number = int(value)

        def passes(rows: Table) -> Matches:
            numbered: Matches = rows.numbers(self.index) == number
            return named(rows) & ~numbered if comparison == "!=" else named(rows) | numbered

        return passes

    def values(self, rows: Table) -> list[str]:
        """The names that occur."""
        return self.name.values(rows)

    def of(self, rows: Table, row: int) -> str | None:
        """The name."""
        return self.name.of(rows, row)
