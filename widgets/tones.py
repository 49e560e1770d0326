"""Tones (what a text means) as styles (how it looks): the only bridge between view and theme."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from sockscope.app.view.columns import Cell

TONES = (
    "dim",
    "strong",
    "good",
    "warn",
    "alarm",
    "link",
    "established",
    "listen",
    "timewait",
    "passing",
    "closewait",
    "head",
    "head-sorted",
    "heading",
    "new",
    "gone",
    "key",
    "active",
    "bar",
)


class Toned(Widget):
    """A widget that draws runs of text in tones; the theme colours component class `tone--NAME`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"tone--{tone}" for tone in TONES), "tone--cursor"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._tone_styles: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        """Forget styles when the theme changes."""
        super().notify_style_update()
        self._tone_styles = {}

    def tone_style(self, tone: str) -> Style:
        """The style of a tone; unknown tones are plain."""
        style = self._tone_styles.get(tone)
        if style is None:
            known = f"tone--{tone}" in self.COMPONENT_CLASSES
            style = self.get_component_rich_style(f"tone--{tone}", partial=True) if known else Style()
            self._tone_styles[tone] = style
        return style

    def strip(self, cells: Iterable[Cell], width: int, over: Style | None = None) -> Strip:
        """Runs of text as one line of exactly `width` cells, with a style laid over all of it."""
        base = self.rich_style
        plain = base + over if over else base
        segments = []
        for text, tone in cells:
            style = base + self.tone_style(tone) if tone else base
            segments.append(Segment(text, style + over if over else style))
        return Strip(segments).simplify().adjust_cell_length(width, plain)
