"""The state picker: every TCP state with its count, toggled one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class StatePicker(ModalScreen[None]):
    """A list to choose from; what is chosen holds at once, and counts go on living."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,f,q", "dismiss", "Close"),
        ("space", "toggle_state", "Toggle"),
        ("j", "move(1)", "Down"),
        ("k", "move(-1)", "Up"),
        ("a", "every", "All"),
    ]

    class Chosen(Message):
        """Other states are wanted; None means all of them."""

        def __init__(self, states: frozenset[int] | None) -> None:
            super().__init__()
            self.states = states

    def __init__(self, states: Sequence[tuple[int, str, int]], chosen: frozenset[int] | None) -> None:
        super().__init__()
        self._states = list(states)
        self._chosen = frozenset(code for code, _, _ in states) if chosen is None else chosen

    def compose(self) -> ComposeResult:
        """The list."""
        options = OptionList(
            *(Option(self._prompt(place)) for place in range(len(self._states))), markup=False
        )
        options.border_title = "TCP states"
        options.border_subtitle = "space toggles, a all, Esc closes"
        yield options

    def update(self, states: Sequence[tuple[int, str, int]]) -> None:
        """New counts: state number, name and count, in the same order."""
        options = self.query_one(OptionList)
        for place, state in enumerate(states):
            if state != self._states[place]:
                self._states[place] = state
                options.replace_option_prompt_at_index(place, self._prompt(place))

    def _prompt(self, place: int) -> str:
        code, name, count = self._states[place]
        return f"[{'x' if code in self._chosen else ' '}] {name:<12}{count:>12,} "

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter and clicks toggle."""
        self._toggle(event.option_index)

    def action_toggle_state(self) -> None:
        """Toggle the state under the cursor."""
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
        """All states, or none if all are chosen."""
        every = frozenset(code for code, _, _ in self._states)
        self._choose(frozenset() if self._chosen == every else every)

    def _toggle(self, place: int) -> None:
        self._choose(self._chosen ^ {self._states[place][0]})

    def _choose(self, chosen: frozenset[int]) -> None:
        self._chosen = chosen
        options = self.query_one(OptionList)
        for place in range(len(self._states)):
            options.replace_option_prompt_at_index(place, self._prompt(place))
        every = len(chosen) == len(self._states)
        self.app.post_message(self.Chosen(None if every else chosen))
