"""What a half-typed word could become."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sockscope.app.frames.table import Table
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import Grammar
from sockscope.app.model.filters.syntax import STATE_WORDS
from sockscope.app.model.filters.words import Kind, Token, tokens
from sockscope.app.record import dataclass

MOST = 50
"""Suggestions at a time."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What could stand from `start` to the cursor, best first."""

    start: int
    choices: tuple[str, ...]


def complete(expression: str, grammar: Grammar, rows: Callable[[], Table | None]) -> Completion:
    """Words that go on from the end of an expression: fields, comparisons, values that occur in `rows`."""
    try:
        found = tokens(expression)[:-1]
    except FilterError:
        return Completion(len(expression), ())
    typed = found[-1] if found and found[-1].end == len(expression) and _growing(found[-1]) else None
    before = found[:-1] if typed else found
    start = typed.start if typed else len(expression)
    begun = typed.text.lower() if typed else ""
    field = _awaiting(before, grammar)
    if field is None:
        words = [*grammar.fields, *(("exclude", "not") if "state" in grammar.fields else ("not",))]
        saved = [f"@{name}" for name in grammar.saved]
        return Completion(start, _beginning(sorted(words) + sorted(saved), begun))
    table = rows()
    values = [] if table is None else grammar.fields[field].values(table)
    return Completion(start, tuple(map(_safe, _beginning(values, begun))))


def _growing(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.AND, Kind.OR, Kind.NOT)


def _awaiting(before: Sequence[Token], grammar: Grammar) -> str | None:
    """The field whose value comes next, if one does."""
    if before and before[-1].kind is Kind.COMPARE:
        before = before[:-1]
    if not before or before[-1].kind is not Kind.WORD:
        return None
    name = before[-1].text.lower()
    name = "state" if name in STATE_WORDS else name
    if name not in grammar.fields or (len(before) > 1 and _awaiting(before[:-1], grammar)):
        return None
    return name


def _beginning(words: Sequence[str], begun: str) -> tuple[str, ...]:
    """Those that begin with what was typed, then those that contain it."""
    first = [word for word in words if word.lower().startswith(begun)]
    rest = [word for word in words if begun in word.lower() and word not in first] if begun else []
    return tuple((first + rest)[:MOST])


def _safe(value: str) -> str:
    """The value, in quotes where it needs them."""
    if value and not any(character.isspace() or character in "()\"'\\" for character in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
