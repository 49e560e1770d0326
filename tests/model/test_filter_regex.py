"""The automaton finds what Python's own matcher finds, and never takes longer for a nasty pattern."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.regex import LONGEST, MOST_STATES, compile_regex

ATOMS = st.sampled_from(["a", "b", "1", ".", "[ab]", "[^a]", r"\d", r"\w", r"\.", "[a-c1]", "-"])


def _extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = inner.map(lambda text: f"({text})")
    repeated = st.tuples(st.one_of(ATOMS, group), st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}"]))
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda ways: f"({'|'.join(ways)})"),
        repeated.map("".join),
        inner.map(lambda text: f"^{text}"),
        inner.map(lambda text: f"{text}$"),
    )


PATTERNS = st.recursive(ATOMS, _extended, max_leaves=8)
TEXTS = st.lists(st.text(alphabet="abcABC1.- ", max_size=12), max_size=20)


@given(PATTERNS, TEXTS)
@example("^$", ["", "a"])
@example("a$|^b", ["ba", "ab", "c"])
@example("(^a)?b", ["b", "ab", "cb"])
@example("", ["", "x"])
def test_finds_what_the_ordinary_matcher_finds(pattern: str, texts: list[str]) -> None:
    plain = re.compile(pattern, re.IGNORECASE | re.ASCII)
    expected = [plain.search(text) is not None for text in texts]
    assert compile_regex(pattern).matches(texts).tolist() == expected


def test_letters_beyond_ascii() -> None:
    assert compile_regex("^caf\u00e9$").matches(["caf\u00e9", "cafe"]).tolist() == [True, False]
    assert compile_regex(r"^\w+$").matches(["caf\u00e9", "caf-"]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("(a+)+$", False),
        ("(a|aa)+$", False),
        ("(a*)*b", False),
        ("(.*)*x", False),
        ("^(.*.*.*.*.*)x$", False),
        ("a?" * 40 + "a" * 40, True),
    ],
)
def test_nasty_patterns_are_compiled_into_few_states(pattern: str, found: bool) -> None:
    """Each of these can take a backtracking matcher longer than anyone waits."""
    regex = compile_regex(pattern)
    assert len(regex.moves) <= MOST_STATES
    assert regex.matches(["a" * 500 + "!"]).tolist() == [found]


@pytest.mark.parametrize(
    ("pattern", "words", "at"),
    [
        ("(ab", ") is expected", 3),
        ("ab)", "closes nothing", 2),
        ("*a", "nothing to repeat", 0),
        ("[ab", "] is expected", 3),
        ("a\\", "after \\", 2),
        ("(?=a)", "look-around", 1),
        ("(a)\\1", "not supported", 5),
        ("a{3,2}", "from small to large", 1),
        ("a{9999}", "up to 100", 1),
        ("a" * (LONGEST + 1), "characters at the most", LONGEST),
        ("(" * 50 + "a" + ")" * 50, "nested too deep", 30),
        ("(a|b)*a" + "(a|b)" * 20, "too complicated", 0),
    ],
)
def test_what_is_wrong_is_told_with_its_place(pattern: str, words: str, at: int) -> None:
    with pytest.raises(FilterError, match=re.escape(words)) as told:
        compile_regex(pattern, 10)
    assert told.value.at == 10 + at


@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused_in_words(pattern: str) -> None:
    try:
        regex = compile_regex(pattern)
    except FilterError as error:
        refused = error
    else:
        assert regex.matches(["", "abc", pattern]).dtype == np.bool_
        return
    assert refused.why
    assert 0 <= refused.at <= len(pattern)


def test_no_text_at_all() -> None:
    assert compile_regex("a").matches([]).tolist() == []


@pytest.mark.parametrize(
    ("pattern", "digits"),
    [
        ("44", True),
        ("x|3$", True),
        ("[0-9]+", True),
        ("", True),
        ("^1.2", True),
        (r"1\.2", False),
        ("a", False),
    ],
)
def test_whether_digits_alone_may_match(pattern: str, digits: bool) -> None:
    assert compile_regex(pattern).in_digits == digits
