"""The map of TCP states as a page over the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Click
from textual.message import Message
from textual.screen import ModalScreen

from sockscope.app.model.states import StateNow
from sockscope.app.view.mappage import first, page, state_at
from sockscope.app.view.statemap import Way, neighbour
from sockscope.widgets.panel import Lines, Panel


class Drawing(Panel):
    """The page itself, which has exactly as many lines as there is room for; clicks tell which state they
    hit."""

    MARK: ClassVar[int] = 0

    class Hit(Message):
        """A state was clicked, `twice` if that was the second click."""

        def __init__(self, state: int, *, twice: bool) -> None:
            super().__init__()
            self.state = state
            self.twice = twice

    def on_click(self, event: Click) -> None:
        """Tell which state was hit."""
        state = state_at(event.x, event.y, self.size.width, self.size.height)
        if state is not None:
            self.post_message(self.Hit(state, twice=event.chain > 1))


class StateMap(ModalScreen[int | None]):
    """The state machine with what is in every state now; the state chosen with Enter is its result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,M", "dismiss", "Close"),
        ("up,k", "go('up')", "Up"),
        ("down,j", "go('down')", "Down"),
        ("left,h", "go('left')", "Left"),
        ("right,l", "go('right')", "Right"),
        ("enter,space", "choose", "Show its sockets"),
    ]

    def __init__(self, states: Sequence[StateNow]) -> None:
        super().__init__()
        self._states = states
        self.chosen = first(states)

    def compose(self) -> ComposeResult:
        """The page."""
        yield Drawing(id="map")

    def on_mount(self) -> None:
        """Draw it as soon as it has a size."""
        self.query_one(Drawing).show(self._lines)

    def update(self, states: Sequence[StateNow]) -> None:
        """The same states as they are now."""
        self._states = states
        self._draw()

    def action_go(self, way: Way) -> None:
        """To the next state in that direction."""
        self._stand_on(neighbour(self.chosen, way))

    def action_choose(self) -> None:
        """This state it is."""
        self.dismiss(self.chosen)

    def on_drawing_hit(self, message: Drawing.Hit) -> None:
        """A click goes to a state, a second one chooses it."""
        if message.twice and message.state == self.chosen:
            self.action_choose()
        else:
            self._stand_on(message.state)

    def _stand_on(self, state: int) -> None:
        self.chosen = state
        self._draw()

    def _draw(self) -> None:
        if self.is_mounted:
            self.query_one(Drawing).show(self._lines)

    def _lines(self, width: int) -> Lines:
        return page(self._states, self.chosen, width, self.query_one(Drawing).size.height)
