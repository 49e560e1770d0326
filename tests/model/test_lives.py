"""Beginnings and ends of sockets as polling tells them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Table
from sockscope.app.model.lives import Lives, is_live
from tests.fake import ESTABLISHED, SYN_RECV, TIME_WAIT, sockets

GAP = 3.0


def rows(*cookies: int, **changes: object) -> Table:
    made = sockets(*({"cookie": cookie, **changes} for cookie in cookies))
    return made.with_columns(key=made.numbers("cookie"))


def keys(table: Table) -> list[int]:
    return [int(key) for key in table.numbers("key")]


def test_what_was_there_at_first_was_not_opened() -> None:
    lives = Lives()
    assert keys(lives.poll(rows(1, 2), 10.0, GAP).opened) == []
    assert keys(lives.poll(rows(1, 2, 3), 11.0, GAP).opened) == [3]


def test_after_a_time_without_looking_nothing_was_opened() -> None:
    lives = Lives()
    lives.poll(rows(1), 10.0, GAP)
    assert keys(lives.poll(rows(1, 2), 20.0, GAP).opened) == []
    ended = lives.end(np.array([2], np.uint64), 1).rows
    assert ended is not None
    assert ended.numbers("older")[0]


def test_what_is_missing_twice_has_vanished() -> None:
    lives = Lives()
    lives.poll(rows(1, 2), 10.0, GAP)
    assert not keys(lives.poll(rows(1), 11.0, GAP).vanished)
    vanished = lives.poll(rows(1), 12.0, GAP).vanished
    assert keys(vanished) == [2]
    assert vanished.real("missed", 0) - vanished.real("since", 0) == 1.0
    assert not keys(lives.poll(rows(1), 13.0, GAP).vanished)


def test_what_a_dump_missed_once_is_neither_gone_nor_new() -> None:
    lives = Lives()
    lives.poll(rows(1), 10.0, GAP)
    lives.poll(rows(), 11.0, GAP)
    polled = lives.poll(rows(1), 12.0, GAP)
    assert not keys(polled.opened)
    assert not keys(polled.vanished)
    ended = lives.end(np.array([1], np.uint64), 1).rows
    assert ended is not None
    assert ended.real("since", 0) == 10.0


def test_what_the_kernel_told_does_not_vanish_again() -> None:
    lives = Lives()
    lives.poll(rows(1, 2), 10.0, GAP)
    lives.end(np.array([2], np.uint64), 1)
    for second in (11.0, 12.0, 13.0):
        assert not keys(lives.poll(rows(1), second, GAP).vanished)


def test_the_kernel_may_tell_a_tick_late() -> None:
    lives = Lives()
    lives.poll(rows(1, 2), 10.0, GAP)
    lives.poll(rows(1), 11.0, GAP)
    ended = lives.end(np.array([7, 2], np.uint64), 2).rows
    assert ended is not None
    assert np.isnan(ended.real("since", 0))
    assert ended.real("since", 1) == 10.0
    assert not keys(lives.poll(rows(1), 12.0, GAP).vanished)


def test_half_open_and_finished_sockets_do_not_live() -> None:
    one = sockets({"state": ESTABLISHED}, {"state": SYN_RECV}, {"state": TIME_WAIT, "timer": 3})
    assert is_live(one).tolist() == [True, False, False]
    orphan = sockets({"state": 5, "timer": 3}, {"state": 5, "timer": 3, "inode": 9}, {"state": 5, "inode": 9})
    assert is_live(orphan).tolist() == [False, True, True]


@given(st.lists(st.frozensets(st.integers(1, 12)), min_size=1, max_size=12))
def test_opened_less_ended_is_what_there_is(polls: list[frozenset[int]]) -> None:
    """Against sets: what was opened and has not vanished is there, or was missed only once."""
    lives = Lives()
    alive: set[int] = set()
    for second, there in enumerate(polls):
        polled = lives.poll(rows(*sorted(there)), float(second), GAP)
        opened, vanished = set(keys(polled.opened)), set(keys(polled.vanished))
        if second:
            assert not opened & alive
            assert vanished <= alive
            alive = (alive | opened) - vanished
        else:
            alive = set(there)
        assert there <= alive
