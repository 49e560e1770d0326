"""The line in which a filter is typed."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from sockscope.widgets.fitted import Settled


class Entry(Input, Settled):
    """Hidden until somebody types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("tab", "complete(1)", "Complete"),
        ("shift+tab", "complete(-1)", "Complete backwards"),
        ("up", "recall(-1)", "Earlier"),
        ("down", "recall(1)", "Later"),
    ]

    class Completed(Message):
        """What stands before the cursor should be completed, with the next choice (1) or the last (-1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Recalled(Message):
        """An earlier (-1) or later (1) line is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        hint = "state time-wait and dport = :443, or any text"
        super().__init__(placeholder=hint, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.display = False

    @property
    def typing(self) -> bool:
        """Whether somebody types here."""
        return self.display

    def open(self, words: str) -> None:
        """Type, beginning with these words; keys come here at once."""
        self.put(words)
        self.display = True
        self.screen.set_focus(self)

    def put(self, text: str, cursor: int | None = None) -> None:
        """Another text, the cursor at its end or where it is told."""
        self.value = text
        self.cursor_position = len(text) if cursor is None else cursor

    def watch_has_focus(self, _has_focus: bool) -> None:
        """It has the keys whenever it shows, so it looks as if it had them all the time."""

    def close(self) -> None:
        """Typing is over; whoever calls this gives the keys to another widget."""
        self.display = False

    async def caught_up(self) -> None:
        """Wait until every key that came before now is in the text: a whole line may arrive in one packet."""
        done = asyncio.Event()
        self.call_later(done.set)
        await done.wait()

    def cell(self, at: int) -> int:
        """The cell of the screen in which character `at` stands."""
        return self.gutter.left + cell_len(self.value[:at]) - round(self.scroll_offset.x)

    def action_complete(self, by: int) -> None:
        """Tab."""
        self.post_message(self.Completed(by))

    def action_recall(self, by: int) -> None:
        """Up and down."""
        self.post_message(self.Recalled(by))
