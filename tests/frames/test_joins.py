"""Joins against a look at every row, and how many rows they sort."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sockscope.app.frames import joins
from sockscope.app.frames.joins import find, follow, places

SAME_SLOT = pow(int(joins._MULTIPLIER), -1, 2**64)
"""Small multiples of it all belong into the first slot."""
KINDS = (np.uint64, np.int64, np.uint32)


@pytest.fixture(params=[1, 1 << 60], ids=["by slot", "in order"], autouse=True, scope="module")
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joins, "_MANY", request.param)
        yield


@st.composite
def values(draw: st.DrawFn, kind: Any) -> NDArray[Any]:
    limits = np.iinfo(kind)
    anything = st.integers(int(limits.min), int(limits.max))
    crowded = st.integers(0, 6).map(lambda number: number * SAME_SLOT % 2**64 & int(limits.max))
    return np.array(draw(st.lists(st.one_of(st.integers(0, 9), crowded, anything), max_size=30)), kind)


@given(st.sampled_from(KINDS), st.data())
def test_keys_are_found_where_they_are_first(kind: Any, data: st.DataObject) -> None:
    among, keys = data.draw(values(kind)), data.draw(values(kind))
    wanted = np.concatenate((keys, among[::2]))
    rows = among.tolist()
    expected = [rows.index(key) if key in rows else -1 for key in wanted.tolist()]
    assert find(wanted, among).tolist() == expected


@given(st.sampled_from(KINDS), st.data())
def test_a_sorted_column_is_searched_alike(kind: Any, data: st.DataObject) -> None:
    among, wanted = np.sort(data.draw(values(kind))), data.draw(values(kind))
    assert places(among, wanted).tolist() == find(wanted, among).tolist()


def test_little_of_a_large_join_is_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "_MANY", 4096)
    in_order = joins._find_in_order
    rows = 0

    def counted(keys: NDArray[Any], among: NDArray[Any]) -> NDArray[np.intp]:
        nonlocal rows
        rows += len(keys) + len(among)
        return in_order(keys, among)

    monkeypatch.setattr(joins, "_find_in_order", counted)
    before = np.random.default_rng(1).integers(0, 2**63, 50_000).astype(np.uint64)
    now = np.concatenate((before[10_000:], before[:10_000] + np.uint64(1)))
    found = find(now, before)
    assert (found[:40_000] == np.arange(10_000, 50_000)).all()
    assert (found[40_000:] == -1).all()
    assert rows < 0.4 * (len(now) + len(before))


def test_all_who_follow_the_same_rows_share_one_join(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0

    def counted(keys: NDArray[Any], among: NDArray[Any]) -> NDArray[np.intp]:
        nonlocal made
        made += 1
        return find(keys, among)

    monkeypatch.setattr(joins, "find", counted)
    before, now = np.arange(9, dtype=np.uint64), np.arange(3, 12, dtype=np.uint64)
    found = follow(now, before)
    assert found.tolist() == find(now, before).tolist()
    assert follow(now, before) is found
    assert made == 1
    assert follow(now.copy(), before).tolist() == found.tolist()
    assert follow(before, now).tolist() == find(before, now).tolist()
    assert made == 3
    del before
    assert joins._followed is None
