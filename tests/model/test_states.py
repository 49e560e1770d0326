"""Counts, changes, histories and limits of the TCP states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.sockets import TCP_STATES
from sockscope.app.model.nearness import Limit
from sockscope.app.model.states import (
    ESTABLISHED,
    FIN_WAIT1,
    GATES,
    LAST_ACK,
    MEANINGS,
    NAMES,
    ORDER,
    SECONDS,
    SHORT,
    SYN_RECV,
    TIME_WAIT,
    StateStrip,
)
from sockscope.app.model.store import Store
from tests.model.state_tables import Watched


def test_every_state_of_the_kernel_has_names_and_words() -> None:
    assert set(ORDER) == set(NAMES) == set(SHORT) == set(MEANINGS) == set(TCP_STATES)
    assert set(GATES) <= set(ORDER)
    assert len(set(ORDER)) == len(ORDER)
    assert len(set(SHORT.values())) == len(SHORT)


def test_unknown_is_not_zero() -> None:
    assert StateStrip().advance(Store()) == ()


def test_all_states_in_their_order_zero_too() -> None:
    watched = Watched()
    watched.sample(100.0, {ESTABLISHED: 7})
    assert [state.state for state in watched.now] == list(ORDER)
    assert [state.count for state in watched.now] == [7] + [0] * 11
    assert watched.state(ESTABLISHED).name == "ESTABLISHED"
    assert watched.state(ESTABLISHED).short == "ESTAB"
    assert all(math.isnan(state.per_second) for state in watched.now)


def test_the_change_is_averaged_over_three_seconds() -> None:
    watched = Watched()
    for second, count in enumerate([0, 30, 30, 30, 60, 60]):
        watched.sample(100.0 + second, {ESTABLISHED: count})
        expected = [math.nan, 30.0, 15.0, 10.0, 10.0, 10.0][second]
        assert watched.state(ESTABLISHED).per_second == pytest.approx(expected, nan_ok=True)


def test_the_change_is_over_the_time_that_passed() -> None:
    watched = Watched(interval=5.0)
    watched.sample(100.0, {TIME_WAIT: 50})
    watched.sample(105.0, {TIME_WAIT: 40})
    assert watched.state(TIME_WAIT).per_second == -2.0
    watched.sample(113.0, {TIME_WAIT: 48})
    assert watched.state(TIME_WAIT).per_second == 1.0


def test_a_second_look_within_a_moment_gives_no_wild_change() -> None:
    watched = Watched()
    watched.sample(100.0, {ESTABLISHED: 10})
    watched.sample(100.001, {ESTABLISHED: 40})
    assert math.isnan(watched.state(ESTABLISHED).per_second)
    watched.sample(101.0, {ESTABLISHED: 20})
    assert watched.state(ESTABLISHED).per_second == 10.0


def test_the_same_table_in_another_frame_is_no_sample() -> None:
    watched = Watched()
    watched.sample(100.0, {ESTABLISHED: 10})
    watched.sample(101.0, {ESTABLISHED: 20})
    before = watched.now
    watched.frame(101.4, dict(watched.store.frame.tables))
    assert watched.now[0].per_second == before[0].per_second
    assert watched.now[0].second == 101


def history(watched: Watched, state: int) -> list[float]:
    """What is known of the history."""
    line = watched.state(state).history
    assert line.shape == (SECONDS,)
    return [float(value) for value in line[~np.isnan(line)]]


def test_a_history_has_one_place_a_second() -> None:
    watched = Watched()
    for taken, count in ((100.2, 1), (101.1, 2), (102.9, 3), (103.0, 4)):
        watched.sample(taken, {ESTABLISHED: count})
    assert history(watched, ESTABLISHED) == [1, 2, 3, 4]
    assert watched.state(ESTABLISHED).second == 103


def test_a_long_interval_holds_the_last_count() -> None:
    watched = Watched(interval=4.0)
    watched.sample(100.0, {ESTABLISHED: 5})
    watched.sample(104.0, {ESTABLISHED: 9})
    assert history(watched, ESTABLISHED) == [5, 5, 5, 5, 9]


def test_a_short_interval_keeps_the_highest_count_of_a_second() -> None:
    watched = Watched(interval=0.25)
    for place, count in enumerate([1, 8, 2, 3, 4, 5, 6, 7]):
        watched.sample(100 + place / 4, {ESTABLISHED: count})
    assert history(watched, ESTABLISHED) == [8, 7]


def test_a_history_ends_after_two_minutes() -> None:
    watched = Watched()
    for second in range(300):
        watched.sample(float(second), {ESTABLISHED: second})
    assert history(watched, ESTABLISHED) == list(range(180, 300))


def test_what_was_shown_once_does_not_change() -> None:
    watched = Watched()
    watched.sample(100.0, {ESTABLISHED: 5})
    before = watched.state(ESTABLISHED).history
    kept = before.copy()
    watched.sample(101.0, {ESTABLISHED: 50})
    np.testing.assert_array_equal(before, kept)


def test_a_gap_stays_a_gap() -> None:
    watched = Watched()
    watched.sample(100.0, {ESTABLISHED: 5})
    watched.sample(101.0, {ESTABLISHED: 5})
    watched.sample(160.0, {ESTABLISHED: 5000})
    assert history(watched, ESTABLISHED) == [5, 5, 5000]
    assert math.isnan(watched.state(ESTABLISHED).per_second)
    watched.sample(161.0, {ESTABLISHED: 5000})
    watched.sample(162.0, {ESTABLISHED: 5000})
    assert not watched.state(ESTABLISHED).climbing


def test_another_clock_starts_anew() -> None:
    watched = Watched()
    watched.sample(5000.0, {ESTABLISHED: 5})
    watched.sample(5001.0, {ESTABLISHED: 6})
    watched.sample(30.0, {ESTABLISHED: 9})
    assert history(watched, ESTABLISHED) == [9]
    assert math.isnan(watched.state(ESTABLISHED).per_second)


def test_counts_that_are_not_collected_any_more_are_forgotten() -> None:
    watched = Watched()
    watched.sample(100.0, {ESTABLISHED: 5})
    assert watched.frame(101.0, {}) == ()
    watched.sample(102.0, {ESTABLISHED: 5})
    assert history(watched, ESTABLISHED) == [5]


def test_a_flood_climbs() -> None:
    watched = Watched()
    seen = []
    for second in range(40):
        watched.sample(float(second), {ESTABLISHED: 900, SYN_RECV: 90 * max(0, second - 20)})
        seen += [(second, state.state) for state in watched.now if state.climbing]
    assert seen[0] == (23, SYN_RECV)
    assert {state for _, state in seen} == {SYN_RECV}


def test_time_wait_near_its_limit_until_clearly_below() -> None:
    watched = Watched()
    limits = {"tcp_max_tw_buckets": 1000}
    near = []
    for second, count in enumerate([500, 501, 460, 449, 480]):
        watched.sample(100.0 + second, {TIME_WAIT: count}, limits)
        near.append(watched.state(TIME_WAIT).limit)
    assert near == [
        None,
        Limit("tcp_max_tw_buckets", 501, 1000),
        Limit("tcp_max_tw_buckets", 460, 1000),
        None,
        None,
    ]


def test_an_unknown_limit_is_never_near() -> None:
    watched = Watched()
    for limits in (None, {}, {"tcp_max_tw_buckets": -1}, {"tcp_max_tw_buckets": 0}):
        watched.sample(100.0 + watched.number, {TIME_WAIT: 10**6}, limits)
        assert watched.state(TIME_WAIT).limit is None


def test_orphans_are_told_at_the_state_that_has_most_of_them() -> None:
    watched = Watched()
    limits = {"tcp_max_orphans": 4000, "sockstat.TCP.orphan": 1200}
    watched.sample(100.0, {FIN_WAIT1: 100, LAST_ACK: 900}, limits)
    assert watched.state(LAST_ACK).limit == Limit("tcp_max_orphans", 1200, 4000)
    assert watched.state(FIN_WAIT1).limit is None
    watched.sample(101.0, {LAST_ACK: 900}, {**limits, "tcp_max_orphans": -1})
    assert watched.state(LAST_ACK).limit is None


@given(
    st.lists(
        st.tuples(st.floats(0.0, 50.0), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
        min_size=1,
        max_size=30,
    )
)
def test_changes_are_never_wilder_than_the_counts(samples: list[tuple[float, int, int]]) -> None:
    watched, now = Watched(), 1000.0
    for wait, established, waiting in samples:
        now += wait
        watched.sample(now, {ESTABLISHED: established, TIME_WAIT: waiting})
        assert watched.state(ESTABLISHED).count == established
        highest = max(max(pair[1:]) for pair in samples)
        for state in watched.now:
            known = state.history[~np.isnan(state.history)]
            assert (known >= 0).all()
            assert known.max() <= np.float32(highest)
            assert math.isnan(state.per_second) or abs(state.per_second) <= highest / 0.2
