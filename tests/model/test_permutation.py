"""Orders by several columns against NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sockscope.app.model.permutation import permutation

KINDS = (np.uint8, np.uint16, np.uint64, np.int8, np.int64, np.bool_, np.float64)


@st.composite
def columns(draw: st.DrawFn) -> list[NDArray[Any]]:
    rows = draw(st.integers(0, 12))
    found: list[NDArray[Any]] = []
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=4)):
        if kind is np.float64:
            values: st.SearchStrategy[Any] = st.sampled_from([np.nan, -1.5, 0.0, 2.0])
        elif kind is np.bool_:
            values = st.booleans()
        else:
            limits = np.iinfo(kind)
            near = st.integers(0, 3)
            values = st.one_of(near, st.integers(int(limits.min), int(limits.max)))
        found.append(np.array(draw(st.lists(values, min_size=rows, max_size=rows)), kind))
    return found or [np.zeros(rows, np.uint8)]


@given(columns())
def test_the_order_is_that_of_sorting_by_one_column_after_the_other(keys: list[NDArray[Any]]) -> None:
    assert permutation(keys, len(keys[0])).tolist() == np.lexsort(keys).tolist()


def test_without_columns_rows_stay_where_they_are() -> None:
    assert permutation([], 3).tolist() == [0, 1, 2]
