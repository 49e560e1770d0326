"""The line in which a filter is typed."""

from __future__ import annotations

from textual.widgets import Input


class Entry(Input):
    """Hidden until somebody types."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(placeholder="words that a row must contain", id=id, compact=True)
        self.display = False

    @property
    def typing(self) -> bool:
        """Whether somebody types here."""
        return self.display

    def open(self, words: str) -> None:
        """Type, beginning with these words; keys come here at once."""
        self.value = words
        self.cursor_position = len(words)
        self.display = True
        self.screen.set_focus(self)

    def close(self) -> None:
        """Typing is over; whoever calls this gives the keys to another widget."""
        self.display = False
