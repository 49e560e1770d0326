"""The state strip at every width: what it names, what it folds, and that it stays where it is."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.nearness import Limit
from sockscope.app.model.states import (
    CLOSE_WAIT,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LISTEN,
    NAMES,
    ORDER,
    SECONDS,
    SHORT,
    SYN_RECV,
    TIME_WAIT,
    StateNow,
)
from sockscope.app.view.strip import GAP, LEAVES, OTHERS, StripItem, layout


def state(
    number: int,
    count: int = 0,
    per_second: float = math.nan,
    history: list[float] | None = None,
    *,
    climbing: bool = False,
    limit: Limit | None = None,
    second: int = 1000,
) -> StateNow:
    """A state whose history is flat unless told otherwise."""
    line = np.full(SECONDS, count, dtype=np.float32)
    if history is not None:
        line = np.array([math.nan] * SECONDS + [*history, count], dtype=np.float32)[-SECONDS:]
    return StateNow(number, NAMES[number], SHORT[number], count, per_second, line, second, climbing, limit)


def strip(*known: StateNow) -> tuple[StateNow, ...]:
    """All states, those that are not given at zero."""
    given_ = {each.state: each for each in known}
    return tuple(given_.get(number) or state(number) for number in ORDER)


def drawn(items: tuple[StripItem, ...]) -> str:
    """The line as it stands on the screen, checked for overlaps."""
    line = ""
    for item in items:
        text = "".join(part.text for part in item.parts)
        assert len(text) <= item.width
        assert len(line) + GAP == item.x or not line
        line = line.ljust(item.x) + text.ljust(item.width)
    return line


RISING = [0.0] * 114 + [88.0, 176.0, 264.0, 352.0, 440.0]
FLOOD = strip(
    state(ESTABLISHED, 1204, 3.0, [1190.0] * 60 + [1200.0] * 59),
    state(SYN_RECV, 512, 88.0, RISING, climbing=True),
    state(TIME_WAIT, 8112, 120.0, [7000.0] * 110 + [7000.0 + 120 * step for step in range(9)], climbing=True),
    state(CLOSE_WAIT, 14),
    state(FIN_WAIT2, 3),
    state(LISTEN, 31),
)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (
            160,
            "ESTABLISHED 1,204 +3/s   ▅▅▅▅▅▅▅▅  SYN_RECV 512 +88/s  ▁▁▁▁▁▁▁█ ▲  "
            "TIME_WAIT 8,112 +120/s ▅▅▅▅▅▅▅▆ ▲  CLOSE_WAIT 14 ▅▅▅▅▅▅▅▅  FIN_WAIT2 3  LISTEN 31  others 0",
        ),
        (
            116,
            "ESTABLISHED 1,204 +3/s    SYN_RECV 512 +88/s  ▲  TIME_WAIT 8,112 +120/s ▲  CLOSE_WAIT 14  "
            "FIN_WAIT2 3  LISTEN 31",
        ),
        (
            106,
            "ESTABLISHED 1,204  SYN_RECV 512 +88/s  ▲  TIME_WAIT 8,112 +120/s ▲  CLOSE_WAIT 14  "
            "FIN_WAIT2 3  LISTEN 31",
        ),
        (
            94,
            "ESTAB 1,204  SYN_RECV 512 +88/s ▲  TIME_WAIT 8,112 +120/s▲  CLOSE_WAIT 14  FIN_W2 3  LISTEN 31",
        ),
        (80, "ESTAB 1,204  SYN_RECV 512▲  TIME_WAIT 8,112▲  CLOSE_WAIT 14  FIN_W2 3  LISTEN 31"),
        (72, "ESTAB 1,204  SYN_RECV 512▲  TIME_WAIT 8,112▲  CLOSE_WAIT 14  others 34"),
        (40, "SYN_RECV 512▲  others 9,364▲"),
        (13, "others 9,876▲"),
        (12, "others 9.9k▲"),
        (5, ""),
    ],
)
def test_steps_from_wide_to_narrow(width: int, line: str) -> None:
    text = drawn(layout(FLOOD, width))
    assert len(text) <= width
    assert text.rstrip() == line


def test_nothing_known() -> None:
    assert layout((), 160) == ()


def test_a_quiet_machine_shows_what_one_looks_for() -> None:
    assert drawn(layout(strip(), 160)) == "ESTABLISHED 0  SYN_RECV 0  TIME_WAIT 0  CLOSE_WAIT 0  others 0"
    items = layout(strip(), 160)
    assert {part.tone for item in items for part in item.parts} == {"dim"}


def test_alarms_leave_last() -> None:
    alarmed = strip(state(ESTABLISHED, 5000), state(LISTEN, 400, climbing=True), state(FIN_WAIT1, 2))
    shown = [item.state for item in layout(alarmed, 26)]
    assert shown == [LISTEN, OTHERS]


def test_an_alarm_that_is_folded_marks_the_rest() -> None:
    alarmed = strip(state(LISTEN, 400, climbing=True), state(TIME_WAIT, 9000, climbing=True))
    assert drawn(layout(alarmed, 13)) == "others 9,400▲"


def test_a_limit_is_named() -> None:
    near = Limit("tcp_max_tw_buckets", 70112, 131072)
    states = strip(state(TIME_WAIT, 70112, 12.0, limit=near))
    assert re.search(r"TIME_WAIT 70,112/131,072 \+12/s +[▁-█]+ ▲", drawn(layout(states, 200)))
    assert "TIME_WAIT 70,112/131k▲" in drawn(layout(states, 62))


def test_a_limit_of_something_else_is_named_in_full() -> None:
    near = Limit("tcp_max_orphans", 1200, 4000)
    text = drawn(layout(strip(state(FIN_WAIT1, 900, limit=near)), 160))
    assert "FIN_WAIT1 900 tcp_max_orphans 1,200/4,000 ▲" in text


def test_a_state_that_fell_to_zero_keeps_its_place_for_a_moment() -> None:
    gone = state(FIN_WAIT1, 0, history=[3.0, 0.0, 0.0])
    assert FIN_WAIT1 in [item.state for item in layout(strip(gone), 160)]
    long_gone = state(FIN_WAIT1, 0, history=[3.0] + [0.0] * 10)
    assert FIN_WAIT1 not in [item.state for item in layout(strip(long_gone), 160)]


def test_items_stay_where_they_are_while_numbers_change() -> None:
    history = [1100.0]
    places = set()
    for count, rate in ((998, -3.2), (1002, 4.0), (7, -120.0), (64, 19.0), (1099, math.nan)):
        states = strip(state(ESTABLISHED, count, rate, history), state(TIME_WAIT, count, rate, history))
        places.add(tuple((item.state, item.x, item.width) for item in layout(states, 150)))
    assert len(places) == 1


def test_a_sparkline_only_moves_when_a_span_is_over() -> None:
    def cells(second: int) -> str:
        shape = [float((moment // 5) % 7) for moment in range(second - SECONDS + 1, second)]
        text = drawn(layout(strip(state(ESTABLISHED, 5, 0.0, shape, second=second)), 200))
        return "".join(re.findall("[▁▂▃▄▅▆▇█ ]{20,}", text)).strip()

    assert cells(1000)[:-1] == cells(1004)[:-1]
    assert cells(1000)[:-1] != cells(1005)[:-1]
    assert cells(1000)[1:-1] == cells(1005)[:-2]


def test_a_flat_line_is_not_drawn_as_a_peak() -> None:
    text = drawn(layout(strip(state(ESTABLISHED, 1204)), 160))
    assert "█" not in text
    assert "▅▅▅▅" in text


def test_every_state_can_leave() -> None:
    assert sorted(LEAVES) == sorted(ORDER)


COUNTS = st.one_of(st.just(0), st.integers(0, 20), st.integers(0, 2**32 - 1))
RATES = st.one_of(st.just(math.nan), st.just(0.0), st.floats(-1e7, 1e7))
HISTORY = st.lists(st.floats(0, 1e6, width=32), max_size=20)
LIMITS = st.one_of(
    st.none(), st.builds(Limit, st.just("some_limit"), st.integers(1, 10**6), st.integers(1, 10**6))
)


@st.composite
def any_states(draw: st.DrawFn) -> tuple[StateNow, ...]:
    return tuple(
        state(
            number,
            draw(COUNTS),
            draw(RATES),
            draw(HISTORY),
            climbing=draw(st.booleans()),
            limit=draw(LIMITS),
            second=draw(st.integers(0, 10**6)),
        )
        for number in ORDER
    )


@given(any_states(), st.integers(0, 260))
def test_any_width_holds_every_state_or_counts_it_in_the_rest(
    states: tuple[StateNow, ...], width: int
) -> None:
    items = layout(states, width)
    assert len(drawn(items)) <= width
    if not items:
        assert width < len("others 99.9M▲")
        return
    shown = {item.state for item in items} - {OTHERS}
    folded = [each for each in states if each.state not in shown]
    rest = [item for item in items if item.state == OTHERS]
    assert len(rest) == 1 or not any(each.count or each.climbing or each.limit for each in folded)
    alarms = {item.state: any(part.tone == "alarm" for part in item.parts) for item in items}
    for each in states:
        if each.climbing or each.limit:
            assert alarms[each.state if each.state in shown else OTHERS]
    exact = {item.state: "".join(part.text for part in item.parts) for item in rest}
    total = sum(each.count for each in folded)
    if rest and not re.search(r"[kMGT]", exact[OTHERS]):
        assert re.sub(r"\D", "", exact[OTHERS]) == str(total)
