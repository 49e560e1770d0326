"""Filters and orders over columns give what a plain evaluation row by row gives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.filters.evaluate import Grammar, compile_filter
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.view.search import in_numbers, in_strings

READING = Reading(
    {
        "n": lambda rows: rows.numbers("n"),
        "f": lambda rows: rows.numbers("f"),
        "pair": lambda rows: np.stack([rows.numbers("n"), rows.numbers("m")], axis=1),
    }
)
GRAMMAR = Grammar(
    find=lambda rows, sought: in_strings(rows.strings("name"), sought) | in_numbers(rows.numbers("n"), sought)
)


def words(*sought: str, **more: Any) -> Query:
    return Query(filter=compile_filter(" ".join(sought), GRAMMAR) if sought else None, **more)


records = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.integers(0, 3),
        st.floats(0, 10) | st.just(float("nan")),
        st.sampled_from("abAB"),
    ),
    max_size=12,
)


def table(rows: list[tuple[int, int, float, str]], **more: np.ndarray) -> Table:
    return Table(
        {
            "n": np.array([row[0] for row in rows], np.uint32),
            "m": np.array([row[1] for row in rows], np.uint32),
            "f": np.array([row[2] for row in rows], np.float64),
            "name": Strings.of(row[3] for row in rows),
            "tcp_state": np.array([row[1] for row in rows], np.uint8),
            **more,
        }
    )


@given(
    records,
    st.lists(st.sampled_from(["a", "b", "1", "2", "x"]), max_size=2),
    st.none() | st.frozensets(st.integers(0, 3)),
)
def test_words_and_states_choose_the_same_rows(
    rows: list[tuple[int, int, float, str]], sought: list[str], states: frozenset[int] | None
) -> None:
    chosen = select(table(rows), words(*sought, states=states), READING)
    wanted = [
        place
        for place, (n, m, _, name) in enumerate(rows)
        if (states is None or m in states) and all(word in name.lower() or word in str(n) for word in sought)
    ]
    assert chosen.tolist() == wanted


@given(records, st.booleans())
def test_ties_keep_the_natural_order_both_ways(
    rows: list[tuple[int, int, float, str]], descending: bool
) -> None:
    chosen = select(table(rows), Query("n", descending), READING)
    sign = -1 if descending else 1
    assert chosen.tolist() == sorted(range(len(rows)), key=lambda place: (sign * rows[place][0], place))


@given(records, st.booleans())
def test_two_columns_sort_by_the_first_first(
    rows: list[tuple[int, int, float, str]], descending: bool
) -> None:
    chosen = select(table(rows), Query("pair", descending), READING)
    sign = -1 if descending else 1
    assert chosen.tolist() == sorted(
        range(len(rows)), key=lambda place: (sign * rows[place][0], sign * rows[place][1], place)
    )


@given(records, st.booleans())
def test_what_is_not_known_comes_last(rows: list[tuple[int, int, float, str]], descending: bool) -> None:
    values = [rows[place][2] for place in select(table(rows), Query("f", descending), READING)]
    known = [value for value in values if not math.isnan(value)]
    assert known == sorted(known, reverse=descending)
    assert all(math.isnan(value) for value in values[len(known) :])


def family(parents: list[int]) -> Table:
    rows = [(10 - place, 0, 0.0, "a") for place in range(len(parents))]
    return table(rows, parent=np.array(parents, np.int32))


def test_children_follow_their_parent_in_every_order() -> None:
    rows = family([-1, 0, 0, -1, 3])
    assert select(rows, Query("n"), READING).tolist() == [3, 4, 0, 1, 2]
    assert select(rows, Query("n", descending=True), READING).tolist() == [0, 1, 2, 3, 4]


def test_a_match_shows_the_whole_family() -> None:
    rows = family([-1, 0, -1, 2])  # n is 10, 9, 8, 7
    assert select(rows, words("7"), READING).tolist() == [2, 3]
    assert select(rows, words("10"), READING).tolist() == [0, 1]


def test_a_heading_shows_when_its_section_does() -> None:
    rows = table(
        [(0, 0, 0.0, "x"), (5, 0, 0.0, "a"), (0, 0, 0.0, "x"), (3, 0, 0.0, "b")],
        section=np.array([0, 0, 1, 1], np.int32),
        heading=np.array([True, False, True, False]),
    )
    assert select(rows, Query("n"), READING).tolist() == [0, 1, 2, 3]
    assert select(rows, words("b"), READING).tolist() == [2, 3]
    assert select(rows, words("zzz"), READING).tolist() == []
