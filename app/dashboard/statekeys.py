"""Keys that choose TCP states: one by letter, several from a list, one from the map."""

from __future__ import annotations

from textual import on

from sockscope.app.dashboard.desk import Desk
from sockscope.app.model.engine import Snapshot
from sockscope.app.view import choices
from sockscope.app.view.calm import without_history
from sockscope.widgets.line import Line
from sockscope.widgets.picker import Picker

STATES = "states"
"""The dialog of TCP states."""


class StateKeys(Desk):
    """Which TCP states show, and what shows them all."""

    def _tell_dialogs(self, snapshot: Snapshot) -> None:
        """Counts go on living in a dialog that shows them."""
        if len(self.screen_stack) == 1:
            return
        from sockscope.widgets.statemap import StateMap  # noqa: PLC0415 - not for the first rows

        if isinstance(self.screen, StateMap):
            calm = self._session.calm
            self.screen.update(without_history(snapshot.states) if calm else snapshot.states)
        elif isinstance(self.screen, Picker) and self.screen.id == STATES:
            self.screen.update(choices.states(snapshot.states))

    @on(Line.Clicked, "#strip")
    def _state_clicked(self, message: Line.Clicked) -> None:
        if self._session.active != "connections":
            self.action_tab("connections")
        self.action_only(int(message.target))

    def action_only(self, state: int) -> None:
        """Only one TCP state, or all again."""
        self._session.only(state)
        self._ask_from_the_top()

    def action_all_states(self) -> None:
        """Every TCP state."""
        self._session.states(None)
        self._ask_from_the_top()

    def action_states(self) -> None:
        """Choose states from a list."""
        if self._snapshot is not None:
            states, chosen = choices.states(self._snapshot.states), self._session.choices.query.states
            self.push_screen(Picker("TCP states", states, chosen, opened_by="f", id=STATES))

    @on(Picker.Chosen, f"#{STATES}")
    def _states_chosen(self, message: Picker.Chosen[int]) -> None:
        self._session.states(None if message.every else message.chosen)
        self._ask_from_the_top()

    def action_state_map(self) -> None:
        """The state machine, with what is in every state now."""
        from sockscope.widgets.statemap import StateMap  # noqa: PLC0415

        if self._snapshot is not None:
            self.push_screen(StateMap(self._snapshot.states), self._state_of_map)

    def _state_of_map(self, state: int | None) -> None:
        """Go to the sockets in the state that was chosen, if one was."""
        if state is not None:
            self.action_tab("connections")
            self._session.states(frozenset({state}))
            self._ask_from_the_top()
