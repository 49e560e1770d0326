"""A list to choose several things from, each with a mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

T = TypeVar("T")
C = TypeVar("C")


class Picker(ModalScreen[None], Generic[T]):
    """Items toggled one by one; what is chosen holds at once, and what the items say goes on living.

    An item is what it stands for and how it reads. The list is as wide as its longest item and never cut
    short of its title. The key that opened it closes it, too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "dismiss", "Close"),
        ("space", "toggle_item", "Toggle"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        ("a", "every", "All"),
        ("r", "reset", "Reset"),
    ]
    LEGEND = "space toggles, a all, Esc closes"
    LEGEND_WITH_RESET = "space toggles, a all, r resets"

    class Chosen(Message, Generic[C]):
        """Other items are wanted; `every` if none is missing, `reset` if those that are chosen at first."""

        def __init__(
            self, picker: Picker[C], chosen: frozenset[C], *, every: bool, reset: bool = False
        ) -> None:
            super().__init__()
            self.picker = picker
            self.chosen = chosen
            self.every = every
            self.reset = reset

        @property
        def control(self) -> Picker[C]:
            """The list that was chosen from."""
            return self.picker

    def __init__(
        self,
        title: str,
        items: Sequence[tuple[T, str]],
        chosen: frozenset[T] | None = None,
        *,
        usual: frozenset[T] | None = None,
        opened_by: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """`chosen` is what is marked at first, None for everything; `usual` what a key goes back to, if
        any."""
        super().__init__(id=id)
        self._title = title
        self._items = list(items)
        self._chosen = self._every if chosen is None else chosen
        self._usual = usual
        self._opened_by = opened_by

    @property
    def _every(self) -> frozenset[T]:
        return frozenset(item for item, _ in self._items)

    def compose(self) -> ComposeResult:
        """The list."""
        options = OptionList(
            *(Option(self._prompt(place)) for place in range(len(self._items))), markup=False
        )
        options.border_title = self._title
        options.border_subtitle = self.LEGEND if self._usual is None else self.LEGEND_WITH_RESET
        yield options

    def update(self, items: Sequence[tuple[T, str]]) -> None:
        """The same items as they read now, in the same order."""
        options = self.query_one(OptionList)
        for place, item in enumerate(items):
            if item != self._items[place]:
                self._items[place] = item
                options.replace_option_prompt_at_index(place, self._prompt(place))

    def _prompt(self, place: int) -> str:
        item, text = self._items[place]
        return f"[{'x' if item in self._chosen else ' '}] {text} "

    def on_key(self, event: Key) -> None:
        """Close with the key that opened the list."""
        if event.character == self._opened_by:
            event.stop()
            self.dismiss()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter and clicks toggle."""
        self._toggle(event.option_index)

    def action_toggle_item(self) -> None:
        """Toggle the item under the cursor."""
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self._toggle(place)

    def action_move(self, by: int) -> None:
        """Up and down by letter."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_every(self) -> None:
        """All items, or none if all are chosen."""
        self._choose(frozenset() if self._chosen == self._every else self._every)

    def action_reset(self) -> None:
        """The usual items."""
        if self._usual is not None:
            self._choose(self._usual, reset=True)

    def _toggle(self, place: int) -> None:
        self._choose(self._chosen ^ {self._items[place][0]})

    def _choose(self, chosen: frozenset[T], *, reset: bool = False) -> None:
        before, self._chosen = self._chosen, chosen
        options = self.query_one(OptionList)
        for place, (item, _) in enumerate(self._items):
            if (item in before) != (item in chosen):
                options.replace_option_prompt_at_index(place, self._prompt(place))
        self.post_message(self.Chosen(self, chosen, every=chosen == self._every, reset=reset))
