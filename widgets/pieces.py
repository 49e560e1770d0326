"""The pieces of widgets that make up a screen, of which only those that show are drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, cast

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Visible = Mapping[Widget, tuple[Region, Region]]


class Piece(NamedTuple):
    """The cells `first` to `end` of a line of the screen, which a widget draws that lies at `region`."""

    first: int
    end: int
    widget: Widget
    region: Region


Line = tuple[Piece, ...]
Span = tuple[int, int, int]
"""Cells of a line of the screen: (y, first, end)."""
Chops = dict[int, Strip | None]


class Pieces(Compositor):
    """Draws a widget's lines where they show and were asked for.

    Textual's own has every widget draw all of its lines, also those behind others, and then picks.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: Visible = {}
        self._lines: list[Line] = []

    @property
    def lines(self) -> Sequence[Line]:
        """What each line of the screen is made of, from left to right."""
        visible = self.visible_widgets
        if self._shown is not visible or len(self._lines) != self.size.height:
            self._shown = visible
            self._lines = list(_lines(visible, self.size.region))
        return self._lines

    @property
    def cuts(self) -> list[list[int]]:
        """Where pieces begin in each line, and the end of the line."""
        if self._cuts is None:
            width = self.size.width
            self._cuts = [[*(piece.first for piece in line), width] for line in self.lines]
        return self._cuts

    def render_partial_update(self) -> ChopsUpdate | None:
        """What was told to be drawn anew, and no more of it than shows."""
        screen = self.size.region
        dirty, self._dirty_regions = self._dirty_regions, set()
        spans = list(self._regions_to_spans(filter(None, map(screen.intersection, dirty))))
        if not spans:
            return None
        return ChopsUpdate(self._draw(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        chops = self._draw([(y, crop.x, crop.right) for y in crop.line_range if is_rendered_line(y)])
        return cast(Sequence[Mapping[int, Strip]], chops)

    def _draw(self, spans: Sequence[Span]) -> Sequence[Chops]:
        """Every line's pieces by where they begin; those that lie in one of the spans are drawn."""
        asked = [
            (y, piece)
            for y, first, end in spans
            for piece in self.lines[y]
            if piece.first < end and first < piece.end
        ]
        drawn = _drawn(asked)
        chops: list[Chops] = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        for y, (first, end, widget, region) in asked:
            chops[y][first] = drawn[widget, y].crop(first - region.x, end - region.x)
        return chops


def _drawn(asked: Sequence[tuple[int, Piece]]) -> dict[tuple[Widget, int], Strip]:
    """The lines of widgets to which these pieces belong, by the screen's line; lines that follow one another
    are asked for together."""
    regions: dict[Widget, Region] = {}
    lines: defaultdict[Widget, dict[int, None]] = defaultdict(dict)
    for y, piece in asked:
        regions[piece.widget] = piece.region
        lines[piece.widget][y] = None
    drawn: dict[tuple[Widget, int], Strip] = {}
    for widget, places in lines.items():
        region = regions[widget]
        for first, end in _runs(sorted(places)):
            strips = widget.render_lines(Region(0, first - region.y, region.width, end - first))
            drawn.update(zip(((widget, y) for y in range(first, end)), strips, strict=True))
    return drawn


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as ranges (first, end)."""
    first = end = numbers[0]
    for number in numbers:
        if number > end:
            yield first, end
            first = number
        end = number + 1
    yield first, end


def _lines(visible: Visible, screen: Region) -> Iterator[Line]:
    """What each line shows of these widgets, those in front first; between two edges all lines are alike."""
    shown = [
        (widget, region, part)
        for widget, (region, clip) in visible.items()
        if (part := region.intersection(clip).intersection(screen))
    ]
    edges = sorted({0, screen.height, *(y for _, _, part in shown for y in (part.y, part.bottom))})
    for top, bottom in pairwise(edges):
        line = tuple(_line([each for each in shown if each[2].y <= top < each[2].bottom]))
        for _ in range(top, bottom):
            yield line


def _line(shown: Sequence[tuple[Widget, Region, Region]]) -> Iterator[Piece]:
    edges = sorted({x for _, _, part in shown for x in (part.x, part.right)})
    for first, end in pairwise(edges):
        for widget, region, part in shown:
            if part.x <= first < part.right:
                yield Piece(first, end, widget, region)
                break
