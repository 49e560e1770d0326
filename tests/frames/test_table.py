"""Tables of columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Joiner, Strings, Table, concatenate, repeated

texts = st.lists(st.none() | st.text(max_size=3), max_size=8)


@given(texts, texts)
def test_concatenated_texts_read_as_the_lists_would(left: list[str | None], right: list[str | None]) -> None:
    joined = concatenate([Table({"t": Strings.of(left)}), Table({"t": Strings.of(right)})])
    assert [joined.text("t", row) for row in range(len(joined))] == left + right


@given(texts)
def test_a_lookup_gives_each_row_its_value(column: list[str | None]) -> None:
    strings = Strings.of(column)
    lengths = strings.lookup([len(value) for value in strings.values], -1, np.int64)
    assert lengths.tolist() == [-1 if text is None else len(text) for text in column]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Table({"a": np.arange(3), "b": np.arange(4)})


def test_take_keeps_rows_together() -> None:
    table = Table({"n": np.array([10, 20, 30]), "t": Strings.of(["a", None, "c"])})
    taken = table.take(np.array([2, 0]))
    assert [(taken.integer("n", row), taken.text("t", row)) for row in range(2)] == [(30, "c"), (10, "a")]


def test_a_column_is_asked_for_as_what_it_is() -> None:
    table = Table({"n": np.arange(1), "t": Strings.of(["x"])})
    with pytest.raises(TypeError):
        table.numbers("t")
    with pytest.raises(TypeError):
        table.strings("n")


@given(
    st.lists(st.tuples(st.sampled_from([-1, 7]), st.integers(0, 4), st.booleans()), min_size=1, max_size=4)
)
def test_columns_of_one_value_are_joined_like_others(parts: list[tuple[int, int, bool]]) -> None:
    columns = [repeated(np.int32(n), rows) if lean else np.full(rows, n, np.int32) for n, rows, lean in parts]
    joined = concatenate([Table({"n": column}) for column in columns]).numbers("n")
    assert joined.tolist() == [n for n, rows, _ in parts for _ in range(rows)]
    assert joined.dtype == np.int32


def test_a_column_of_one_value_takes_no_room_when_rows_are_taken_or_joined() -> None:
    table = Table({"n": repeated(np.int64(-1), 1000), "t": Strings(repeated(np.int32(0), 1000), ("a",))})
    for rows in (np.arange(0, 1000, 2), np.arange(1000) % 2 == 0):
        taken = table.take(rows)
        both = concatenate([table, taken])
        for made, number in ((taken, 500), (both, 1500)):
            assert len(made) == number
            assert made.numbers("n").strides == (0,)
            assert made.strings("t").codes.strides == (0,)
            assert made.text("t", number - 1) == "a"


def test_columns_of_the_very_same_parts_are_joined_once() -> None:
    joiner = Joiner()
    kept, one, other = np.arange(3), np.arange(3), np.arange(3, 6)
    last = Table({"a": np.arange(2), "b": np.arange(2)})
    first = joiner.concatenate([Table({"a": kept, "b": one}), last])
    again = joiner.concatenate([Table({"a": kept, "b": other}), last])
    assert again.columns["a"] is first.columns["a"]
    assert again.numbers("b").tolist() == [3, 4, 5, 0, 1]
    assert joiner.concatenate([last]) is last
    assert joiner.concatenate([Table({"a": kept, "b": one}), last]).columns["a"] is not first.columns["a"]


def test_what_is_joined_with_nothing_is_not_copied() -> None:
    rows, nothing = Table({"a": np.arange(3)}), Table({"a": np.arange(0)})
    assert concatenate([nothing, rows, nothing]).columns["a"] is rows.columns["a"]
