"""The state strip: every TCP state with its count, laid out for a width.

Whatever the width, a state that any socket is in is named, or counted in the named rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sockscope.app.model.states import (
    BOUND,
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    StateNow,
)
from sockscope.app.record import dataclass
from sockscope.app.view.cells import Bar, Cell, cell_width
from sockscope.app.view.format import count, per_second, short, sparkline
from sockscope.app.view.sockets import TONES

ALARM = "▲"
GAP = 2
"""Blank cells between items."""
OTHERS = 0
"""Stands for the state of the item that counts the rest."""

ALWAYS = (ESTABLISHED, SYN_RECV, TIME_WAIT, CLOSE_WAIT)
"""States that keep their place at zero too: one looks for them, and seeing none is an answer."""
LEAVES = (
    CLOSE,
    BOUND,
    LISTEN,
    CLOSING,
    LAST_ACK,
    FIN_WAIT1,
    FIN_WAIT2,
    SYN_SENT,
    CLOSE_WAIT,
    TIME_WAIT,
    SYN_RECV,
    ESTABLISHED,
)
"""Order in which states leave for the rest when there is no room; those with an alarm leave last."""

LINGER = 10
"""Seconds for which a state that fell to zero keeps its place, so that its neighbours stay where they are."""
SPARKS = (24, 20, 15, 12, 8, 6)
"""Widths that a sparkline may have; each cell stands for a whole number of seconds."""

_RATE_ROOM = 6  # `+120/s`, the usual


@dataclass(frozen=True, slots=True)
class StripItem:
    """One state (or OTHERS) at cell `x`, `width` cells wide; `parts` are drawn one after the other and may be
    shorter than that."""

    state: int
    parts: tuple[Cell, ...]
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class _Step:
    """How much is said of each state: whole names, the change of all states or only of those with an alarm,
    whole numbers."""

    full: bool
    rates: bool
    alarm_rates: bool
    exact: bool = True


_STEPS = (
    _Step(full=True, rates=True, alarm_rates=True),
    _Step(full=True, rates=False, alarm_rates=True),
    _Step(full=False, rates=False, alarm_rates=True),
    _Step(full=False, rates=False, alarm_rates=False),
)
_TIGHT = _Step(full=False, rates=False, alarm_rates=False, exact=False)


@dataclass(frozen=True, slots=True)
class _Draft:
    state: int
    parts: tuple[Cell, ...]
    width: int


def layout(states: Sequence[StateNow], width: int) -> tuple[StripItem, ...]:
    """Items from left to right that fit into `width` cells; none where not even the rest can be counted.

    When room is short sparklines go first, then the changes, then long names, then states. Numbers are never
    cut, and get the room that their highest value of the last minutes needs, so that items do not move.
    """
    shown = [state for state in states if _present(state)]
    rest = [state for state in states if not _present(state)]
    for step in _STEPS:
        drafts = _drafts(shown, rest, step, width)
        if _room(drafts) <= width:
            return _placed(_with_sparks(shown, rest, width) if step is _STEPS[0] else drafts)
    for step in (_STEPS[-1], _TIGHT):
        kept, folded = shown, rest
        while True:
            drafts = _drafts(kept, folded, step, width)
            if _room(drafts) <= width:
                return _placed(drafts)
            if not kept:
                break
            leaving = min(kept, key=lambda state: (_alarming(state), LEAVES.index(state.state)))
            kept = [state for state in kept if state is not leaving]
            folded = [*folded, leaving]
    return ()


def strip_bar(states: Sequence[StateNow], width: int) -> Bar:
    """The state strip; a click on a state names its number."""
    cells: list[Cell] = []
    spots = []
    x = 0
    for item in layout(states, width - 1):
        start = item.x + 1
        cells.append(Cell(" " * (start - x)))
        cells += item.parts
        x = start + sum(cell_width(part.text) for part in item.parts)
        if item.state != OTHERS:
            spots.append((start, start + item.width, str(item.state)))
    return Bar(cells, spots)


def _alarming(state: StateNow) -> bool:
    return state.climbing or state.limit is not None


def _highest(state: StateNow, seconds: int | None = None) -> int:
    """The highest count of the last seconds, or of the whole history."""
    recent = state.history if seconds is None else state.history[-seconds:]
    return int(np.fmax.reduce(recent, initial=state.count))


def _present(state: StateNow) -> bool:
    return state.state in ALWAYS or _alarming(state) or _highest(state, LINGER) > 0


def _varied(state: StateNow) -> bool:
    known = state.history[~np.isnan(state.history)]
    return bool(len(known) and known.min() != known.max())


def _drafts(shown: Sequence[StateNow], rest: Sequence[StateNow], step: _Step, width: int) -> list[_Draft]:
    """The items of one step; a rest of zero is left out where there is no room for it."""
    drafts = [_draft(state, step) for state in shown]
    if rest:
        others = _others(rest, step)
        needed = not drafts or any(state.count or _alarming(state) for state in rest)
        if needed or _room([*drafts, others]) <= width:
            drafts.append(others)
    return drafts


def _draft(state: StateNow, step: _Step, spark: int = 0) -> _Draft:
    alarm = _alarming(state)
    name = state.name if step.full else state.short
    number = _number(state.count, step)
    room = max(len(number), len(_number(_highest(state), step)))
    note = ""
    if state.limit is not None:
        limit = _number(state.limit.value, step) if step.full else short(state.limit.value)
        if state.limit.used == state.count:
            number = f"{number}/{limit}"
            room += 1 + len(limit)
        elif step.full:
            note = f" {state.limit.name} {_number(state.limit.used, step)}/{limit}"
    tone = TONES.get(state.state, "") if state.count else "dim"
    parts = [Cell(f"{name} ", tone), Cell(number, "strong" if state.count else "dim")]
    if step.rates or (alarm and step.alarm_rates):
        rate = per_second(state.per_second)
        if rate or _varied(state):
            room += 1 + max(_RATE_ROOM, len(rate))
        if rate:
            parts.append(Cell(f" {rate}", "" if alarm else "dim"))
    used = sum(len(part.text) for part in parts[1:])
    parts.append(Cell(" " * (room - used)))
    if spark:
        parts.append(Cell(f" {_spark(state, spark)}", tone))
    if note:
        parts.append(Cell(note))
    if alarm:
        parts.append(Cell(f" {ALARM}" if step.full else ALARM, "alarm"))
    kept = tuple(part for part in parts if part.text)
    return _Draft(state.state, kept, sum(len(part.text) for part in kept))


def _others(rest: Sequence[StateNow], step: _Step) -> _Draft:
    total = sum(state.count for state in rest)
    number = _number(total, step)
    room = max(len(number), len(_number(sum(map(_highest, rest)), step)))
    alarm = any(map(_alarming, rest))
    parts = [Cell("others ", "dim"), Cell(number, "" if total else "dim")]
    if alarm:
        parts.append(Cell(f" {ALARM}" if step.full else ALARM, "alarm"))
    return _Draft(OTHERS, tuple(parts), sum(len(part.text) for part in parts) + room - len(number))


def _number(value: int, step: _Step) -> str:
    return count(value) if step.exact else short(value)


def _with_sparks(shown: Sequence[StateNow], rest: Sequence[StateNow], width: int) -> list[_Draft]:
    """The fullest step with sparklines for as many states as there is room for."""
    step = _STEPS[0]
    plain = _drafts(shown, rest, step, width)
    spare = width - _room(plain)
    telling = sorted(
        (
            place
            for place, state in enumerate(shown)
            if _highest(state) and (state.state in ALWAYS or _varied(state))
        ),
        key=lambda place: (not _alarming(shown[place]), not _varied(shown[place]), place),
    )
    for number in range(len(telling), 0, -1):
        for spark in SPARKS:
            if number * (1 + spark) <= spare:
                for place in telling[:number]:
                    plain[place] = _draft(shown[place], step, spark)
                return plain
    return plain


def _spark(state: StateNow, width: int) -> str:
    """The history in `width` cells, each the highest of a fixed span of seconds, so that cells only move when
    a span is over. A flat line stands half high; only a rise from far below reaches the top."""
    span = len(state.history) // width
    ahead = span - 1 - state.second % span
    shifted = np.concatenate([state.history[ahead:], np.full(ahead, np.nan, dtype=np.float32)])
    cells = np.fmax.reduce(shifted[-width * span :].reshape(width, span), axis=1)
    known = cells[~np.isnan(cells)]
    if not len(known):
        return " " * width
    return sparkline(cells.tolist(), width, high=float(known.max() + 0.6 * known.min()))


def _room(drafts: Sequence[_Draft]) -> int:
    return sum(draft.width for draft in drafts) + GAP * max(0, len(drafts) - 1)


def _placed(drafts: Sequence[_Draft]) -> tuple[StripItem, ...]:
    items = []
    x = 0
    for draft in drafts:
        items.append(StripItem(draft.state, draft.parts, x, draft.width))
        x += draft.width + GAP
    return tuple(items)
