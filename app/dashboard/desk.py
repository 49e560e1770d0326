"""What the handlers of keys share, whichever file they are in."""

from __future__ import annotations

from functools import partial

from sockscope.app.dashboard.feed import Feed
from sockscope.app.dashboard.picture import Picture
from sockscope.app.model.engine import Request, Snapshot
from sockscope.app.view.session import Session
from sockscope.widgets.paced import PacedApp

MOMENT = 0.015
"""Seconds that what stands around the rows waits for them."""


class Desk(PacedApp):
    """The session, the feed and the picture, and how a change of the session gets to both."""

    _session: Session
    _feed: Feed
    _picture: Picture
    _snapshot: Snapshot | None
    _drawn: Request | None

    def _draw(self) -> None:
        """Everything the snapshot and the session say, on the screen."""
        raise NotImplementedError

    def action_tab(self, tab: str) -> None:
        """Show another tab, at the place where one left it."""
        raise NotImplementedError

    def _ask(self) -> None:
        """Something was chosen that the next snapshot has to follow. It is drawn as one picture; where the
        engine has other things to do, what stands around the rows does not wait for it."""
        request = self._feed.ask()
        self.set_timer(MOMENT, partial(self._draw_unless, request))

    def _draw_unless(self, answered: Request) -> None:
        if self._drawn != answered:
            self._draw()

    def _ask_from_the_top(self) -> None:
        """Other rows or another order: nothing of the old ones is drawn again."""
        self._picture.grid.to_top()
        self._feed.ask()
