"""Rates, limits and measures of connections out of two samples of tcp_info."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.tcpinfo import FIELDS
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.health import LIMITS, NUMBERS, with_health
from sockscope.app.model.opened import watch
from sockscope.app.model.store import Store
from sockscope.app.model.trace import LENGTH, Trace
from tests.fake import LISTEN, TIME_WAIT, sockets

SECOND = 1_000_000


def told(taken: float, *rows: Mapping[str, int]) -> Table:
    """Table `tcp_info`; rows name what differs from a connection on which nothing has ever happened."""
    columns: dict[str, np.ndarray | Strings] = {
        name: np.array([row.get(name, 0) for row in rows], np.int8 if kind.itemsize == 1 else np.int64)
        for name, (_, kind) in FIELDS.items()
    }
    columns["cookie"] = np.array([row.get("cookie", place) for place, row in enumerate(rows, 1)], np.uint64)
    columns["congestion"] = Strings.of("cubic" for _ in rows)
    return Table(columns, taken)


def health(rows: Table, *samples: Table) -> Table:
    store = Store()
    for number, sample in enumerate(samples):
        store.take(Frame(number, 0.0, sample.taken, 1.0, tables={"tcp_info": sample}))
    return with_health(rows, store)


def limit(**changes: int) -> str | None:
    """What held back a connection whose counters did this in one second."""
    nothing = dict.fromkeys(changes, 0)
    made = health(sockets({}), told(1.0, {**nothing, "max_pacing_rate": -1}), told(2.0, changes))
    return made.text("limit", 0)


def test_without_the_table_everything_is_unknown() -> None:
    made = with_health(sockets({}, {}), Store())
    assert all(np.isnan(made.numbers(name)).all() for name in NUMBERS)
    assert made.numbers("ca_state").tolist() == [-1, -1]
    assert made.text("limit", 0) is made.text("congestion", 0) is None


def test_the_first_sample_has_no_rate_the_second_one_over_the_time_that_passed() -> None:
    first, second = {"bytes_received": 1000, "bytes_acked": 50}, {"bytes_received": 6000, "bytes_acked": 100}
    once = health(sockets({}), told(1.0, first))
    assert math.isnan(once.real("rx_rate", 0))
    assert once.text("limit", 0) is None
    twice = health(sockets({}), told(1.0, first), told(3.5, second))
    assert twice.real("rx_rate", 0) == 2000
    assert twice.real("tx_rate", 0) == 20
    assert twice.real("rate", 0) == 2020


@given(st.permutations(range(1, 6)), st.permutations(range(1, 6)), st.integers(0, 5))
def test_samples_are_joined_by_cookie_in_whatever_order(now: list[int], then: list[int], gone: int) -> None:
    before = [{"cookie": cookie, "bytes_acked": 7} for cookie in then if cookie != gone]
    after = [{"cookie": cookie, "bytes_acked": 7 + cookie} for cookie in now]
    made = health(sockets({}, {}, {}, {}, {}), told(1.0, *before), told(2.0, *after))
    expected = [math.nan if cookie == gone else cookie for cookie in range(1, 6)]
    np.testing.assert_array_equal(made.numbers("tx_rate"), expected)


def test_a_counter_that_went_down_or_is_not_told_has_no_rate() -> None:
    rows = sockets({}, {})
    before = told(1.0, {"bytes_acked": 9}, {"bytes_acked": -1})
    after = told(2.0, {"bytes_acked": 3}, {"bytes_acked": -1})
    assert np.isnan(health(rows, before, after).numbers("tx_rate")).all()


def test_what_was_never_measured_is_unknown_and_not_zero() -> None:
    made = health(sockets({}), told(1.0, {"min_rtt": -1, "last_data_sent": -1, "last_data_recv": 250}))
    for name in ("rtt", "min_rtt", "delivery_rate", "retransmitted"):
        assert math.isnan(made.real(name, 0)), name
    assert made.real("idle", 0) == 0.25
    assert made.real("unsent", 0) == 0


def test_measures_come_in_seconds_and_shares() -> None:
    sample = {"rtt": 31_000, "min_rtt": 500, "bytes_sent": 1000, "bytes_retrans": 25, "snd_cwnd": 10}
    made = health(sockets({}), told(1.0, sample))
    got = [made.real(name, 0) for name in ("rtt", "min_rtt", "retransmitted", "cwnd")]
    assert got == [0.031, 0.0005, 0.025, 10]


def test_sockets_that_are_no_connections_yet_or_any_more_are_unknown() -> None:
    states = (LISTEN, TIME_WAIT, 2, 13)
    rows = sockets(*({"state": state} for state in states), {"protocol": 17})
    made = health(rows, told(1.0, {"cookie": 3, "rtt": 5}, {"cookie": 4, "rtt": 5}))
    assert np.isnan(made.numbers("rtt")).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"busy_time": 0, "bytes_sent": 0}, "not sending"),
        ({"busy_time": SECOND // 10, "bytes_sent": 10}, "application"),
        ({"busy_time": SECOND, "bytes_sent": 10, "max_pacing_rate": -1}, "network"),
        ({"busy_time": SECOND, "bytes_acked": 900, "max_pacing_rate": 1000}, "own pacing"),
        ({"busy_time": SECOND, "bytes_acked": 500, "max_pacing_rate": 1000}, "network"),
        ({"busy_time": SECOND, "rwnd_limited": SECOND * 9 // 10}, "peer's window"),
        ({"busy_time": SECOND, "sndbuf_limited": SECOND * 9 // 10}, "our buffer"),
        ({"busy_time": -1}, None),
    ],
)
def test_what_took_most_of_the_time_limits(changes: dict[str, int], expected: str | None) -> None:
    assert limit(**changes) == expected


@given(st.lists(st.integers(-1, 2**40), min_size=5, max_size=5))
def test_a_limit_is_one_of_the_words_or_unknown(numbers: list[int]) -> None:
    names = ("busy_time", "rwnd_limited", "sndbuf_limited", "bytes_sent", "max_pacing_rate")
    assert limit(**dict(zip(names, numbers, strict=True))) in (*LIMITS, None)


def test_a_trace_keeps_the_newest_samples_of_one_row() -> None:
    trace = Trace()
    for second in range(LENGTH + 10):
        trace.add(7, float(second), {"rtt": second})
        trace.add(7, float(second), {"rtt": -1})
    assert trace.of(7, "rtt") == list(range(10, LENGTH + 10))
    kept = trace.copy()
    trace.add(8, 1.0, {"rtt": 1})
    assert trace.of(7, "rtt") == []
    assert trace.of(8, "rtt") == [1]
    assert len(kept.of(7, "rtt")) == LENGTH


def test_only_a_row_that_is_still_there_is_watched() -> None:
    store = Store()
    store.take(Frame(0, 0.0, 1.0, 1.0, tables={"tcp_info": told(1.0, {"rtt": 2_000_000})}))
    rows = with_health(sockets({}), store)
    rows = rows.with_columns(key=rows.numbers("cookie"))
    watch(store, rows.with_columns(presence=np.array([2], np.uint8)), 0)
    assert store.trace.of(1, "rtt") == []
    watch(store, rows.with_columns(presence=np.array([0], np.uint8)), 0)
    assert store.trace.of(1, "rtt") == [2.0]
