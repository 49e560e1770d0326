"""The TCP state machine (RFC 9293, figure 5) drawn as text, with what is in every state now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sockscope.app.model.states import (
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
from sockscope.app.view.cells import Cell
from sockscope.app.view.format import count, per_second, short, sparkline
from sockscope.app.view.sockets import TONES
from sockscope.app.view.strip import ALARM

Way = Literal["up", "down", "left", "right"]

WIDTH = 78
"""Cells that the drawing takes."""

_DRAWING = """\
                          [0000000000000000000000000]
   listen() at a port ┌────────────────┴─────────────────┐ connect(), SYN sent
         [LLLLLLLLLLLLLLLLLLLLLLLLL]         [SSSSSSSSSSSSSSSSSSSSSSSSS]
   SYN came, answered │                                         │ SYN,ACK came
[RRRRRRRRRRRRRRRRRRRRRRRRR]◄──────── SYN came too ──────────────┤
    ACK came │                                                  │
             └───────────►[EEEEEEEEEEEEEEEEEEEEEEEEE]◄──────────┘
 closed here, FIN  ┌───────────────────┴────────────────────┐ FIN came
[1111111111111111111111111]──┐ FIN came too        [WWWWWWWWWWWWWWWWWWWWWWWWW]
    ACK came │               │                                  │ closed here
[2222222222222222222222222]  └►[GGGGGGGGGGGGGGGG]  [AAAAAAAAAAAAAAAAAAAAAAAAA]
    FIN came │                          │ ACK came              │ ACK came
[TTTTTTTTTTTTTTTTTTTTTTTTT]◄────────────┘                       ▼
             └─ 60 s ─► gone                                   gone
"""

_LETTERS = {
    "0": CLOSE,
    "L": LISTEN,
    "S": SYN_SENT,
    "R": SYN_RECV,
    "E": ESTABLISHED,
    "1": FIN_WAIT1,
    "2": FIN_WAIT2,
    "W": CLOSE_WAIT,
    "G": CLOSING,
    "A": LAST_ACK,
    "T": TIME_WAIT,
}
_SLOT = re.compile(r"\[([0-9A-Z])\1+\]")
_PASSES = {"│": "│", "┤": "│"}
"""What of a line goes on in the line below it."""


@dataclass(frozen=True, slots=True)
class _Slot:
    state: int
    line: int
    start: int
    end: int


_LINES = tuple(line.ljust(WIDTH) for line in _DRAWING.splitlines())
_SLOTS = tuple(
    _Slot(_LETTERS[found[1]], number, found.start(), found.end())
    for number, line in enumerate(_LINES)
    for found in _SLOT.finditer(line)
)
STATES = tuple(slot.state for slot in _SLOTS)
"""The states in the drawing, from the top left to the bottom right."""

HEIGHT = len(_LINES)
"""Lines of the drawing without sparklines."""
TALL = HEIGHT + len({slot.line for slot in _SLOTS})
"""Lines of the drawing with a sparkline under every state."""


def draw(states: Sequence[StateNow], chosen: int, width: int, height: int) -> list[list[Cell]]:
    """The drawing for `width` cells, in the middle, with sparklines if `height` has room for them.

    The chosen state stands in reverse; one that climbs or nears a limit carries ▲.
    """
    now = {state.state: state for state in states}
    margin = max(0, width - WIDTH) // 2
    lines = []
    for number, line in enumerate(_LINES):
        slots = [slot for slot in _SLOTS if slot.line == number]
        lines.append([Cell(" " * margin), *_line(line, slots, now, chosen)])
        if slots and height >= TALL:
            lines.append([Cell(" " * margin), *_sparks(line, slots, now)])
    return lines


def at(x: int, y: int, width: int, height: int) -> int | None:
    """The state whose place in the drawing for this size is there, sparkline included."""
    x -= max(0, width - WIDTH) // 2
    number = -1
    for line in range(len(_LINES)):
        slots = [slot for slot in _SLOTS if slot.line == line]
        number += 2 if slots and height >= TALL else 1
        if y <= number:
            return next((slot.state for slot in slots if slot.start <= x < slot.end), None)
    return None


def _line(line: str, slots: Sequence[_Slot], now: Mapping[int, StateNow], chosen: int) -> Iterator[Cell]:
    place = 0
    for slot in slots:
        yield Cell(line[place : slot.start], "dim")
        state = now.get(slot.state)
        text = _words(state, slot.end - slot.start - 2) if state is not None else ""
        tone = _tone(state)
        edges = ("▐", "▌") if slot.state == chosen else ("[", "]")
        yield Cell(edges[0], "strong" if slot.state == chosen else "dim")
        yield Cell(text.ljust(slot.end - slot.start - 2), "chosen" if slot.state == chosen else tone)
        yield Cell(edges[1], "strong" if slot.state == chosen else "dim")
        place = slot.end
    yield Cell(line[place:], "dim")


def _tone(state: StateNow | None) -> str:
    if state is None or not state.count:
        return "dim"
    return "alarm" if hot(state) else TONES.get(state.state, "")


def hot(state: StateNow) -> bool:
    """Whether a state wants looking at: it climbs, or nears its limit."""
    return state.climbing or state.limit is not None


def _words(state: StateNow, room: int) -> str:
    """Name, count, change and mark, as much of it as there is room for; numbers are never cut."""
    mark = f" {ALARM}" if hot(state) else ""
    change = per_second(state.per_second)
    ways = (
        f" {state.name} {count(state.count)} {change}".rstrip() + mark,
        f" {state.name} {short(state.count)} {change}".rstrip() + mark,
        f" {state.short} {short(state.count)} {change}".rstrip() + mark,
        f" {state.short} {short(state.count)}{mark}",
    )
    return next((way for way in ways if len(way) <= room), ways[-1][:room])


def _sparks(line: str, slots: Sequence[_Slot], now: Mapping[int, StateNow]) -> Iterator[Cell]:
    place = 0
    for slot in slots:
        yield Cell("".join(_PASSES.get(character, " ") for character in line[place : slot.start]), "dim")
        state = now.get(slot.state)
        room = slot.end - slot.start - 2
        drawn = "" if state is None or not state.count else sparkline(state.history, room)
        yield Cell(f" {drawn:<{room}} ", _tone(state))
        place = slot.end
    yield Cell("".join(_PASSES.get(character, " ") for character in line[place:]), "dim")


def neighbour(chosen: int, way: Way) -> int:
    """The nearest state in that direction; the same where there is none."""
    here = next(slot for slot in _SLOTS if slot.state == chosen)
    sideways = way in ("left", "right")
    sign = 1 if way in ("right", "down") else -1
    found = [
        slot
        for slot in _SLOTS
        if slot is not here
        and (
            (slot.line == here.line and sign * (slot.start - here.start) > 0)
            if sideways
            else sign * (slot.line - here.line) > 0
        )
    ]
    if not found and sideways:
        found = [slot for slot in _SLOTS if sign * (_middle(slot) - _middle(here)) > 4]
    nearest = min(found, key=lambda slot: _distance(slot, here), default=here)
    return nearest.state


def _middle(slot: _Slot) -> float:
    return (slot.start + slot.end) / 2


def _distance(one: _Slot, other: _Slot) -> tuple[int, float]:
    return abs(one.line - other.line), abs(_middle(one) - _middle(other))
