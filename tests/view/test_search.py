"""Words found in all rows at once are those that a look at every row finds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.filters.match import Word
from sockscope.app.model.filters.regex import compile_regex
from sockscope.app.view.search import in_numbers, in_text

LINES = st.lists(st.text("ab.:é1", min_size=0, max_size=8), max_size=30)
WORDS = st.text("ab.:é1", min_size=1, max_size=4)


@given(LINES, WORDS)
def test_words_in_lines(lines: list[str], word: str) -> None:
    ended = [f"{line}\n".encode() for line in lines]
    starts = np.cumsum([0, *map(len, ended)])[:-1].astype(np.intp)
    assert in_text(b"".join(ended), starts, Word(word)).tolist() == [word in line for line in lines]


@given(st.lists(st.integers(-(2**40), 2**40), max_size=30), st.text("0123456789", min_size=1, max_size=3))
def test_digits_in_numbers(values: list[int], word: str) -> None:
    found = in_numbers(np.array(values, dtype=np.int64), Word(word))
    assert found.tolist() == [word in str(value) for value in values]


@given(
    st.sampled_from(["i1", "u1", "i2", "u4", "i8", "u8"]).flatmap(
        lambda kind: st.tuples(
            st.just(kind),
            st.sampled_from([np.iinfo(kind).min, 0, np.iinfo(kind).max - 255]).flatmap(
                lambda least: st.lists(st.integers(least, min(least + 255, np.iinfo(kind).max)), max_size=30)
            ),
        )
    ),
    st.text("0123456789", min_size=1, max_size=3),
)
def test_digits_in_numbers_near_one_another(made: tuple[str, list[int]], word: str) -> None:
    kind, values = made
    found = in_numbers(np.array(values, dtype=kind), Word(word))
    assert found.tolist() == [word in str(value) for value in values]


@pytest.mark.parametrize("word", ["x", "-", "1-"])
def test_what_is_no_number_is_in_no_number(word: str) -> None:
    assert not in_numbers(np.array([-1, 1, 12]), Word(word)).any()


def test_a_number_next_to_another_is_not_read_on() -> None:
    assert in_numbers(np.array([-12, 34, 234]), Word("23")).tolist() == [False, False, True]


@given(LINES, st.sampled_from(["a", "^a", "1$", "[.:]b", "é", "b|1", ".a", "^$"]))
def test_patterns_in_lines(lines: list[str], pattern: str) -> None:
    ended = [f"{line}\n".encode() for line in lines]
    starts = np.cumsum([0, *map(len, ended)])[:-1].astype(np.intp)
    found = in_text(b"".join(ended), starts, compile_regex(pattern))
    assert found.tolist() == [re.search(pattern, line) is not None for line in lines]


@given(st.lists(st.integers(0, 2**40), max_size=30), st.sampled_from(["^1", "0$", "[3-5]{2}", "^7$"]))
def test_patterns_in_numbers(values: list[int], pattern: str) -> None:
    found = in_numbers(np.array(values, dtype=np.int64), compile_regex(pattern))
    assert found.tolist() == [re.search(pattern, str(value)) is not None for value in values]
