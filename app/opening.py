"""The terminal from the start of the program until Textual has it: an empty frame, and nothing echoed.

Textual and NumPy take longer to import than the eye takes to wonder. Nothing heavy is imported here.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Self

from sockscope.app.view.firstframe import Drawn, first_frame
from sockscope.styles.looks import BAR, SCREEN, looks, terminal

KEYS, SCREEN_OUT = 0, 2
"""Descriptors that Textual reads keys from and draws to."""
ENTER = "\x1b[?1049h"
"""The alternate screen (xterm), where the terminal saves cursor and screen; it is cleared by this."""
LEAVE = "\x1b[0m\x1b[?1049l\x1b[?25h"
_HIDE = "\x1b[?25l"
_CLEAR = "\x1b[2J"
_BLANK_LINE = "\x1b[K"
"""Erases with the background in force (xterm, VTE, tmux, linux), elsewhere with the terminal's own."""
_LAST_WORDS = 0.5
"""Seconds for a terminal that takes nothing to take LEAVE."""
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_IFLAG, _LFLAG, _CC = 0, 3, 6
"""Places in what termios tells of a terminal."""


class Opening:
    """Draws the empty frame and keeps the terminal until the driver takes it over.

    A context manager; whatever happens inside, the terminal is as it was after it, and what is printed then
    stands on the normal screen.
    """

    def __init__(self, theme: str, tab: str, interval: float, *, filtered: bool) -> None:
        self._theme = theme
        self._frame = (tab, interval)
        self._filtered = filtered
        self._before: list[Any] | None = None
        self._holds = False

    def __enter__(self) -> Self:
        if not os.isatty(KEYS) or not os.isatty(SCREEN_OUT):
            return self
        try:
            self._begin()
        except BaseException:
            self._give_back()
            raise
        return self

    def _begin(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._told_to_end)
        with contextlib.suppress(termios.error):
            self._before = termios.tcgetattr(KEYS)
            termios.tcsetattr(KEYS, termios.TCSANOW, _silent(self._before))
        self._holds = True
        _write(self.picture().encode())

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._give_back()

    def take_over(self) -> list[Any] | None:
        """Leave the terminal, whose alternate screen shows the frame, to somebody else from now on; its
        attributes as they were before (`termios.tcgetattr`), None if there is nothing to hand over."""
        held, self._holds = self._holds, False
        return self._before if held else None

    def picture(self) -> str:
        """What is written: the frame for this terminal and its size."""
        width, height = _size()
        styles = looks(self._theme, terminal(os.environ))
        if not styles:
            return ENTER + _HIDE
        lines = first_frame(*self._frame, width, height, filtered=self._filtered)
        drawn = "".join(_line(line, styles) for line in lines)
        return f"{ENTER}{_HIDE}\x1b[{styles[SCREEN, '']}m{_CLEAR}{drawn}\x1b[0m"

    def _told_to_end(self, number: int, _: FrameType | None) -> None:
        self._give_back()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def _give_back(self) -> None:
        for number in _SIGNALS:
            if signal.getsignal(number) == self._told_to_end:
                signal.signal(number, signal.SIG_DFL)
        held, self._holds = self._holds, False
        if self._before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(KEYS, termios.TCSANOW, self._before)
        if held:
            with contextlib.suppress(OSError, ValueError):
                if select.select([], [SCREEN_OUT], [], _LAST_WORDS)[1]:
                    _write(LEAVE.encode())


def _line(drawn: Drawn, styles: Mapping[tuple[str, str], str]) -> str:
    ground = BAR if drawn.bar else SCREEN
    now = styles[ground, drawn.rest]
    written = [f"\x1b[{drawn.y + 1};1H\x1b[0;{now}m{_BLANK_LINE}"]
    for text, tone in filter(lambda cell: cell.text, drawn.cells):
        look = styles[ground, tone]
        written += [text] if look == now else [f"\x1b[0;{look}m", text]
        now = look
    return "".join(written)


def _silent(attributes: list[Any]) -> list[Any]:
    """What is typed is kept for later, unseen and as it comes. Only ctrl+c still is a signal: others would
    leave the screen as it is."""
    changed = [*attributes]
    changed[_IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    changed[_LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    changed[_CC] = [*attributes[_CC]]
    for key in (termios.VQUIT, termios.VSUSP):
        changed[_CC][key] = b"\0"
    changed[_CC][termios.VMIN], changed[_CC][termios.VTIME] = 1, 0
    return changed


def _size() -> tuple[int, int]:
    """Columns and lines, found out as Textual does (`shutil.get_terminal_size`)."""
    columns, lines = (_number(os.environ.get(name, "")) for name in ("COLUMNS", "LINES"))
    try:
        real = os.get_terminal_size(1)
    except OSError:
        real = os.terminal_size((0, 0))
    return columns or real.columns or 80, lines or real.lines or 24


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _write(data: bytes) -> None:
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(SCREEN_OUT, data) :]
