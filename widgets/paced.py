"""An app that paints no faster than its terminal shows it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

from rich.console import RenderableType
from textual import on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._context import visible_screen_stack
from textual.driver import Driver
from textual.events import CursorPosition, Resize
from textual.geometry import Region
from textual.screen import Screen

from sockscope.widgets.driver import PacedDriver, TakeOver, nothing_to_take_over
from sockscope.widgets.ending import hung_up
from sockscope.widgets.lean import LeanUpdate
from sockscope.widgets.pieces import Span
from sockscope.widgets.tones import TonedApp

RETRY = 0.5
"""Seconds until painting is tried again where no answer came."""
BYTES_OF_AN_ANSWER = 512
"""Room that a change of layout has in any case: only keys and a new size of the terminal bring one."""
BYTES_OF_A_LINE = 100
"""How many lines are drawn at once for so much room; what does not fit is drawn again."""


class PacedApp(TonedApp):
    """What finds no room on its way to the terminal is owed: not its bytes, but the place on the screen.

    It is drawn as it is by then, newest changes first, so what a key changed overtakes what ticks did. Lines
    that `can_wait` come last, unless they have just become such lines.
    """

    def __init__(self, take_over: TakeOver = nothing_to_take_over) -> None:
        driver = partial(PacedDriver, take_over=take_over)
        super().__init__(driver_class=cast(type[Driver], driver))
        self._owed: list[Span] = []
        self._retrying = False
        self._waited: dict[int, bool] = {}

    def can_wait(self) -> Callable[[int, int], bool]:
        """Tells of x, y whether others go before the line that begins there, because time changes it more
        than keys do; it holds until the layout or the cursor changes."""
        return lambda _x, _y: False

    def _later(self) -> Callable[[Span], bool]:
        can_wait = self.can_wait()
        return lambda span: self._waited.get(span[0], False) and can_wait(span[1], span[0])

    @property
    def behind(self) -> bool:
        """Whether the terminal has not yet got everything that was drawn."""
        return bool(self._owed)

    def caught_up(self) -> None:
        """The terminal has got everything again."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, PacedDriver) or self._batch_count:
            super()._display(screen, renderable)
            return
        if isinstance(renderable, LayoutUpdate):
            late = {y for y, _, _ in self._owed}
            later = self._later()
            self._owed = sorted(all_of(screen), key=lambda span: (later(span), span[0] in late))
            self._pay(extra=max(0, BYTES_OF_AN_ANSWER - driver.room))
            return
        if not isinstance(renderable, ChopsUpdate):
            super()._display(screen, renderable)
        else:
            self._owe(self._send(screen, renderable, driver.room))
        if not self._exit:
            driver.ask()

    def _send(self, screen: Screen[object], update: ChopsUpdate, room: int) -> Sequence[Span]:
        """Write as much of an update as there is room for; what is left of it."""
        driver = self._driver
        if room <= 0 or not isinstance(driver, PacedDriver):
            return update.spans
        update.spans = sorted(update.spans, key=self._later())
        lean = LeanUpdate(update, driver.shown, room)
        if lean.render_segments(self.console):
            super()._display(screen, lean)
        sent = len(update.spans) - len(lean.left)
        can_wait = self.can_wait()
        self._waited.update((y, can_wait(x, y)) for y, x, _ in update.spans[:sent])
        return lean.left

    def _owe(self, spans: Sequence[Span]) -> None:
        """Owe these first, then what was owed before."""
        lines = {y: (first, end) for y, first, end in spans}
        older = [
            (y, first, end)
            for y, first, end in self._owed
            if y not in lines or first < lines[y][0] or end > lines[y][1]
        ]
        self._owed = sorted([*spans, *older], key=self._later())
        if self._owed and not self._retrying:
            self._retrying = True
            self.set_timer(RETRY, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        self._pay()

    def on_load(self) -> None:
        """End in good order when told to by a signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._told_to_end, number)

    def _told_to_end(self, number: signal.Signals) -> None:
        """Give the terminal back and end; where it is gone there is nothing to give back to."""
        if hung_up(sys.__stdin__.fileno() if sys.__stdin__ else 0):
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.exit(return_code=128 + number)

    def action_redraw(self) -> None:
        """Draw the whole screen anew, whatever the terminal shows now."""
        self.forget_shown()
        self._owed = []
        self._display(self.screen, spans_of(self.screen, all_of(self.screen)))

    def forget_shown(self) -> None:
        """From now on nobody knows what the terminal shows."""
        if isinstance(self._driver, PacedDriver):
            self._driver.shown.forget()

    @on(Resize)
    def _resized(self) -> None:
        """Terminals differ in what they do with their text when their size changes."""
        self.forget_shown()

    @on(CursorPosition)
    def _answered(self) -> None:
        """There may be room now."""
        self._pay()

    def _pay(self, extra: int = 0) -> None:
        """Draw what is owed, as far as there is room and `extra` bytes more."""
        if not self._owed:
            return
        driver = None if self._batch_count else self._driver
        while self._owed and isinstance(driver, PacedDriver) and (room := driver.room + extra) > 0:
            number = room // BYTES_OF_A_LINE + 1
            now, self._owed = self._owed[:number], self._owed[number:]
            update = spans_of(self.screen, now)
            if isinstance(update, ChopsUpdate):
                self._owed = [*self._send(self.screen, update, room), *self._owed]
            driver.ask()
        if self._owed:
            self._owe(())
        else:
            self.caught_up()


def all_of(screen: Screen[object]) -> list[Span]:
    """Every line of the screen."""
    return [(y, 0, screen.size.width) for y in range(screen.size.height)]


def spans_of(screen: Screen[object], spans: Sequence[Span]) -> ChopsUpdate | None:
    """These parts of the screen as they look now, None where nothing of them is on it."""
    compositor = screen._compositor  # noqa: SLF001 - Textual offers no update of a part
    inside = compositor.size.region
    regions = (Region(first, y, end - first, 1).intersection(inside) for y, first, end in spans)
    compositor._dirty_regions.update(region for region in regions if region)  # noqa: SLF001
    visible_screen_stack.set(screen.app._background_screens)  # noqa: SLF001
    return compositor.render_partial_update()
