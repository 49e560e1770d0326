"""The page with the map of TCP states: the drawing, and what is to be said of the state one stands on."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sockscope.app.model.buildups import BUILDUPS
from sockscope.app.model.states import ESTABLISHED, MEANINGS, NAMES, StateNow
from sockscope.app.view.cells import Cell
from sockscope.app.view.format import count
from sockscope.app.view.statemap import HEIGHT, STATES, TALL, WIDTH, at, draw, hot

SMALLEST = (WIDTH, 20)
"""Columns and lines below which the page does not fit."""
WORDS = 6
"""Lines that are kept for words, so that the drawing stands still while one walks about in it."""
WIDEST = 100
"""Cells to a line of words; longer lines are hard to read."""
LEGEND = " arrows move   ⏎ shows the sockets in that state   Esc closes"
ROOMY = TALL + WORDS + 4
"""Lines from which there is room for sparklines."""

Lines = list[list[Cell]]


def first(states: Sequence[StateNow]) -> int:
    """The state to stand on at first: a hot one, else ESTABLISHED."""
    return next((each.state for each in states if hot(each) and each.state in STATES), ESTABLISHED)


def page(states: Sequence[StateNow], chosen: int, width: int, height: int) -> Lines:
    """The page for a screen; one line that says what is needed where that is more than there is."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        needed = f"{SMALLEST[0]}x{SMALLEST[1]}"
        return [[Cell(f" the state map needs {needed}, this is {width}x{height}")]]
    words = _words(states, chosen, width)
    tall = TALL if height >= ROOMY else HEIGHT
    lines: Lines = [[] for _ in range(_above(height))]
    lines += draw(states, chosen, width, tall)
    if height > tall + WORDS + 1:
        lines.append([])
    lines += words + [[] for _ in range(WORDS - len(words))]
    if height > tall + WORDS:
        lines.append([Cell(" " * _margin(width)), Cell(LEGEND, "dim")])
    return lines


def state_at(x: int, y: int, width: int, height: int) -> int | None:
    """The state that is drawn at this place of the page."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    return at(x, y - _above(height), width, TALL if height >= ROOMY else HEIGHT)


def _above(height: int) -> int:
    """Blank lines above the drawing."""
    tall = TALL if height >= ROOMY else HEIGHT
    return max(0, (height - tall - WORDS - 2) // 2)


def _margin(width: int) -> int:
    return max(0, width - WIDTH) // 2


def _words(states: Sequence[StateNow], chosen: int, width: int) -> Lines:
    """What the state means, and what a buildup of it usually tells."""
    margin = _margin(width)
    room = min(WIDEST, width - margin) - 3
    now = next((each for each in states if each.state == chosen), None)
    name, many = f"{NAMES[chosen]}:", BUILDUPS[chosen]
    meaning = f"{MEANINGS[chosen]}."
    if now is not None and now.limit is not None:
        meaning += f" {now.limit.name}: {count(now.limit.used)} of {count(now.limit.value)}."
    return [
        *_paragraph(name, "strong", meaning, margin, room),
        *_paragraph("Many of them:", "strong", f"{many[0].lower()}{many[1:]}", margin, room),
    ][:WORDS]


def _paragraph(title: str, tone: str, text: str, margin: int, room: int) -> Lines:
    """A paragraph that begins with a title of another tone."""
    pieces = textwrap.wrap(f"{title} {text}", room, break_on_hyphens=False)
    lead = Cell(" " * (margin + 1))
    opening = [lead, Cell(title, tone), Cell(pieces[0].removeprefix(title))]
    return [opening, *([lead, Cell(piece)] for piece in pieces[1:])]
