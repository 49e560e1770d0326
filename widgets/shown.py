"""What the terminal shows, cell by cell, so that nothing is sent that it shows already."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import get_character_cell_size
from textual.strip import Strip

NEAR = 8
"""Unchanged cells worth sending again rather than moving the terminal's cursor over them."""
_BEHIND = "\0"
"""Stands in the cell behind a wide character."""
_FIRST_CLUSTER = 0xF0000
"""Where private code points begin, which stand for characters with marks on them."""
_MOST_CLUSTERS, _MOST_STYLES = 0x10000, 0xD000


class Glyphs(NamedTuple):
    """Cells of a line: two texts with a character for each cell, one of what stands there and one of its
    style. NUL for a style: nothing is known of that cell."""

    text: str
    style: str

    def part(self, first: int, end: int) -> Glyphs:
        """Some of the cells."""
        return Glyphs(self.text[first:end], self.style[first:end])

    def with_part(self, first: int, part: Glyphs) -> Glyphs:
        """The line with other cells from `first` on; cells between what is known of are unknown."""
        text, style = (each.ljust(first, "\0") for each in self)
        end = first + len(part.text)
        return Glyphs(text[:first] + part.text + text[end:], style[:first] + part.style + style[end:])


_NOTHING = Glyphs("", "")


class Shown:
    """A screen's cells as they were last sent; nothing is known of a cell that never was."""

    def __init__(self) -> None:
        self._lines: dict[int, Glyphs] = {}
        self._strips: dict[int, dict[int, Strip]] = {}

    def forget(self) -> None:
        """Know nothing any more: somebody else has written there."""
        self._lines = {}
        self._strips = {}

    def send(self, x: int, y: int, strip: Strip) -> list[tuple[int, int]]:
        """Where a strip at x, y differs from what is shown there, as (first, end) cells of the strip.

        From now on the strip counts as shown.
        """
        if len(_clusters) > _MOST_CLUSTERS or len(_styles) > _MOST_STYLES:
            self._number_anew()
        strips = self._strips.setdefault(y, {})
        if strips.get(x) == strip:
            return []
        end = x + strip.cell_length
        for start in [each for each, was in strips.items() if each < end and each + was.cell_length > x]:
            del strips[start]
        strips[x] = strip
        new = glyphs(strip)
        line = self._lines.get(y, _NOTHING)
        old = line.part(x, x + len(new.text))
        if old == new:
            return []
        self._lines[y] = line.with_part(x, new)
        return _differences(old, new)

    def _number_anew(self) -> None:
        """Characters for others: what is known is told in old ones."""
        _clusters.clear()
        _styles.clear()
        _spread.cache_clear()
        self.forget()


def _differences(old: Glyphs, new: Glyphs) -> list[tuple[int, int]]:
    """Spans of cells that differ, whole characters, those that are near to one another as one."""
    number = len(new.text)
    before = _codes(old.text.ljust(number, "\0") + old.style.ljust(number, "\0"))
    unlike = before != _codes(new.text + new.style)
    others = unlike[:number] | unlike[number:]
    if _BEHIND in new.text:
        behind = _codes(new.text) == 0
        others[:-1] |= others[1:] & behind[1:]
        others[1:] |= others[:-1] & behind[1:]
    places = others.nonzero()[0]
    breaks = (places[1:] - places[:-1] > NEAR).nonzero()[0]
    ends = [*places[breaks].tolist(), int(places[-1])]
    firsts = [int(places[0]), *places[breaks + 1].tolist()]
    return [(first, end + 1) for first, end in zip(firsts, ends, strict=True)]


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def glyphs(strip: Strip) -> Glyphs:
    """A strip's cells."""
    texts: list[str] = []
    styles: list[str] = []
    for segment, style, _ in strip:
        text = segment
        while text and texts and not text[0].isascii() and not get_character_cell_size(text[0]):
            texts[-1], text = _marked(texts[-1], text[0]), text[1:]
        cells = text if text.isascii() else _spread(text)
        if cells:
            texts.append(cells)
            styles.append(_styles[style or None] * len(cells))
    return Glyphs("".join(texts), "".join(styles))


@lru_cache(maxsize=4096)
def _spread(text: str) -> str:
    """One character a cell."""
    cells = ""
    for character in text:
        width = get_character_cell_size(character)
        if width:
            cells += character + _BEHIND * (width - 1)
        elif cells:
            cells = _marked(cells, character)
    return cells


def _marked(cells: str, mark: str) -> str:
    """The cells, the last character with a mark on it."""
    place = len(cells.rstrip(_BEHIND)) - 1
    return f"{cells[:place]}{_clusters[cells[place], mark]}{cells[place + 1 :]}"


class _Numbers(dict[object, str]):
    """Gives everything that is asked for a character of its own."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self._first = first

    def __missing__(self, key: object) -> str:
        self[key] = chr(self._first + len(self))
        return self[key]


_clusters = _Numbers(_FIRST_CLUSTER)
_styles = _Numbers(1)
