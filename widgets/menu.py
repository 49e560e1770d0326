"""A list to choose one thing from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

T = TypeVar("T")


class Menu(ModalScreen[T | None], Generic[T]):
    """Items with a digit each; Enter, a digit or a click chooses one, which is the screen's result.

    An item is what it stands for and how it reads. The key that opened the list closes it, too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "dismiss", "Close"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
    ]
    LEGEND = "Enter chooses, Esc closes"

    def __init__(
        self, title: str, items: Sequence[tuple[T, str]], chosen: T | None = None, *, opened_by: str = ""
    ) -> None:
        """The cursor stands on `chosen` at first."""
        super().__init__()
        self._title = title
        self._items = list(items)
        self._place = next((place for place, (item, _) in enumerate(items) if item == chosen), 0)
        self._opened_by = opened_by

    def compose(self) -> ComposeResult:
        """The list."""
        prompts = (f" {_digit(place)}  {text} " for place, (_, text) in enumerate(self._items))
        options = OptionList(*(Option(prompt) for prompt in prompts), markup=False)
        options.border_title = self._title
        options.border_subtitle = self.LEGEND
        options.highlighted = self._place
        yield options

    def on_key(self, event: Key) -> None:
        """Choose by digit; close with the key that opened the list."""
        character = event.character or ""
        if character == self._opened_by:
            event.stop()
            self.dismiss()
            return
        for place, (item, _) in enumerate(self._items):
            if character == _digit(place) != " ":
                event.stop()
                self.dismiss(item)
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter and clicks choose."""
        self.dismiss(self._items[event.option_index][0])

    def action_move(self, by: int) -> None:
        """Up and down by letter."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


def _digit(place: int) -> str:
    """1 to 9 for the first items, 0 for the tenth."""
    return str((place + 1) % 10) if place < 10 else " "
