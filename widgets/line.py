"""One line of the screen that repaints only what changed in it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from sockscope.app.view.cells import Cell
from sockscope.widgets.paint import changed
from sockscope.widgets.tones import Toned


class Line(Toned):
    """Shows runs of text; parts of it can be clicked."""

    DEFAULT_CSS = "Line { height: 1; }"

    class Clicked(Message):
        """A part of a line was clicked; `target` is what the view named it."""

        def __init__(self, line: Line, target: str) -> None:
            super().__init__()
            self.line = line
            self.target = target

        @property
        def control(self) -> Line:
            """The line that was clicked."""
            return self.line

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._cells: Sequence[Cell] = ()
        self._spots: Sequence[tuple[int, int, str]] = ()

    def show(self, cells: Sequence[Cell], spots: Sequence[tuple[int, int, str]] = ()) -> None:
        """Draw these runs; `spots` are (start, end, target) in cells."""
        width = self.size.width
        before, self._cells, self._spots = self._cells, tuple(cells), spots
        spans = [] if before == self._cells else changed(before, cells, width)
        if spans:
            self.refresh(*(Region(x, 0, wide, 1) for x, wide in spans))

    @property
    def text(self) -> str:
        """What the line says."""
        return "".join(cell.text for cell in self._cells)

    def render_line(self, y: int) -> Strip:
        """The line itself."""
        return self.strip(self._cells, self.size.width) if y == 0 else self.strip((), self.size.width)

    def on_click(self, event: Click) -> None:
        """Tell which part was hit."""
        for start, end, target in self._spots:
            if start <= event.x < end:
                self.post_message(self.Clicked(self, target))
                return
