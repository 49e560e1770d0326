"""Textual's driver for Linux terminals, which also learns how far the terminal has got."""

from __future__ import annotations

import os
import queue
import selectors
import threading
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

from textual import constants
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition
from textual.message import Message

from sockscope.widgets.ending import end_writing
from sockscope.widgets.flow import Flow
from sockscope.widgets.shown import Shown

QUESTION = "\x1b[6n"
"""Device Status Report (ECMA-48): every terminal answers it with the cursor's place."""
LAST_ANSWERS = 0.4
"""Seconds to wait for answers at the end: later they would be typed into the shell."""
ALTERNATE_SCREEN = "\x1b[?1049h"
"""Goes to the alternate screen (xterm) and clears it."""
STUCK = 0.5
"""Seconds after which a terminal that takes nothing no longer holds up whoever writes."""


TakeOver = Callable[[], list[Any] | None]
"""Takes a terminal over that is on the alternate screen already; its attributes before that
(`termios.tcgetattr`), None if there is none to take over."""


def nothing_to_take_over() -> None:
    """The terminal is as the program found it."""


class Attentive(selectors.SelectSelector):
    """Looks again soon after something came: an ESC alone is known only by nothing following it. Where
    nothing came for two looks it sleeps until something does, or until the `bell` (eventfd(2)) is rung."""

    def __init__(self, bell: int) -> None:
        super().__init__()
        self._quiet = 0
        self._bell = bell
        self.register(bell, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, the bell left out; right after there was something, no later than an ESC has to
        wait."""
        waits = (constants.ESCAPE_DELAY, timeout)
        found = super().select(waits[self._quiet] if self._quiet < len(waits) else None)
        came = [(key, events) for key, events in found if key.fd != self._bell]
        self._quiet = 0 if came else self._quiet + 1
        return came


class PacedDriver(LinuxDriver):
    """Counts what is written and asks the terminal now and then whether it has come that far.

    Answers arrive in the thread that reads keys and are passed on to the app as `CursorPosition`.
    """

    def __init__(self, *arguments: Any, take_over: TakeOver = nothing_to_take_over, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._take_over = take_over
        self.shown = Shown()
        self._flow = Flow()
        self._changed = threading.Condition()
        self._stuck = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._entered = False

    @property
    def room(self) -> int:
        """Bytes that may be written now, none or less if the terminal has to catch up first."""
        with self._changed:
            known, room = self._flow.known, self._flow.room(time.monotonic())
        return room if known or not self._clogged else 0

    @property
    def _clogged(self) -> bool:
        """Whether writing waits for a terminal whose buffer is full."""
        writer = self._writer_thread
        return writer is not None and writer._queue.qsize() > 1  # noqa: SLF001 - there is no other way to know

    def write(self, data: str) -> None:
        """Write, and count. What finds no place for too long is dropped, and the screen counts as unknown."""
        if data == ALTERNATE_SCREEN and self._entered:
            return
        with self._changed:
            self._flow.wrote(len(data) if data.isascii() else len(data.encode()))
        self._put(data)

    def _put(self, data: str) -> None:
        if self._writer_thread is None:
            return
        waiting = self._writer_thread._queue  # noqa: SLF001 - its own `write` waits for ever
        try:
            waiting.put(data, timeout=0.0 if self._stuck else STUCK)
        except queue.Full:
            self.shown.forget()
            self._stuck = True
        else:
            self._stuck = False

    def run_input_thread(self) -> None:
        """Textual's own, which looks for a lone ESC ten times a second, with a selector that is quicker when
        keys come and sleeps when none do."""
        watching = SimpleNamespace(
            SelectSelector=partial(Attentive, self._bell), EVENT_READ=selectors.EVENT_READ
        )
        vars(linux_driver)["selectors"] = watching
        super().run_input_thread()

    def disable_input(self) -> None:
        """End reading keys, which wakes the thread that waits for one."""
        os.eventfd_write(self._bell, 1)
        super().disable_input()
        os.eventfd_read(self._bell)

    def ask(self) -> None:
        """Ask whether what was written has arrived, if that is worth a question."""
        with self._changed:
            if not self._flow.question_due:
                return
            self._flow.asked(time.monotonic())
        self._put(QUESTION)

    def process_message(self, message: Message) -> None:
        """Take in an answer; anything else is Textual's."""
        if isinstance(message, CursorPosition):
            with self._changed:
                self._flow.answered(time.monotonic())
                self._changed.notify_all()
        super().process_message(message)

    def start_application_mode(self) -> None:
        """Begin, with a question before anything is painted: its answer tells how far the terminal is.

        A frame that stands there already stays until it is painted over.
        """
        self.shown.forget()
        before = self._take_over()
        self._entered = before is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._entered = False
        if before is not None:
            self.attrs_before = before
        if self._writer_thread is not None:
            self.ask()

    def stop_application_mode(self) -> None:
        """End, but not before the last answers."""
        with self._changed:
            if self._flow.known:
                self._changed.wait_for(lambda: not self._flow.waiting, LAST_ANSWERS)
        super().stop_application_mode()

    def close(self) -> None:
        """Wait until all is written, but not for a terminal that takes nothing."""
        if self._writer_thread is not None:
            end_writing(self._writer_thread, self.fileno)
