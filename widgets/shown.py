"""What the terminal shows, cell by cell, so that nothing is sent that it shows already."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import get_character_cell_size
from rich.style import Style
from textual.strip import Strip

from sockscope.widgets.paint import NEAR

Glyph = tuple[str, Style | None]
"""A cell: the character that starts there with its marks (empty behind a wide one), and its style."""


class Shown:
    """A screen's cells as they were last sent; nothing is known of a cell that never was."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Glyph | None]] = {}
        self._strips: dict[int, dict[int, Strip]] = {}

    def forget(self) -> None:
        """Know nothing any more: somebody else has written there."""
        self._lines = {}
        self._strips = {}

    def send(self, x: int, y: int, strip: Strip) -> list[tuple[int, int]]:
        """Where a strip at x, y differs from what is shown there, as (first, end) cells of the strip.

        From now on the strip counts as shown.
        """
        strips = self._strips.setdefault(y, {})
        if strips.get(x) == strip:
            return []
        end = x + strip.cell_length
        for start in [each for each, was in strips.items() if each < end and each + was.cell_length > x]:
            del strips[start]
        strips[x] = strip
        new = glyphs(strip)
        line = self._lines.setdefault(y, [])
        line += [None] * (x + len(new) - len(line))
        old = line[x : x + len(new)]
        if old == new:
            return []
        line[x : x + len(new)] = new
        return _differences(old, new)


def _differences(old: Sequence[Glyph | None], new: Sequence[Glyph]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    others = [place for place, (was, glyph) in enumerate(zip(old, new, strict=True)) if was != glyph]
    for place in others:
        first = place - 1 if place and not new[place][0] else place
        end = place + 2 if place + 1 < len(new) and not new[place + 1][0] else place + 1
        if spans and first - spans[-1][1] < NEAR:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((first, end))
    return spans


def glyphs(strip: Strip) -> list[Glyph]:
    """A strip, one entry a cell."""
    spread: list[Glyph] = []
    for text, styled, _ in strip:
        style = styled or None
        if text.isascii():
            spread += [(character, style) for character in text]
            continue
        for character in text:
            width = get_character_cell_size(character)
            if width:
                spread.append((character, style))
                spread += [("", style)] * (width - 1)
            elif spread:
                spread[-1] = (spread[-1][0] + character, style)
    return spread
