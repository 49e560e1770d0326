"""From the tree of an expression to one function over columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.fields import Field, Test
from sockscope.app.model.filters.match import Matcher, Matches, Word, pattern
from sockscope.app.model.filters.syntax import All, Any, Compared, Node, Not, Pattern, Text, parse
from sockscope.app.model.filters.words import Kind, tokens
from sockscope.app.record import dataclass

Find = Callable[[Table, Matcher], Matches]
"""Rows that contain a word or pattern anywhere."""


@dataclass(frozen=True, eq=False, slots=True)
class Grammar:
    """What expressions can ask of one tab: its fields by name, how bare texts and patterns are found, and the
    expressions that have a name."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    find: Find = lambda rows, _: np.zeros(len(rows), np.bool_)
    saved: Mapping[str, str] = field(default_factory=dict)
    searched: frozenset[str] = frozenset()
    """The columns in which bare texts and patterns are found."""


@dataclass(frozen=True, slots=True)
class Filter:
    """An expression that was understood: its text, its tree, and which rows pass. Filters of one tab are
    equal where their texts are and the columns that they look into."""

    expression: str
    tree: Node = field(compare=False)
    passes: Test = field(compare=False)
    searched: frozenset[str] = frozenset()


def compile_filter(expression: str, grammar: Grammar) -> Filter:
    """A filter for rows of one tab; FilterError says what was expected, and where."""
    tree = parse(expression, grammar.fields, grammar.saved)
    return Filter(expression, tree, _compiled(tree, grammar), grammar.searched)


def _compiled(node: Node, grammar: Grammar) -> Test:
    match node:
        case Compared():
            return _field_test(node, grammar.fields[node.field])
        case Text(text):
            word = Word(text.lower())
            return lambda rows: grammar.find(rows, word)
        case Pattern(text, at):
            regex = pattern(text, at)
            return lambda rows: grammar.find(rows, regex)
        case Not(part):
            inner = _compiled(part, grammar)
            return lambda rows: ~inner(rows)
        case All(parts):
            tests = [_compiled(part, grammar) for part in parts]
            return lambda rows: _every(rows, tests)
        case Any(parts):
            tests = [_compiled(part, grammar) for part in parts]
            return lambda rows: _some(rows, tests)


def _field_test(node: Compared, asked: Field) -> Test:
    if node.comparison not in asked.comparisons:
        raise FilterError(
            f"{node.field} takes {' '.join(asked.comparisons)}, not {node.comparison}", node.field_at
        )
    try:
        return asked.test(node.comparison, node.value, node.at)
    except FilterError:
        raise
    except ValueError as wrong:
        raise FilterError(f"{node.field}: {wrong}", node.at) from None


def _every(rows: Table, tests: list[Test]) -> Matches:
    keep = np.ones(len(rows), np.bool_)
    for test in tests:
        keep &= test(rows)
    return keep


def _some(rows: Table, tests: list[Test]) -> Matches:
    keep = np.zeros(len(rows), np.bool_)
    for test in tests:
        keep |= test(rows)
    return keep


def fields_of(node: Node) -> frozenset[str]:
    """The fields that an expression asks for."""
    match node:
        case Compared(name):
            return frozenset({name})
        case Not(part):
            return fields_of(part)
        case All(parts) | Any(parts):
            return frozenset().union(*map(fields_of, parts))
        case _:
            return frozenset()


def names_rows(node: Node) -> bool:
    """Whether every row that passes contains a text that was sought, so that titles of rows may pass too."""
    match node:
        case Text() | Pattern():
            return True
        case All(parts) | Any(parts):
            return all(map(names_rows, parts))
        case _:
            return False


def reading(node: Node) -> str:
    """The expression as it was understood, with every parenthesis and `and` written out."""
    match node:
        case Compared(name, comparison, value):
            return f"{name} {comparison} {_quoted(value)}"
        case Text(text):
            return _quoted(text, always=True)
        case Pattern(pattern):
            return f"~ {_quoted(pattern)}"
        case Not(part):
            return f"not {_inside(part)}"
        case All(parts):
            return " and ".join(_inside(part) for part in parts)
        case Any(parts):
            return " or ".join(_inside(part) for part in parts)


def _inside(node: Node) -> str:
    return f"({reading(node)})" if isinstance(node, All | Any) else reading(node)


def _quoted(text: str, *, always: bool = False) -> str:
    if not always and _one_word(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_word(text: str) -> bool:
    """Whether a text reads as itself without quotes."""
    try:
        first = tokens(f"{text} x")[0]
    except FilterError:
        return False
    return first.kind is Kind.WORD and first.text == text and first.end == len(text)
