"""Changes of counters and gauges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.rates import change, gauge

HERE = np.array([0], np.intp)


@given(st.sampled_from([np.int64, np.uint64, np.uint32, np.uint8]), st.data())
def test_a_counter_grows_exactly_or_is_reset(kind: type[np.integer], data: st.DataObject) -> None:
    limits = np.iinfo(kind)
    then, now = (data.draw(st.integers(int(limits.min), int(limits.max))) for _ in range(2))
    made = change(np.array([now], kind), np.array([then], kind), HERE, 2.0)
    assert bool(made.reset[0]) == (now < then)
    if now < then:
        assert np.isnan(made.delta[0])
    else:
        assert made.delta[0] == float(now - then)
        assert made.per_second[0] == float(now - then) / 2


def test_what_was_not_there_has_no_change() -> None:
    made = change(np.array([5], np.uint64), np.empty(0, np.uint64), np.array([-1]), 1.0)
    assert np.isnan(made.delta[0])
    assert not made.reset[0]


def test_no_time_passed_no_rate() -> None:
    made = change(np.array([5], np.uint64), np.array([3], np.uint64), HERE, 0.0)
    assert np.isnan(made.per_second[0])


@pytest.mark.parametrize(("then", "now", "delta"), [(5, 3, -2.0), (3, 5, 2.0)])
def test_a_gauge_may_go_either_way(then: int, now: int, delta: float) -> None:
    assert gauge(np.array([now], np.uint32), np.array([then], np.uint32), HERE, 1.0).delta[0] == delta
