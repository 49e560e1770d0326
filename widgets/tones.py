"""Tones (what a text means) as styles (how it looks): the only bridge between view and theme."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sockscope.app.view.cells import Cell

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
    "chosen",
    "bar",
)


KEPT = 256
"""Lines of a widget that are kept as strips: those of the screen, and as many as were there before."""


class TonedApp(App[None]):
    """An app whose stylesheet colours its component class `tone--NAME` for each tone.

    The app has them for all of its widgets: Textual makes the styles of every component of a widget anew
    whenever it makes those of the widget.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in (*TONES, "cursor", "cell")}


class Toned(Widget):
    """A widget that draws runs of text in the tones of a `TonedApp`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._tone_styles: dict[str, Style] = {}
        self._looks: dict[tuple[str, Style | None], Style] = {}
        self._strips: dict[tuple[tuple[Cell, ...], int, Style | None], Strip] = {}

    def notify_style_update(self) -> None:
        """Forget styles when the theme changes."""
        super().notify_style_update()
        self._tone_styles = {}
        self._looks = {}
        self._strips = {}

    def tone_style(self, tone: str) -> Style:
        """The style of a tone; unknown tones are plain."""
        style = self._tone_styles.get(tone)
        if style is None:
            app, name = self.app, f"tone--{tone}"
            known = isinstance(app, TonedApp) and name in app.COMPONENT_CLASSES
            style = app.get_component_styles(name).partial_rich_style if known else Style()
            self._tone_styles[tone] = style
        return style

    def strip(self, cells: Iterable[Cell], width: int, over: Style | None = None) -> Strip:
        """Runs of text as one line of exactly `width` cells, with a style laid over all of it; the same runs
        are the same strip for a while."""
        key = (tuple(cells), width, over)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= KEPT:
                self._strips.clear()
            strip = self._strips[key] = self._strip(*key)
        return strip

    def _strip(self, cells: Iterable[Cell], width: int, over: Style | None) -> Strip:
        looks = self._looks
        segments: list[Segment] = []
        text, look, length = "", self._look("", over), 0
        for run, tone in cells:
            style = looks.get((tone, over)) or self._look(tone, over)
            if style is not look and text:
                segments.append(Segment(text, look))
                text = ""
            text += run
            look = style
            length += len(run) if run.isascii() else cell_len(run)
        plain = self._look("", over)
        if length < width:
            if look is not plain and text:
                segments.append(Segment(text, look))
                text = ""
            text, look = text + " " * (width - length), plain
        if text:
            segments.append(Segment(text, look))
        line = Strip(segments, max(length, width))
        return line if length <= width else line.crop(0, width)

    def _look(self, tone: str, over: Style | None) -> Style:
        style = self._looks.get((tone, over))
        if style is None:
            style = self.rich_style
            if tone:
                style += self.tone_style(tone)
            if over:
                style += over
            background = self.background_colors[1]
            segments = [Segment(" ", style)]
            for each in self.get_line_filters():
                segments = each.apply(segments, background)
            style = self._looks[tone, over] = segments[0].style or Style()
        return style

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of the widget: as they are drawn, where no border lies around them."""
        if self.styles.gutter:
            return super().render_lines(crop)
        lines = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return lines
        return [line.crop(*crop.column_span) for line in lines]
