"""A cell is made anew when something that it was made of is another, and only then."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.presence import GONE, NEW
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column
from sockscope.app.view.layout import place
from sockscope.app.view.lines import Lines, Look
from sockscope.app.view.naming import Naming

Tick = dict[int, tuple[int, float, str | None, int, int]]
MADE: list[str] = []


def _column(name: str) -> Column:
    def cell(rows: Table, row: int) -> Cell:
        MADE.append(name)
        if name == "either":  # which columns are read depends on the row
            return Cell(str(rows.integer("b", row) if rows.integer("a", row) else rows.text("name", row)))
        return Cell(str(rows.text(name, row) if name == "name" else rows.numbers(name)[row]))

    return Column(name, name, 12, cell, lambda rows: rows.numbers("a"))


COLUMNS = tuple(map(_column, ("a", "b", "name", "pair", "either")))
LOOK = Look(place(COLUMNS, 200), Naming(), COLUMNS[0])

_ROW = st.tuples(
    st.integers(0, 1), st.sampled_from([0.0, 1.0, float("nan")]), st.sampled_from(["x", "y", None]),
    st.sampled_from([0, NEW, GONE]), st.integers(0, 1),
)  # fmt: skip
_TICK = st.dictionaries(st.integers(1, 6), _ROW, min_size=0, max_size=5)


def _table(tick: Tick) -> tuple[Table, list[int]]:
    rows = list(tick.values())
    return Table(
        {
            "a": np.array([row[0] for row in rows], np.int64),
            "b": np.array([row[0] for row in rows], np.int64) * 7,
            "pair": np.array([[row[1], 2.0] for row in rows], np.float64).reshape(len(rows), 2),
            "name": Strings.of(row[2] for row in rows),
            "presence": np.array([row[3] for row in rows], np.uint8),
            "heading": np.array([row[4] for row in rows], np.uint8),
        }
    ), list(tick)


@pytest.fixture(autouse=True)
def every_line_as_if_made_anew() -> None:
    """Here it is counted what is made."""


@given(st.lists(_TICK, max_size=8))
def test_lines_read_as_if_they_were_made_anew(
    ticks: list[Tick],
) -> None:
    lines = Lines()
    for tick in ticks:
        rows, keys = _table(tick)
        here = np.arange(len(keys))[::-1]
        assert lines.of(rows, here, keys[::-1], LOOK) == Lines().of(rows, here, keys[::-1], LOOK)


def _made(lines: Lines, tick: Tick) -> list[str]:
    MADE.clear()
    rows, keys = _table(tick)
    lines.of(rows, np.arange(len(keys)), keys, LOOK)
    return MADE.copy()


def test_nothing_is_made_where_nothing_changed() -> None:
    lines = Lines()
    assert len(_made(lines, {1: (0, 1.0, "x", 0, 0), 2: (1, 0.0, None, 0, 0)})) == 2 * len(COLUMNS)
    assert _made(lines, {2: (1, 0.0, None, 0, 0), 1: (0, 1.0, "x", 0, 0)}) == []
    assert _made(lines, {1: (0, 1.0, "x", 0, 0), 2: (1, 2.0, None, 0, 0)}) == ["pair"]
    assert sorted(_made(lines, {1: (0, 1.0, "y", 0, 0)})) == ["either", "name"]
    assert len(_made(lines, {1: (0, 1.0, "y", GONE, 0)})) == len(COLUMNS)


def test_lines_of_another_width_are_made_anew() -> None:
    lines = Lines()
    tick: Tick = {1: (0, 1.0, "x", 0, 0)}
    _made(lines, tick)
    rows, keys = _table(tick)
    narrow = lines.of(rows, np.arange(1), keys, Look(place(COLUMNS, 30), Naming(), COLUMNS[0]))
    assert len(narrow[0]) < 1 + 2 * len(COLUMNS)
