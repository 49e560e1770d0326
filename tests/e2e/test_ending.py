"""Quitting at a terminal that takes no output any more."""

from __future__ import annotations

import os
import signal
import termios
import time
from pathlib import Path

import pytest
from pyte import modes

from tests.e2e.terminal import SOCKSCOPE, Terminal, children, gone_within
from tests.terminal import Questions

BOUND = 5.0
"""Seconds; far more than it takes, far less than for ever."""


class Mute(Questions):
    """Hears no question."""

    def feed(self, data: bytes) -> int:
        return 0


class Stopped(Terminal):
    """A terminal that answers nothing, and that nobody reads any more: the end of a dead line."""

    def __init__(self, *command: str, columns: int, lines: int) -> None:
        super().__init__(*command, columns=columns, lines=lines)
        self._questions = Mute()

    def clog(self, seconds: float = 10.0) -> None:
        """Have the program paint until nobody takes it any more: its writing waits in the kernel."""
        until = time.monotonic() + seconds
        while not self._writing_waits():
            assert time.monotonic() < until, "the line never filled"
            self.press("\x0c")
            time.sleep(0.02)

    def _writing_waits(self) -> bool:
        """Whether a thread of the program sleeps in a write to its terminal."""
        calls = Path(f"/proc/{self.pid}/task").glob("*/syscall")
        return any(call.read_text().split()[0] == WRITE for call in calls)


WRITE = {"x86_64": "1", "aarch64": "64"}.get(os.uname().machine, "")
"""The number of the system call."""


def ended(terminal: Terminal, seconds: float) -> int | None:
    """Its exit status, without reading a byte of what it writes; None if it goes on."""
    until = time.monotonic() + seconds
    while not terminal.ended() and time.monotonic() < until:
        time.sleep(0.01)
    return terminal.status


@pytest.mark.parametrize(
    ("how", "status"),
    [("q", 0), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)],
)
def test_it_ends_though_nobody_reads_and_leaves_the_terminal_as_it_was(how: str | int, status: int) -> None:
    with Stopped(*SOCKSCOPE, "-a", columns=200, lines=60) as terminal:
        before = termios.tcgetattr(terminal._ours)[3]
        terminal.until(lambda text: "● live" in text)
        started = children(terminal.pid)
        assert termios.tcgetattr(terminal._ours)[3] != before
        terminal.clog()
        if isinstance(how, str):
            terminal.press(how)
        else:
            os.kill(terminal.pid, how)
        assert ended(terminal, BOUND) == status
        assert gone_within(started, 1.0)
        assert termios.tcgetattr(terminal._ours)[3] == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_screen_back(number: int) -> None:
    with Terminal(*SOCKSCOPE, "-a") as terminal:
        terminal.until(lambda text: "● live" in text)
        assert modes.DECTCEM not in terminal._screen.mode
        os.kill(terminal.pid, number)
        assert terminal.wait() == 128 + number
        assert modes.DECTCEM in terminal._screen.mode
