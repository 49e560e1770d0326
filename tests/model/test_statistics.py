"""What the rows of the Statistics tab say of counters that move, rest, fall, come and go."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sockscope.app.model.counters import identity
from sockscope.app.model.meanings import Meaning, meaning
from sockscope.app.model.series import HOLD
from sockscope.app.model.statistics import StatisticsModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from tests.model.counter_tables import (
    ESTABLISHED,
    OPENED,
    OVERFLOWS,
    RETRANSMITTED,
    START,
    UNREACHABLE,
    Played,
    Values,
    counters,
)


def played(*samples: tuple[float, Values]) -> Played:
    made = Played()
    for now, values in samples:
        made.sample(now, values)
    return made


def test_nothing_collected() -> None:
    model, store = StatisticsModel(), Store()
    model.advance(store)
    assert model.rows(store, Options()) is None
    assert model.count(store) is None
    assert model.attention(store) == 0


def test_the_first_sample_has_no_changes() -> None:
    it = played((50.0, START))
    assert it.names() == ["ActiveOpens", "CurrEstab", "RetransSegs", "ListenOverflows"]
    rows = it.rows()
    for column in ("delta", "rate", "since_mark", "shown"):
        assert np.isnan(rows.numbers(column)).all()
    assert not rows.numbers("since_start").any()
    for column in ("moved", "problem", "reset"):
        assert not rows.numbers(column).any()
    assert it.model.count(it.store) == 4


def test_rates_are_over_the_time_that_passed() -> None:
    it = played((50.0, START), (52.5, {**START, OPENED: 15, ESTABLISHED: 1}))
    assert it.real(OPENED, "delta") == 5
    assert it.real(OPENED, "rate") == it.real(OPENED, "shown") == 2.0
    assert it.real(OVERFLOWS, "rate") == 0


def test_a_gauge_has_a_difference_and_no_rate() -> None:
    it = played((50.0, START), (52.0, {**START, ESTABLISHED: 1}))
    assert it.real(ESTABLISHED, "shown") == -2
    assert math.isnan(it.real(ESTABLISHED, "rate"))
    assert it.flag(ESTABLISHED, "gauge")
    assert not it.flag(ESTABLISHED, "per_second")
    assert not it.flag(ESTABLISHED, "reset")
    assert it.flag(OPENED, "per_second")


def test_what_moved_comes_first_and_problems_before_it() -> None:
    it = played((50.0, START), (51.0, {**START, RETRANSMITTED: 1, OVERFLOWS: 101}))
    assert it.names() == ["ListenOverflows", "RetransSegs", "ActiveOpens", "CurrEstab"]
    assert it.names("kernel_order") == ["ActiveOpens", "CurrEstab", "RetransSegs", "ListenOverflows"]
    assert it.flag(OVERFLOWS, "problem")
    assert not it.flag(RETRANSMITTED, "problem")
    assert it.model.attention(it.store) == 1


def test_rows_keep_their_place_for_a_while() -> None:
    moved = {**START, RETRANSMITTED: 1, OVERFLOWS: 101}
    it = played((50.0, START), (51.0, moved))
    first = it.names()
    now = 52.0
    while now < 51.0 + HOLD:
        it.sample(now, moved)
        assert it.names() == first
        assert it.model.attention(it.store) == 1
        assert it.real(OVERFLOWS, "shown") == 0
        now += 1.0
    it.sample(now, moved)
    assert it.names() == ["ActiveOpens", "CurrEstab", "RetransSegs", "ListenOverflows"]
    assert it.model.attention(it.store) == 0


def test_a_change_is_news_however_long_the_interval() -> None:
    it = played((50.0, START), (50.0 + 5 * HOLD, {**START, OVERFLOWS: 101}))
    assert it.flag(OVERFLOWS, "problem")


def test_a_counter_that_moves_every_few_seconds_does_not_jump() -> None:
    it = played((0.0, START), (1.0, {**START, OPENED: 11, RETRANSMITTED: 1}))
    orders = set()
    for tick in range(2, 40):
        it.sample(float(tick), {**START, OPENED: 10 + tick, RETRANSMITTED: 1 + tick // 7})
        orders.add(tuple(it.names()))
    assert len(orders) == 1


def test_a_reset_is_shown_as_one() -> None:
    it = played((50.0, START), (51.0, {**START, OPENED: 2}))
    for column in ("delta", "rate", "shown", "since_start"):
        assert math.isnan(it.real(OPENED, column))
    assert it.flag(OPENED, "reset")
    assert it.flag(OPENED, "moved")
    assert not it.flag(OPENED, "problem")
    it.sample(52.0, {**START, OPENED: 30})
    assert it.real(OPENED, "rate") == 28
    assert math.isnan(it.real(OPENED, "since_start"))
    assert it.flag(OPENED, "reset")
    it.sample(52.0 + HOLD, {**START, OPENED: 30})
    assert not it.flag(OPENED, "reset")


def test_a_problem_counter_that_fell_is_no_problem() -> None:
    it = played((50.0, START), (51.0, {**START, OVERFLOWS: 0}))
    assert it.model.attention(it.store) == 0


def test_since_the_mark() -> None:
    it = played((50.0, START), (51.0, {**START, OPENED: 20}))
    it.store.mark()
    assert it.real(OPENED, "shown") == 0
    it.sample(61.0, {**START, OPENED: 21, ESTABLISHED: 9})
    it.sample(62.0, {**START, OPENED: 24, ESTABLISHED: 9})
    assert it.real(OPENED, "since_mark") == it.real(OPENED, "shown") == 4
    assert it.real(ESTABLISHED, "shown") == 6
    assert it.real(OPENED, "rate") == 3
    assert it.real(OPENED, "since_start") == 14
    assert not it.flag(OPENED, "per_second")
    it.store.unmark()
    assert it.real(OPENED, "shown") == 3


def test_a_reset_after_the_mark_leaves_the_change_since_it_unknown() -> None:
    it = played((50.0, START))
    it.store.mark()
    it.sample(51.0, {**START, OPENED: 1})
    it.sample(52.0, {**START, OPENED: 500})
    assert math.isnan(it.real(OPENED, "shown"))
    it.store.mark()
    it.sample(53.0, {**START, OPENED: 501})
    assert it.real(OPENED, "shown") == 1


def test_only_what_changed_since_the_start_or_the_mark() -> None:
    it = played((50.0, START))
    assert it.names("changed_only") == []
    it.sample(51.0, {**START, OPENED: 11})
    it.sample(500.0, {**START, OPENED: 11})
    assert it.names("changed_only") == ["ActiveOpens"]
    it.store.mark()
    assert it.names("changed_only") == []
    it.sample(501.0, {**START, OPENED: 11, RETRANSMITTED: 4})
    assert it.names("changed_only") == ["RetransSegs"]
    it.store.unmark()
    assert sorted(filter(None, it.names("changed_only"))) == ["ActiveOpens", "RetransSegs"]


def test_a_gauge_that_came_back_to_where_it_was_has_moved() -> None:
    it = played((50.0, START), (51.0, {**START, ESTABLISHED: 4}), (52.0, START))
    assert it.names("changed_only") == ["CurrEstab"]


def test_a_type_seen_for_the_first_time_counts_from_zero() -> None:
    it = played((50.0, START))
    it.store.mark()
    it.store.unmark()
    it.sample(52.0, {UNREACHABLE: 6, **START})
    assert it.real(UNREACHABLE, "rate") == 3.0
    assert it.real(UNREACHABLE, "since_start") == 6
    assert it.flag(UNREACHABLE, "moved")
    assert it.names("changed_only") == ["InType3"]


def test_a_type_first_seen_after_the_mark() -> None:
    it = played((50.0, START))
    it.store.mark()
    it.sample(51.0, {UNREACHABLE: 6, **START})
    it.sample(52.0, {UNREACHABLE: 8, **START})
    assert it.real(UNREACHABLE, "shown") == 8


def test_a_section_that_appears_is_not_growth() -> None:
    it = played((50.0, {OPENED: 1}), (51.0, START))
    assert math.isnan(it.real(OVERFLOWS, "shown"))
    assert it.real(OVERFLOWS, "since_start") == 0
    assert not it.flag(OVERFLOWS, "moved")
    assert it.model.attention(it.store) == 0
    it.sample(52.0, {**START, OVERFLOWS: 101})
    assert it.flag(OVERFLOWS, "problem")


def test_memory_survives_a_change_of_the_list() -> None:
    it = played((50.0, START), (51.0, {**START, OVERFLOWS: 104}), (52.0, {**START, OVERFLOWS: 104}))
    it.sample(53.0, {UNREACHABLE: 1, **START, OVERFLOWS: 104})
    assert it.flag(OVERFLOWS, "problem")
    assert it.real(OVERFLOWS, "since_start") == 4
    it.sample(54.0, {OVERFLOWS: 104})
    assert it.names() == ["ListenOverflows"]
    assert it.real(OVERFLOWS, "since_start") == 4


def test_the_same_table_in_another_frame_is_no_new_sample() -> None:
    it = played((50.0, START))
    table = counters({**START, OPENED: 12}, 51.0)
    it.frame(51.0, table)
    it.frame(51.3, table)
    assert it.real(OPENED, "rate") == 2.0


def test_a_paused_store_keeps_its_rows() -> None:
    it = played((50.0, START), (51.0, {**START, OPENED: 12}))
    held = it.store.copy()
    it.sample(52.0, {UNREACHABLE: 1, **START, OPENED: 40})
    rows = it.model.rows(held, Options())
    assert rows is not None
    assert len(rows) == len(START)
    assert rows.real("rate", [rows.text("name", row) for row in range(4)].index("ActiveOpens")) == 2.0


def test_identities_are_stable_and_distinct() -> None:
    assert identity("TcpExt", "ListenDrops") == 0x19A70726F3335AE7
    keys = {
        identity("MPTcpExt", "RcvPruned"),
        identity("TcpExt", "RcvPruned"),
        identity("TcpExtR", "cvPruned"),
    }
    assert len(keys) == 3


@example([(1.0, [-1, 0, 0, 0]), (1.0, [2**63 - 1, 0, 0, 0])])
@given(
    st.lists(
        st.tuples(st.floats(0.001, 100), st.lists(st.integers(-1, 2**63 - 1), min_size=4, max_size=4)),
        min_size=1,
        max_size=8,
    )
)
def test_a_counter_never_has_a_negative_rate(samples: list[tuple[float, list[int]]]) -> None:
    it, now = Played(), 0.0
    for wait, values in samples:
        now += wait
        it.sample(now, dict(zip(START, values, strict=True)))
        rows = it.rows()
        plain = ~rows.numbers("gauge").astype(bool)
        for column in ("delta", "rate", "since_start"):
            known = rows.numbers(column)[plain]
            assert not (known[~np.isnan(known)] < 0).any()
        assert set(np.unique(rows.numbers("key"))) == {np.uint64(identity(*each)) for each in START}


IN, OUT = ("Ip6", "Ip6InReceives"), ("Ip6", "Ip6OutRequests")
SIX = {IN: 10, OUT: 5}


def test_interfaces_come_after_the_whole_and_only_when_asked_for() -> None:
    it = Played()
    it.sample(100.0, SIX, {"lo": {IN: 1}, "eth0": {IN: 9, OUT: 5}})
    assert it.names() == ["Ip6InReceives", "Ip6OutRequests"]
    rows = it.rows("per_interface", "kernel_order")
    assert [rows.text("interface", row) for row in range(len(rows))] == [None, None, "lo", "eth0", "eth0"]
    assert rows.numbers("value").tolist() == [10, 5, 1, 9, 5]
    assert rows.numbers("rank").tolist() == [0, 1, 2, 3, 4]
    assert len(set(rows.numbers("key").tolist())) == 5
    assert it.model.count(it.store) == 2


def test_interfaces_have_rates_of_their_own() -> None:
    it = Played()
    it.sample(100.0, SIX, {"lo": {IN: 1}, "eth0": {IN: 9}})
    it.sample(102.0, {IN: 14, OUT: 5}, {"eth0": {IN: 13}, "lo": {IN: 1}, "new0": {IN: 3}})
    rows = it.rows("per_interface", "kernel_order")
    rates = {rows.text("interface", row): rows.real("rate", row) for row in (0, 2, 3, 4)}
    assert (rates[None], rates["eth0"], rates["lo"]) == (2.0, 2.0, 0.0)
    assert math.isnan(rates["new0"] or 0.0)
    assert it.model.attention(it.store) == 0


def test_what_is_no_longer_collected_is_forgotten() -> None:
    it = Played()
    it.sample(100.0, SIX, {"eth0": {IN: 9}})
    it.sample(101.0, SIX)
    assert len(it.rows("per_interface")) == 2
    it.sample(500.0, SIX, {"eth0": {IN: 900}})
    rows = it.rows("per_interface", "kernel_order")
    assert rows.real("since_start", 2) == 0
    assert not rows.numbers("changed")[2]


def test_many_interfaces_are_looked_up_by_name_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def counting(section: str, name: str) -> Meaning:
        asked.append((section, name))
        return meaning(section, name)

    monkeypatch.setattr("sockscope.app.model.counters.meaning", counting)
    it = Played()
    it.sample(100.0, SIX, {f"eth{number}": {IN: number, OUT: 1} for number in range(500)})
    assert len(it.rows("per_interface")) == 1002
    assert len(asked) == 4
