"""Ticks that cost much come less often, and as often as asked again when they no longer do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.sampler.governor import LONGEST, MOST_TIMES, REMEMBERED, SHARE, Governor


def after(*costs: float, asked: float = 1.0) -> float:
    governor = Governor()
    interval = asked
    for cost in costs:
        governor.spent(cost)
        interval = governor.interval(asked)
    return interval


def test_cheap_ticks_come_as_asked() -> None:
    assert after(*[0.099] * 20) == 1.0


def test_dear_ticks_are_stretched_until_they_keep_their_share() -> None:
    assert after(*[0.24] * 5) == 2.4


def test_one_dear_tick_changes_nothing() -> None:
    assert after(5.0, 0.01, 0.01) == 1.0
    assert after(*[0.01] * 5, 5.0) == 1.0


def test_it_recovers_in_three_ticks() -> None:
    assert after(*[0.5] * 10, 0.01, 0.01) == 5.0
    assert after(*[0.5] * 10, 0.01, 0.01, 0.01) == 1.0


def test_ticks_that_differ_a_little_leave_the_interval() -> None:
    governor = Governor()
    seen = set()
    for number in range(40):
        governor.spent(0.24 + 0.009 * (number % 3 - 1))
        if number >= REMEMBERED:
            seen.add(governor.interval(1.0))
    assert len(seen) == 1


def test_another_wish_holds_at_once() -> None:
    governor = Governor()
    for _ in range(5):
        governor.spent(0.24)
    assert governor.interval(1.0) == 2.4
    assert governor.interval(5.0) == 5.0
    assert governor.interval(2.0) == 2.4


@given(st.floats(0.1, 86400), st.lists(st.floats(0, 1e6), min_size=1, max_size=12))
def test_the_interval_keeps_its_bounds(asked: float, costs: list[float]) -> None:
    interval = after(*costs, asked=asked)
    assert asked <= interval <= max(asked, min(MOST_TIMES * asked, LONGEST))


@given(st.floats(0.1, 60), st.floats(0, 1))
def test_a_steady_cost_keeps_its_share_unless_bounded(asked: float, cost: float) -> None:
    interval = after(*[cost] * 6, asked=asked)
    assert cost <= SHARE * interval * 1.000001 or interval == max(asked, min(MOST_TIMES * asked, LONGEST))
