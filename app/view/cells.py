"""Text as it stands on the screen: runs with tones, and the terminal cells that they take."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Cell(NamedTuple):
    """One value as it reads, and its tone: a word for what it means, turned into a colour by the theme.

    Tones: "" plain, dim, strong, good, warn, alarm, link (something one can follow), and for TCP states
    established, listen, timewait, passing, closewait.
    """

    text: str
    tone: str = ""


class Bar(NamedTuple):
    """A line: runs of text, and parts to click as (start, end, target)."""

    cells: list[Cell]
    spots: list[tuple[int, int, str]]


def cell_width(text: str) -> int:
    """How many terminal cells a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(character_width(character) for character in text)


def character_width(character: str) -> int:
    """Terminal cells of one character."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells, with `…` for what is missing at its end."""
    if cell_width(text) <= width:
        return text
    kept: list[str] = []
    used = 0
    for character in text:
        used += character_width(character)
        if used >= width:
            break
        kept.append(character)
    return "".join(kept) + "…"[:width]
