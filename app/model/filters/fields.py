"""What a filter can ask of a row: numbers, texts, codes with names, flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import translate
from glob import escape
from typing import Literal, Protocol

import numpy as np

from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.filters.match import Matches, pattern
from sockscope.app.record import dataclass

Test = Callable[[Table], Matches]
"""Tells which rows of a table pass."""

ORDERED = ("=", "!=", ">", "<", ">=", "<=")
EQUAL = ("=", "!=")
TEXTUAL = ("=", "!=", "~", "!~")

COMPARE: Mapping[str, Callable[[Numbers, float], Numbers]] = {
    "=": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}


class Field(Protocol):
    """One word of the language. `comparisons` are those that make sense for it."""

    @property
    def help(self) -> str:
        """What it is, in a few words."""

    @property
    def comparisons(self) -> tuple[str, ...]:
        """What may stand between it and a value."""

    @property
    def needs(self) -> frozenset[str]:
        """Tables that it reads beside those of its tab; they are collected while a filter asks for it."""

    def test(self, comparison: str, value: str, at: int) -> Test:
        """Compile; ValueError says what kind of value was expected. `at` is the value's place."""

    def values(self, rows: Table) -> list[str]:
        """Values that occur or could, to complete a half-typed one."""

    def of(self, rows: Table, row: int) -> str | None:
        """The value that finds what this row has; None where that is not known."""


Unit = Literal["count", "bytes", "seconds", "bytes/s"]

_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 1024.0, "mi": 1024.0**2, "gi": 1024.0**3}
_TIMES = {"": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_AMOUNT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([a-z/]*)", re.IGNORECASE)


def amount(text: str, unit: Unit) -> float:
    """A number with its letters: `10k`, `1.5M`, `64Ki`, `20ms`, `2h`, `8Mbit`; ValueError says what it wants.

    `m` is a million, or a minute where the unit is a time. Rates may be told in bits: `8Mbit` is 1 MB/s.
    """
    found = _AMOUNT.fullmatch(text)
    wanted = "a time such as 20ms, 5s or 2h" if unit == "seconds" else "a number such as 10, 64k or 1.5M"
    if found is None:
        raise ValueError(f"{wanted} is expected")
    letters = found[2].lower()
    if unit == "seconds":
        scale = _TIMES.get(letters)
    else:
        letters = letters.removesuffix("/s")
        bits = letters.endswith("bit") and unit == "bytes/s"
        letters = letters.removesuffix("bit").removesuffix("b")
        scale = _SCALES.get(letters)
        scale = scale / 8 if scale is not None and bits else scale
    if scale is None:
        raise ValueError(f"{wanted} is expected, not '{text}'")
    return float(found[1]) * scale


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity; `unknown` is the value that stands for not known, which passes no comparison."""

    help: str
    column: Callable[[Table], Numbers]
    unit: Unit = "count"
    unknown: float | None = None
    comparisons: tuple[str, ...] = ORDERED
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Compare with a number and its unit."""
        wanted = amount(value, self.unit)
        compare = COMPARE[comparison]

        def passes(rows: Table) -> Matches:
            column = self.column(rows)
            found: Matches = compare(column, wanted)
            if column.dtype.kind == "f":
                found &= ~np.isnan(column)
            return found if self.unknown is None else found & (column != self.unknown)

        return passes

    def values(self, rows: Table) -> list[str]:  # noqa: ARG002
        """Numbers are typed, not chosen."""
        return []

    def of(self, rows: Table, row: int) -> str | None:
        """The number, whole or with all its digits."""
        number = self.column(rows)[row].item()
        return None if number == self.unknown or np.isnan(number) else repr(number)


@dataclass(frozen=True, slots=True)
class Words:
    """A text: equal as a whole (`*` and `?` stand for anything), or a pattern; case does not count.

    What is not known equals nothing and differs from everything.
    """

    help: str
    column: Callable[[Table], Strings]
    comparisons: tuple[str, ...] = TEXTUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:
        """Compare once per distinct text."""
        if comparison in ("~", "!~"):
            regex = pattern(value, at)
            return self._spread(regex.matches, negated=comparison == "!~")
        glob = re.compile(translate(value.lower()))
        return self._spread(
            lambda texts: np.array([glob.match(text.lower()) is not None for text in texts], np.bool_),
            negated=comparison == "!=",
        )

    def _spread(self, which: Callable[[tuple[str, ...]], Matches], *, negated: bool) -> Test:
        def passes(rows: Table) -> Matches:
            column = self.column(rows)
            found: Matches = column.lookup(which(column.values).tolist(), False, np.bool_)
            return ~found if negated else found

        return passes

    def values(self, rows: Table) -> list[str]:
        """The texts that occur."""
        column = self.column(rows)
        return sorted({column.values[code] for code in np.unique(column.codes[column.codes >= 0]).tolist()})

    def of(self, rows: Table, row: int) -> str | None:
        """The text; `*`, `?` and `[` stand for themselves there."""
        text = self.column(rows)[row]
        return None if text is None else escape(text)


@dataclass(frozen=True, slots=True)
class Choice:
    """A code with names, such as a state; a name may stand for several codes."""

    help: str
    column: Callable[[Table], Numbers]
    names: Mapping[str, frozenset[int]]
    """Lower-case names, those to suggest first."""
    suggested: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = EQUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Membership; several names may be given with commas between."""
        codes: set[int] = set()
        for name in value.lower().split(","):
            if name not in self.names:
                raise ValueError(f"one of {', '.join(self.suggested or self.names)} is expected")
            codes |= self.names[name]

        def passes(rows: Table) -> Matches:
            found: Matches = np.isin(self.column(rows), list(codes))
            return ~found if comparison == "!=" else found

        return passes

    def values(self, rows: Table) -> list[str]:  # noqa: ARG002
        """The names."""
        return list(self.suggested or self.names)

    def of(self, rows: Table, row: int) -> str | None:
        """The name of this code alone."""
        code = frozenset({int(self.column(rows)[row])})
        return next((name for name in (*self.suggested, *self.names) if self.names[name] == code), None)


@dataclass(frozen=True, slots=True)
class Flag:
    """Letters of a column of flags: `flag UG` finds rows that have all of them."""

    help: str
    letters: Callable[[Table], Strings]
    comparisons: tuple[str, ...] = EQUAL
    needs: frozenset[str] = frozenset()

    def test(self, comparison: str, value: str, at: int) -> Test:  # noqa: ARG002
        """Every letter must be there; case counts."""

        def passes(rows: Table) -> Matches:
            column = self.letters(rows)
            has = [all(letter in text for letter in value) for text in column.values]
            found: Matches = column.lookup(has, False, np.bool_)
            return ~found if comparison == "!=" else found

        return passes

    def values(self, rows: Table) -> list[str]:
        """Every letter that occurs."""
        return sorted(set("".join(self.letters(rows).values)))

    def of(self, rows: Table, row: int) -> str | None:
        """All its letters."""
        return self.letters(rows)[row]
