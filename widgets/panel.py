"""A panel of lines to read: details beside the table, and the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.geometry import Region, Size
from textual.strip import Strip

from sockscope.app.view.cells import Cell
from sockscope.widgets.fitted import Fitted
from sockscope.widgets.paint import changed
from sockscope.widgets.tones import Toned

Lines = Sequence[Sequence[Cell]]

ABOVE, BELOW = "▴", "▾"
"""Stand at the end of the first and the last line that show while there are more."""


def _nothing(_: int) -> Lines:
    return ()


class Panel(Toned, Fitted, can_focus=False):
    """Shows lines of runs of text, made for its width; only what changed is painted."""

    MARK: ClassVar[int] = 1
    """Cells at the end of a line that are kept for ABOVE and BELOW."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._make: Callable[[int], Lines] = _nothing
        self._lines: Lines = ()
        self._width = 0

    @property
    def allow_vertical_scroll(self) -> bool:
        """Whether there are lines that have no room, with a scrollbar or without."""
        return self.max_scroll_y > 0

    def show(self, make: Callable[[int], Lines]) -> None:
        """Show the lines that `make` gives for a width: while it is hidden, for the last one."""
        self._make = make
        width = self._room or self._width
        if width:
            self._width = width
            self._paint(make(width), width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as there are for a width, where the layout asks for them before it gives one."""
        return len(self._make(max(1, width - self.MARK)))

    @property
    def _room(self) -> int:
        """Cells for the text of a line, 0 while it is hidden."""
        return max(0, self.scrollable_content_region.width - self.MARK)

    def fit(self) -> None:
        """Another width, other lines."""
        self._width = self._room
        self._lines = self._make(self._width)
        self.virtual_size = Size(0, len(self._lines))

    def _paint(self, lines: Lines, width: int) -> None:
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.virtual_size = Size(0, len(lines))
            self.refresh()
            return
        top = round(self.scroll_offset.y)
        for place in range(top, min(len(lines), top + self.size.height)):
            spans = changed(before[place], lines[place], width)
            if spans:
                self.refresh(*(Region(x, place - top, wide, 1) for x, wide in spans))

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        index = round(self.scroll_offset.y) + y
        line = self.strip(self._lines[index] if index < len(self._lines) else (), self._width + self.MARK)
        above = y == 0 and index > 0
        below = y + 1 == self.size.height and index + 1 < len(self._lines)
        if not self.MARK or not (above or below):
            return line
        mark = ABOVE if above else BELOW
        return Strip.join([line.crop(0, self._width), self.strip([Cell(mark, "link")], self.MARK)])
