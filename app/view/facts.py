"""Details as lines of a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from sockscope.app.view.cells import Cell, cell_width
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.naming import Naming

LABEL = 14
"""Cells for the labels, the gap behind them included."""
COLUMN = 52
"""Cells that facts need to stand beside one another."""

Lines = list[list[Cell]]


def lines(sections: Sequence[Section], gone: bool, width: int) -> Lines:
    """One fact a line, long values wrapped under themselves, in two columns where there is room.

    Of something that is `gone` the first line says so.
    """
    made = [[Cell(" gone: this is what was last known of it", "warn")]] if gone else []
    told = [section for section in sections if section.facts]
    if width < 2 * COLUMN:
        return made + _stacked(told, width)
    half = width // 2
    left, right = _split(told, half)
    return made + _beside(_stacked(left, half), _stacked(right, width - half), half)


def with_names(sections: Sequence[Section], naming: Naming) -> list[Section]:
    """Details with a line more below each address that is known to have a name."""
    return [section._replace(facts=tuple(_named(section.facts, naming))) for section in sections]


def _named(facts: Sequence[Fact], naming: Naming) -> Iterator[Fact]:
    for fact in facts:
        yield fact
        if any(naming.host(*host) for host in fact.hosts):
            yield Fact("", " → ".join(naming.place(*host) for host in fact.hosts))


def _split(sections: list[Section], width: int) -> tuple[list[Section], list[Section]]:
    """The sections in two runs whose longer one is as short as can be."""
    heights = [len(_section(section, width)) + 1 for section in sections]
    cuts = range(len(sections) + 1)
    best = min(cuts, key=lambda cut: (max(sum(heights[:cut]), sum(heights[cut:])), -cut))
    return sections[:best], sections[best:]


def _stacked(sections: list[Section], width: int) -> Lines:
    made: Lines = []
    for section in sections:
        made += [[], *_section(section, width)] if made else _section(section, width)
    return made


def _section(section: Section, width: int) -> Lines:
    room = max(8, width - LABEL - 1)
    made: Lines = [[Cell(f" {section.title}", "heading")]]
    for fact in section.facts:
        label = f" {fact.label}".ljust(LABEL)
        if len(label) > LABEL:
            label += " "
        pieces = _wrapped(fact.value, room - len(label) + LABEL)
        made.append([Cell(label, "dim"), Cell(pieces[0], fact.tone)])
        made += [[Cell(" " * len(label)), Cell(piece, fact.tone)] for piece in pieces[1:]]
    return made


def _beside(left: Lines, right: Lines, at: int) -> Lines:
    height = max(len(left), len(right))
    made: Lines = []
    for place in range(height):
        first = left[place] if place < len(left) else []
        second = right[place] if place < len(right) else []
        blank = " " * (at - sum(cell_width(cell.text) for cell in first))
        made.append([*first, Cell(blank), *second])
    return made


def _wrapped(text: str, room: int) -> list[str]:
    if cell_width(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_long_words=True, break_on_hyphens=False) or [""]
