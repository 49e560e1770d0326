"""The empty frame that stands before Textual is there, and the terminal until then."""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Sequence

import pytest
from pyte import modes
from pyte.screens import Char

from tests.e2e.terminal import SOCKSCOPE, Terminal

SILENT = "from sockscope.app.sources import child; child.COMMAND = ('sleep', '60')"
"""A sampler that never says anything."""
STUCK = "import time; from sockscope.app import start; start._run = lambda *_: time.sleep(60)"
"""A program that never gets to Textual."""
BROKEN = "from sockscope.app import start; start._run = lambda *_: 1 / 0"
SIZES = [(80, 24), (120, 36), (200, 50), (50, 12)]

Look = tuple[str, str, bool, str]


class Blank(Terminal):
    """A terminal on which something stood before, so that every cell has a look of its own."""

    def __init__(self, first: str, *options: str, columns: int, lines: int, **environment: str) -> None:
        main = f"{first}; import sys; from sockscope.app.cli import main; sys.exit(main(sys.argv[1:]))"
        words = [f"{name}={value}" for name, value in environment.items()]
        super().__init__(
            "/usr/bin/env", *words, sys.executable, "-P", "-c", main, *options, columns=columns, lines=lines
        )
        self._stream.feed(b"x" * columns * lines)

    @property
    def looks(self) -> list[list[Look]]:
        """Every cell of the screen; of a blank one its background is all there is to see."""
        screen = self._screen
        cells = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
        return [[_look(each) for each in line] for line in cells]

    @property
    def hidden(self) -> bool:
        """Whether the cursor is."""
        return modes.DECTCEM not in self._screen.mode

    @property
    def attributes(self) -> list[object]:
        """What the terminal does with what is typed."""
        return termios.tcgetattr(self._ours)


def _look(cell: Char) -> Look:
    return (cell.data, cell.fg, cell.bold, cell.bg) if cell.data.strip() else (" ", "", False, cell.bg)


def shows_it(text: str) -> bool:
    return "sockscope" in text and ("q quit" in text or "needs" in text)


@pytest.mark.parametrize(("columns", "lines"), SIZES)
@pytest.mark.parametrize(
    ("options", "environment"),
    [
        ((), {}),
        (("-r", "--interval", "2.5"), {"COLORTERM": "truecolor"}),
        (("--theme", "light", "--filter", "443"), {"TERM": "xterm-256color"}),
        (("--theme", "light", "-t"), {"NO_COLOR": "1"}),
        (("--theme", "ansi"), {"TERM": "dumb"}),
    ],
)
def test_it_is_what_the_dashboard_paints(
    options: Sequence[str], environment: dict[str, str], columns: int, lines: int
) -> None:
    sizes = {"columns": columns, "lines": lines}
    with Blank(STUCK, *options, **sizes, **environment) as early:  # type: ignore[arg-type]
        early.until(shows_it)
        first = early.looks
    with Blank(SILENT, *options, **sizes, **environment) as painted:  # type: ignore[arg-type]
        painted.until(shows_it)
        painted.until(lambda _: max(painted.said.count(b" quit"), painted.said.count(b" needs ")) >= 2)
        painted.read(0.5)
        assert painted.looks == first


def test_it_stands_until_it_is_painted_over() -> None:
    with Blank("pass", columns=120, lines=36) as terminal:
        terminal.until(shows_it)
        seen: list[bool] = []

        def live(text: str) -> bool:
            seen.append(shows_it(text))
            return "● live" in text

        terminal.until(live)
        assert all(seen)
        assert terminal.said.count(b"\x1b[?1049h") == 1


def test_what_is_typed_meanwhile_is_not_seen_and_reaches_the_dashboard() -> None:
    with Terminal(*SOCKSCOPE, columns=120, lines=36) as terminal:
        terminal.until(shows_it)
        terminal.press("3/lo\r")
        terminal.until(lambda text: "filter  lo" in text and "Destination" in text)
        assert "3/lo" not in terminal.text


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGINT, 130)],
)
def test_a_signal_before_the_dashboard_gives_the_terminal_back(number: int, status: int) -> None:
    with Blank(STUCK, columns=80, lines=24) as terminal:
        terminal.until(shows_it)
        assert (terminal.hidden, terminal.attributes == terminal.before) == (True, False)
        os.kill(terminal.pid, number)
        assert terminal.wait() == status
        terminal.read(1.0)
        assert (terminal.hidden, terminal.attributes == terminal.before) == (False, True)
        assert terminal.said.endswith(b"\x1b[?1049l\x1b[?25h")


@pytest.mark.parametrize(
    ("first", "options", "status", "said"),
    [
        (BROKEN, (), 1, b"ZeroDivisionError: division by zero"),
        ("pass", ("--filter", "dport ="), 2, b"sockscope: "),
        ("pass", ("--netns", "nobody-has-this-name"), 1, b"sockscope: "),
    ],
)
def test_what_goes_wrong_is_said_on_the_normal_screen(
    first: str, options: Sequence[str], status: int, said: bytes
) -> None:
    with Blank(first, *options, columns=80, lines=24) as terminal:
        assert terminal.wait() == status
        terminal.read(1.0)
        drawn, _, after = terminal.said.partition(b"\x1b[?1049l\x1b[?25h")
        assert b"sockscope" in drawn.partition(b"\x1b[?1049h")[2]
        assert said in after
        assert terminal.attributes == terminal.before


def test_after_the_dashboard_the_terminal_is_as_it_was() -> None:
    with Blank("pass", columns=80, lines=24) as terminal:
        terminal.until(lambda text: "● live" in text)
        terminal.press("q")
        assert terminal.wait() == 0
        terminal.read(1.0)
        assert terminal.attributes == terminal.before
        assert terminal.said.count(b"\x1b[?1049l") == 1
