"""The map names every state, fits, keeps its numbers whole, and can be walked with the arrows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.buildups import BUILDUPS
from sockscope.app.model.states import BOUND, MEANINGS, NAMES, SHORT, SYN_RECV, TIME_WAIT, StateNow
from sockscope.app.view.cells import cell_width
from sockscope.app.view.format import count, short
from sockscope.app.view.statemap import HEIGHT, STATES, TALL, WIDTH, Way, draw, neighbour

WAYS: tuple[Way, ...] = ("up", "down", "left", "right")


def now(state: int, many: int = 0, change: float = 0.0, *, climbing: bool = False) -> StateNow:
    history = np.full(120, many, np.float32)
    return StateNow(state, NAMES[state], SHORT[state], many, change, history, 0, climbing)


def text(states: list[StateNow], chosen: int = SYN_RECV, width: int = 80, height: int = HEIGHT) -> list[str]:
    return ["".join(cell.text for cell in line) for line in draw(states, chosen, width, height)]


def test_every_state_of_the_rfc_is_there() -> None:
    assert set(STATES) == set(NAMES) - {BOUND}
    drawn = "\n".join(text([now(state) for state in STATES]))
    assert all(NAMES[state] in drawn for state in STATES)


def test_every_state_has_its_words() -> None:
    assert set(BUILDUPS) == set(NAMES) == set(MEANINGS)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e9, 1e9), st.booleans()), min_size=11, max_size=11)
)
def test_numbers_are_never_cut(values: list[tuple[int, float, bool]]) -> None:
    states = [now(state, *value[:2], climbing=value[2]) for state, value in zip(STATES, values, strict=True)]
    drawn = "\n".join(text(states))
    for state, (many, _, climbing) in zip(STATES, values, strict=True):
        ways = {
            f"{name} {number}"
            for name in (NAMES[state], SHORT[state])
            for number in (count(many), short(many))
        }
        mark = "▲" if climbing else ""
        assert any(way in drawn for way in ways), state
        assert drawn.count("▲") == sum(value[2] for value in values), mark


@pytest.mark.parametrize(("width", "height"), [(80, HEIGHT), (80, TALL), (120, TALL), (200, 50), (78, 20)])
def test_it_fits_and_stands_in_the_middle(width: int, height: int) -> None:
    lines = text([now(state, 5) for state in STATES], width=width, height=height)
    assert len(lines) == (TALL if height >= TALL else HEIGHT)
    assert all(cell_width(line.rstrip()) <= width for line in lines)
    assert all(line.startswith(" " * ((width - WIDTH) // 2)) for line in lines)


def test_sparklines_come_with_room() -> None:
    assert not any("█" in line for line in text([now(state, 5) for state in STATES], height=HEIGHT))
    assert any("█" in line or "▁" in line for line in text([now(state, 5) for state in STATES], height=TALL))


def test_hot_states_stand_out() -> None:
    lines = draw([now(TIME_WAIT, 8112, 120.0, climbing=True)], SYN_RECV, 80, HEIGHT)
    cells = [cell for line in lines for cell in line if "TIME_WAIT" in cell.text]
    assert [cell.tone for cell in cells] == ["alarm"]
    assert "8,112 +120/s ▲" in cells[0].text


def test_the_chosen_state_is_marked_without_colour() -> None:
    lines = text([now(state) for state in STATES], chosen=TIME_WAIT)
    assert [line for line in lines if "▐ TIME_WAIT" in line]


def test_every_state_can_be_reached_from_every_other() -> None:
    for start in STATES:
        reached = {start}
        edge = {start}
        while edge:
            edge = {neighbour(state, way) for state in edge for way in WAYS} - reached
            reached |= edge
        assert reached == set(STATES)
