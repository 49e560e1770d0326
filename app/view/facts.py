"""Details as lines of a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from sockscope.app.view.columns import Cell, Section
from sockscope.app.view.layout import cell_width

LABEL = 13
"""Cells for the labels, the gap behind them included."""


def lines(sections: Iterable[Section], width: int, gone: bool = False) -> list[list[Cell]]:
    """One fact a line, long values wrapped under themselves; sections are set apart by their titles.

    Of something that is `gone` the first line says so.
    """
    room = max(8, width - LABEL - 2)
    made: list[list[Cell]] = [[Cell(" gone: this is what was last known of it", "warn")]] if gone else []
    for section in sections:
        if not section.facts:
            continue
        if made:
            made.append([])
        made.append([Cell(f" {section.title}", "heading")])
        for fact in section.facts:
            pieces = _wrapped(fact.value, room)
            label = f" {fact.label}".ljust(LABEL)
            if len(label) > LABEL:
                label += " "
                pieces = _wrapped(fact.value, max(8, width - len(label) - 1))
            made.append([Cell(label, "dim"), Cell(pieces[0], fact.tone)])
            made += [[Cell(" " * LABEL), Cell(piece, fact.tone)] for piece in pieces[1:]]
    return made


def _wrapped(text: str, room: int) -> list[str]:
    if cell_width(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_long_words=True, break_on_hyphens=False) or [""]
