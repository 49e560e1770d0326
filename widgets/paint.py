"""Which cells of a line changed, so that only those are sent to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sockscope.app.view.cells import Cell, cell_width

NEAR = 8
"""Unchanged cells worth repainting rather than moving the terminal's cursor over them."""


def changed(old: Sequence[Cell], new: Sequence[Cell], width: int) -> list[tuple[int, int]]:
    """Spans (x, width) in which two lines of `width` cells differ."""
    if old == new:
        return []
    before = _spread(old, width)
    after = _spread(new, width)
    spans: list[tuple[int, int]] = []
    for x in range(width):
        if before[x] == after[x]:
            continue
        if spans and x - (spans[-1][0] + spans[-1][1]) < NEAR:
            spans[-1] = (spans[-1][0], x + 1 - spans[-1][0])
        else:
            spans.append((x, 1))
    return spans


def _spread(cells: Iterable[Cell], width: int) -> list[tuple[str, str]]:
    """One entry a terminal cell: the character that starts there and its tone."""
    spread: list[tuple[str, str]] = []
    for text, tone in cells:
        for character in text:
            wide = 1 if character.isascii() else cell_width(character)
            if not wide and spread:
                spread[-1] = (spread[-1][0] + character, tone)
            else:
                spread.append((character, tone))
            if wide == 2:
                spread.append(("", tone))
    blank = [(" ", "")] * (width - len(spread))
    return (spread + blank)[:width]
