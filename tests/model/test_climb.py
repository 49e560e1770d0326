"""When a count climbs, when it does not, and for how long it is said."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from sockscope.app.model.climb import Climb, Gate
from sockscope.app.model.states import (
    CLOSE_WAIT,
    ESTABLISHED,
    GATES,
    LISTEN,
    SYN_RECV,
    TIME_WAIT,
)


def verdicts(gate: Gate, count: Callable[[float], float], until: float, step: float = 1.0) -> list[float]:
    """Times at which the verdict changed, climbing first."""
    climb = Climb(gate)
    changes = []
    climbing = False
    for tick in range(round(until / step) + 1):
        now = tick * step
        if climb.look(now, max(0, int(count(now)))) != climbing:
            climbing = not climbing
            changes.append(now)
    return changes


def crowd(mean: float, seed: int) -> Callable[[float], float]:
    """A count of independent things, as it wavers."""
    dice = random.Random(seed)
    return lambda _: dice.gauss(mean, mean**0.5)


def test_a_syn_flood_is_seen_at_once_and_stays_while_it_lasts() -> None:
    changes = verdicts(GATES[SYN_RECV], lambda t: 5 + min(512, 88 * max(0, t - 20.5)), until=100)
    assert len(changes) == 1
    assert 20.5 < changes[0] <= 25


def test_a_flood_from_one_second_to_the_next() -> None:
    changes = verdicts(GATES[SYN_RECV], lambda t: 128 if t >= 20 else 0, until=60)
    assert changes == [22]


def test_a_flood_that_was_there_before_is_seen_again_when_it_grows() -> None:
    changes = verdicts(GATES[SYN_RECV], lambda t: 300 if 20 <= t < 60 else 300 if t >= 75 else 4, until=120)
    assert changes == [22, 63, 77]


def test_the_seconds_before_the_verdict_do_not_count_as_usual() -> None:
    changes = verdicts(GATES[SYN_RECV], lambda t: 300 if 20 <= t < 40 or t >= 60 else 4, until=80, step=0.25)
    assert changes == [22, 43, 62]


def test_a_burst_that_ebbs_away_is_nothing() -> None:
    assert verdicts(GATES[SYN_RECV], lambda t: 600 - 150 * (t - 20) if t >= 20 else 10, until=60) == []


def test_the_verdict_outlasts_a_short_dip() -> None:
    changes = verdicts(GATES[SYN_RECV], lambda t: 0 if t < 20 or t in {40, 41} else 300, until=80)
    assert changes == [22]


def test_a_burst_of_two_seconds_is_nothing() -> None:
    assert verdicts(GATES[SYN_RECV], lambda t: 400 if t in {20, 21} else 10, until=60) == []


def test_bursts_do_not_hide_a_flood() -> None:
    def count(now: float) -> float:
        return 350 if now >= 100 or now % 20 == 0 else 10

    assert verdicts(GATES[SYN_RECV], count, until=130) == [102]


@pytest.mark.parametrize("state", GATES)
def test_few_are_never_many(state: int) -> None:
    below = GATES[state].floor - 1
    assert verdicts(GATES[state], lambda t: below if t >= 10 else 0, until=60) == []


@pytest.mark.parametrize("before", [0, 2000, 8112])
def test_time_wait_that_climbs_by_120_a_second(before: int) -> None:
    changes = verdicts(GATES[TIME_WAIT], lambda t: before + 120 * max(0, t - 150), until=200)
    assert len(changes) == 1
    assert 150 < changes[0] <= 155


def test_time_wait_that_came_all_at_once_does_not_climb() -> None:
    assert verdicts(GATES[TIME_WAIT], lambda t: 800 if 20 <= t < 80 else 100, until=120) == []


def test_a_higher_level_becomes_the_usual_one() -> None:
    gate = GATES[TIME_WAIT]
    changes = verdicts(gate, lambda t: 1000 + 200 * min(10, max(0, t - 20)), until=120)
    assert len(changes) == 2
    assert 30 + gate.hold <= changes[1] <= 32 + gate.hold


def test_busy_servers_waver_without_alarm() -> None:
    for mean in (400, 3000, 20000):
        assert verdicts(GATES[TIME_WAIT], crowd(mean, 1), until=2000) == []
    for mean in (10, 100, 400):
        assert verdicts(GATES[SYN_RECV], crowd(mean, 2), until=2000) == []
    for mean in (30, 80):
        assert verdicts(GATES[CLOSE_WAIT], crowd(mean, 3), until=20000) == []


def test_traffic_that_grows_slowly_is_no_climb() -> None:
    assert verdicts(GATES[TIME_WAIT], lambda t: 8000 + 30 * max(0, t - 30), until=120) == []


def test_a_slow_leak_is_seen_within_two_minutes() -> None:
    dice = random.Random(4)
    changes = verdicts(GATES[CLOSE_WAIT], lambda t: 0.7 * max(0, t - 30) + dice.expovariate(0.2), until=150)
    assert len(changes) == 1
    assert changes[0] < 150


def test_open_and_listening_sockets_must_double() -> None:
    assert verdicts(GATES[ESTABLISHED], lambda t: 8000 + 1500 * (t >= 30), until=60) == []
    assert verdicts(GATES[ESTABLISHED], lambda t: 1200 if t >= 30 else 0, until=50) == [32]
    assert verdicts(GATES[LISTEN], lambda t: 300 + 100 * (t >= 30), until=60) == []
    assert verdicts(GATES[LISTEN], lambda t: 31 + 400 * (t >= 30), until=50) == [32]


def test_a_reconnect_to_the_old_number_is_no_climb() -> None:
    assert verdicts(GATES[ESTABLISHED], lambda t: 0 if 60 <= t < 80 else 4000, until=120) == []


@pytest.mark.parametrize("step", [0.25, 0.5, 1.0, 2.0, 5.0, 10.0])
def test_any_interval(step: float) -> None:
    start = 12 * step
    changes = verdicts(GATES[SYN_RECV], lambda t: 500 if t >= start else 0, until=30 * step, step=step)
    assert changes[0] - start <= max(2.0, step)


def test_a_level_that_was_there_from_the_start_says_nothing() -> None:
    assert verdicts(GATES[SYN_RECV], lambda _: 512, until=100) == []


def test_a_flood_that_began_with_the_session() -> None:
    assert verdicts(GATES[TIME_WAIT], lambda t: 4000 + 120 * t, until=30) == [4]
