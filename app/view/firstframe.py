"""What stands on the screen before there is anything to show: the lines around an empty table.

Cheap to import, because it is drawn before anything else is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sockscope.app.actions import holding
from sockscope.app.tabs import TABS
from sockscope.app.view import bars
from sockscope.app.view.cells import Cell

SMALLEST = (60, 15)
"""Columns and lines below which there is only room for a word."""


class Drawn(NamedTuple):
    """Runs of text on line `y` from the left edge, on the `bar` of header and footer or on the screen's
    background; the rest of the line is blank, in the tone `rest`."""

    y: int
    cells: list[Cell]
    bar: bool = False
    rest: str = ""


def too_small(width: int, height: int) -> Cell:
    """What to say on a screen with less room than anything needs."""
    return Cell(f" sockscope needs {SMALLEST[0]}x{SMALLEST[1]}, this is {width}x{height}")


def first_frame(tab: str, interval: float, width: int, height: int, *, filtered: bool) -> Iterator[Drawn]:
    """The lines of an empty screen of that tab, those without text left out."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        yield Drawn(0, [too_small(width, height)])
        return
    yield Drawn(0, bars.header(None, bars.Status(), interval, width).cells, bar=True)
    yield Drawn(2, bars.tab_bar(TABS, tab, {}, width).cells)
    yield Drawn(3, [], rest="head")
    if filtered:
        yield Drawn(height - 2, [], bar=True)
    yield Drawn(height - 1, bars.footer(holding(tab), width).cells, bar=True)
