"""Rows that come and go."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Table
from sockscope.app.model.presence import GONE, LINGERING, LINGERS_FOR, NEW, NEW_FOR, STEADY, Presence
from sockscope.app.model.rates import Key


def rows(*keys: int) -> Table:
    return Table({"key": np.array(keys, dtype=np.uint64)})


def seen(table: Table) -> dict[int, int]:
    pairs = zip(table.numbers("key").tolist(), table.numbers("presence").tolist(), strict=True)
    return dict(pairs)


def test_what_is_there_at_first_is_not_new() -> None:
    presence = Presence()
    first = presence.observe(rows(1, 2), now=100.0, gap=3.0)
    assert seen(first) == {1: STEADY, 2: STEADY}
    later = presence.observe(rows(1, 2), now=101.0, gap=3.0)
    assert later.numbers("seen").tolist() == [1.0, 1.0]
    assert later.numbers("older").all()


def test_a_new_row_is_marked_for_a_moment_and_ages() -> None:
    presence = Presence()
    presence.observe(rows(1), 100.0, 3.0)
    assert seen(presence.observe(rows(1, 2), 101.0, 3.0)) == {1: STEADY, 2: NEW}
    aged = presence.observe(rows(1, 2), 101.0 + NEW_FOR, NEW_FOR + 1)
    assert seen(aged) == {1: STEADY, 2: STEADY}
    assert aged.numbers("seen").tolist()[1] == NEW_FOR


def test_a_closed_row_lingers_and_then_goes() -> None:
    presence = Presence()
    presence.observe(rows(1, 2), 100.0, 3.0)
    assert seen(presence.observe(rows(1), 101.0, 3.0)) == {1: STEADY, 2: GONE}
    assert seen(presence.observe(rows(1), 102.0, 3.0)) == {1: STEADY, 2: GONE}
    assert seen(presence.observe(rows(1), 101.0 + LINGERS_FOR, 3.0)) == {1: STEADY}


def test_a_row_that_comes_back_is_there_once() -> None:
    presence = Presence()
    presence.observe(rows(1, 2), 100.0, 3.0)
    presence.observe(rows(1), 101.0, 3.0)
    back = presence.observe(rows(1, 2), 102.0, 3.0)
    assert sorted(back.numbers("key").tolist()) == [1, 2]
    assert GONE not in seen(back).values()


def test_nobody_looked_so_nothing_is_new_or_gone() -> None:
    presence = Presence()
    presence.observe(rows(1, 2), 100.0, 3.0)
    after = presence.observe(rows(2, 3), 200.0, 3.0)
    assert seen(after) == {2: STEADY, 3: STEADY}


def test_a_hundred_thousand_that_vanish_do_not_linger() -> None:
    presence = Presence()
    presence.observe(rows(*range(1, 100_001)), 100.0, 3.0)
    after = presence.observe(rows(1), 101.0, 3.0)
    assert len(after) == 1 + LINGERING


def test_children_of_rows_do_not_linger_without_them() -> None:
    presence = Presence()
    keys = np.array([1, 2], dtype=np.uint64)
    presence.observe(Table({"key": keys, "parent": np.array([-1, 0], np.int32)}), 100.0, 3.0)
    other = Table({"key": np.array([3], np.uint64), "parent": np.array([-1], np.int32)})
    after = presence.observe(other, 101.0, 3.0)
    assert seen(after) == {3: NEW, 1: GONE}


def test_rows_that_are_not_collected_for_a_while_keep_their_age() -> None:
    presence = Presence()
    presence.observe(rows(1, 2), 100.0, 3.0)
    presence.observe(rows(1, 2, 3), 101.0, 3.0)
    assert seen(presence.observe(rows(1), 105.0, 9.0, partly=True)) == {1: STEADY}
    assert seen(presence.observe(rows(1), 106.0, 9.0, partly=True)) == {1: STEADY}
    back = presence.observe(rows(4, 3, 2, 1), 107.0, 9.0)
    assert seen(back) == dict.fromkeys((1, 2, 3, 4), STEADY)
    assert back.numbers("seen").tolist() == [0.0, 6.0, 7.0, 7.0]
    assert back.numbers("older").tolist() == [True, False, True, True]
    assert seen(presence.observe(rows(4, 3, 2, 5), 108.0, 9.0)) == {
        4: STEADY, 3: STEADY, 2: STEADY, 5: NEW, 1: GONE,
    }  # fmt: skip


def test_what_comes_and_goes_among_the_rows_collected_is_not_remembered() -> None:
    presence = Presence()
    presence.observe(rows(1, 2), 100.0, 3.0)
    for step in range(1, 50):
        told = presence.observe(rows(2 * step + 1, 2 * step + 2), 100.0 + step, 3.0, partly=True)
        assert len(told) == 2
    assert sorted(presence._keys.tolist()) == [1, 2, 99, 100]


def test_the_same_rows_again_cost_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    presence = Presence()
    searches: list[int] = []

    def counting(keys: Key, among: Key) -> NDArray[np.intp]:
        searches.append(len(keys))
        return find(keys, among)

    monkeypatch.setattr("sockscope.app.model.presence.find", counting)
    presence.observe(rows(1, 2), 100.0, 3.0)
    searches.clear()
    presence.observe(rows(1, 2), 101.0, 3.0)
    assert not searches
    assert seen(presence.observe(rows(2), 102.0, 3.0)) == {2: STEADY, 1: GONE}
    assert seen(presence.observe(rows(2), 103.0, 3.0)) == {2: STEADY, 1: GONE}
    assert seen(presence.observe(rows(2), 102.0 + LINGERS_FOR, 3.0)) == {2: STEADY}
