"""The table: of any number of rows only the lines on the screen are formatted and only changes painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from sockscope.app.actions import TABLE
from sockscope.app.record import dataclass
from sockscope.app.view.cells import Cell
from sockscope.widgets.fitted import Fitted
from sockscope.widgets.keys import bindings
from sockscope.widgets.paint import changed
from sockscope.widgets.tones import Toned

HEAD = 1
"""Lines that the titles take."""


class Rows(Protocol):
    """What the grid draws: numbered rows, each with an identity, as runs of text for one width."""

    def __len__(self) -> int: ...

    def wide(self, width: int) -> Rows:
        """The same rows for another width."""

    def key(self, index: int) -> int:
        """Identity of a row."""

    def find(self, key: int) -> int | None:
        """Where the row of that identity is, None if it is not there."""

    def head(self) -> tuple[list[Cell], Sequence[tuple[int, int, str]]]:
        """The titles, and where each column's is: (start, end, column)."""

    def lines(self, first: int, count: int) -> list[list[Cell]]:
        """Up to `count` rows from `first` on."""


@dataclass(frozen=True, slots=True)
class _Painted:
    cells: tuple[Cell, ...]
    cursor: bool = False


_NOTHING = _Painted(())


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was in a table: the cursor's row, its index, the window's first line, and whether
    anybody had moved at all."""

    key: int | None = None
    cursor: int = 0
    top: int = 0
    moved: bool = False


class Grid(Toned, Fitted, can_focus=True):
    """A table whose cursor and window stay with their rows, by identity, while rows come and go.

    As long as nobody has moved in it the first rows are shown, whatever they are. From then on the cursor
    stays on its row, and the line that the eye rests on stays where it is.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TABLE)

    class Opened(Message):
        """A row was chosen (Enter or a click on the cursor's row)."""

        def __init__(self, key: int) -> None:
            super().__init__()
            self.key = key

    class Moved(Message):
        """The cursor stands on another row (None: there is none)."""

        def __init__(self, key: int | None) -> None:
            super().__init__()
            self.key = key

        def can_replace(self, message: Message) -> bool:
            """Only the last of several moves counts."""
            return isinstance(message, Grid.Moved)

    class Sorted(Message):
        """The title of a column was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: Rows | None = None
        self._width = 1
        self._why_empty = ""
        self._cursor = 0
        self._cursor_key: int | None = None
        self._moved = False
        self._returning: Place | None = None
        self._head = _NOTHING
        self._head_spots: Sequence[tuple[int, int, str]] = ()
        self._lines: list[_Painted] = []
        self._column: str | None = None

    @property
    def cursor(self) -> int:
        """Index of the cursor's row."""
        return self._cursor

    @property
    def cursor_key(self) -> int | None:
        """Identity of the cursor's row, None if there is no row."""
        return self._cursor_key

    @property
    def cursor_cell(self) -> tuple[int | None, str | None]:
        """Identity of the cursor's row, and the column on which the cursor stands, if it is on one."""
        return self._cursor_key, self._column if self._column_span() else None

    def _column_span(self) -> tuple[int, int] | None:
        """Cells from and to which the cursor's column goes."""
        return next(((start, end) for start, end, name in self._head_spots if name == self._column), None)

    @property
    def page(self) -> int:
        """Rows that fit on the screen."""
        return max(1, self.scrollable_content_region.height - HEAD)

    def row_places(self) -> Callable[[int, int], bool]:
        """Tells of x, y whether a row, not the head nor the cursor's row, is at this place of the screen."""
        region = self.region
        cursor = region.y + HEAD + self._cursor - round(self.scroll_offset.y)
        return lambda x, y: y >= region.y + HEAD and y != cursor and region.contains(x, y)

    def show(self, rows: Rows, why_empty: str = "") -> None:
        """Show these rows; cursor and window follow the rows they were on."""
        self._why_empty = why_empty
        self._width = self._measured
        old, self._rows = self._rows, rows.wide(self._width)
        top = round(self.scroll_offset.y)
        back, self._returning = self._returning, None
        if self._moved and back is not None:
            self._place_cursor()
            top = max(0, self._cursor - (back.cursor - back.top))
        elif self._moved and old is not None and len(old):
            anchor, offset = self._anchor(old, top)
            place = self._rows.find(anchor)
            self._place_cursor()
            top = max(0, (self._cursor if place is None else place) - offset)
        else:
            self._cursor = top = 0
            self._cursor_key = self._rows.key(0) if len(self._rows) else None
        self._resize_virtual()
        self._scroll(top)
        self._paint()

    @property
    def place(self) -> Place:
        """Where the cursor is now, to come back to."""
        return Place(self._cursor_key, self._cursor, round(self.scroll_offset.y), self._moved)

    def restore(self, place: Place) -> None:
        """Begin with other rows at a place one was at before; the next `show` goes there."""
        self._rows = None
        self._column = None
        self._returning = place
        self._moved = place.moved
        self._cursor, self._cursor_key = place.cursor, place.key

    def to_top(self) -> None:
        """Forget where the cursor was: another order or another filter begins at its first row."""
        self._moved = False

    def go_to(self, key: int) -> bool:
        """Put the cursor on the row of that identity; False if it is not there."""
        place = None if self._rows is None else self._rows.find(key)
        if place is None:
            return False
        self._move(place)
        return True

    def _anchor(self, old: Rows, top: int) -> tuple[int, int]:
        """The row that must not move, and its line: the cursor's where it can be seen, else the first one."""
        offset = self._cursor - top
        if 0 <= offset < self.page and self._cursor_key is not None:
            return self._cursor_key, offset
        return old.key(min(top, len(old) - 1)), 0

    def _place_cursor(self) -> None:
        rows = self._rows
        if rows is None or not len(rows):
            self._cursor, self._cursor_key = 0, None
            return
        place = None if self._cursor_key is None else rows.find(self._cursor_key)
        self._cursor = min(self._cursor, len(rows) - 1) if place is None else place
        self._cursor_key = rows.key(self._cursor)

    @property
    def _measured(self) -> int:
        return max(1, self.scrollable_content_region.width)

    def _resize_virtual(self) -> None:
        count = 0 if self._rows is None else len(self._rows)
        size = Size(0, count + HEAD)
        if size != self.virtual_size:
            self.virtual_size = size

    def _scroll(self, top: int) -> None:
        if top != round(self.scroll_offset.y):
            self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _paint(self) -> None:
        """Draw what should be on the screen now, and repaint where it differs from what is there."""
        before = self._head
        self._make_head()
        self._repaint(0, before, self._head)
        lines = self._window()
        for place, line in enumerate(lines):
            before = self._lines[place] if place < len(self._lines) else _NOTHING
            self._repaint(place + HEAD, before, line)
        self._lines = lines

    def _make_head(self) -> None:
        head, self._head_spots = ([], ()) if self._rows is None else self._rows.head()
        self._head = _Painted(tuple(head))

    def _window(self) -> list[_Painted]:
        """What stands in the lines of the window."""
        rows, top = self._rows, round(self.scroll_offset.y)
        if rows is None or not len(rows):
            lines = [_NOTHING, _Painted((Cell(f"  {self._why_empty}", "dim"),))][: self.page]
        else:
            made = rows.lines(top, self.page)
            lines = [_Painted(tuple(line), top + place == self._cursor) for place, line in enumerate(made)]
        return lines + [_NOTHING] * (self.page - len(lines))

    def _repaint(self, y: int, before: _Painted, after: _Painted) -> None:
        if before == after:
            return
        width = self._width
        spans = [(0, width)] if before.cursor != after.cursor else changed(before.cells, after.cells, width)
        if spans:
            self.refresh(*(Region(x, y, wide, 1) for x, wide in spans))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """It looks the same wherever the keys go."""

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self._width
        if y == 0:
            return self.strip(self._head.cells, width, self.tone_style("head"))
        place = y - HEAD
        if place >= len(self._lines):
            return self.strip((), width)
        line = self._lines[place]
        over: Style | None = self.tone_style("cursor") if line.cursor else None
        strip = self.strip(line.cells, width, over)
        span = self._column_span() if line.cursor else None
        if span is None:
            return strip
        start, end = span
        cell = strip.crop(start, end).apply_style(self.tone_style("cell"))
        return Strip.join([strip.crop(0, start), cell, strip.crop(end, width)])

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The window moved: other rows, so other lines."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._paint()

    def fit(self) -> None:
        """Another size, other lines."""
        self._width = self._measured
        if self._rows is None:
            return
        self._rows = self._rows.wide(self._width)
        self._resize_virtual()
        self._keep_in_view()
        self._make_head()
        self._lines = self._window()

    def _keep_in_view(self) -> None:
        top = round(self.scroll_offset.y)
        if self._cursor < top:
            self._scroll(self._cursor)
        elif self._cursor >= top + self.page:
            self._scroll(self._cursor - self.page + 1)

    def _move(self, index: int) -> None:
        rows = self._rows
        if rows is None or not len(rows):
            return
        self._moved = True
        self._cursor = max(0, min(len(rows) - 1, index))
        self._cursor_key = rows.key(self._cursor)
        self._keep_in_view()
        self._paint()
        self.post_message(self.Moved(self._cursor_key))

    def action_row(self, by: int) -> None:
        """Move the cursor by rows."""
        self._move(self._cursor + by)

    def action_column(self, by: int) -> None:
        """Move the cursor by columns; the first time it goes to the first one, or the last."""
        names = [name for _, _, name in self._head_spots]
        if not names:
            return
        place = names.index(self._column) + by if self._column in names else (0 if by > 0 else len(names) - 1)
        self._go_to_column(names[max(0, min(len(names) - 1, place))])

    def _go_to_column(self, name: str) -> None:
        before, self._column = self._column_span(), name
        y = self._cursor - round(self.scroll_offset.y) + HEAD
        spans = [span for span in (before, self._column_span()) if span]
        if spans and HEAD <= y <= self.page:
            self.refresh(*(Region(start, y, end - start, 1) for start, end in spans))

    def action_page(self, share: float) -> None:
        """Move cursor and window by a share of the page."""
        rows = round(self.page * share)
        self._moved = True
        self._scroll(max(0, min(round(self.max_scroll_y), round(self.scroll_offset.y) + rows)))
        self._move(self._cursor + rows)

    def action_first(self) -> None:
        """To the first row."""
        self._move(0)

    def action_last(self) -> None:
        """To the last row."""
        self._move(0 if self._rows is None else len(self._rows) - 1)

    def action_open(self) -> None:
        """Choose the cursor's row."""
        if self._cursor_key is not None:
            self._moved = True
            self.post_message(self.Opened(self._cursor_key))

    def on_click(self, event: Click) -> None:
        """Sort by a title, go to a row, open it at the second click."""
        if event.y < HEAD:
            for start, end, column in self._head_spots:
                if start <= event.x < end:
                    self.post_message(self.Sorted(column))
            return
        index = round(self.scroll_offset.y) + event.y - HEAD
        if self._rows is None or index >= len(self._rows):
            return
        if event.chain > 1:
            self.action_open()
            return
        self._move(index)
        for start, end, column in self._head_spots:
            if start <= event.x < end:
                self._go_to_column(column)
