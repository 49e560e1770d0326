"""sockscope at the far end of a line of 4 kB/s: how much stands before the answer to a key."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.terminal import SOCKSCOPE, SlowTerminal, Terminal

ANSWER = 1200
"""Bytes that a line of 4 kB/s carries in 300 ms."""
CONNECTIONS = 40


class Crowd:
    """Connections on loopback, all of which can be replaced at once."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._held: list[socket.socket] = []
        self.port = server.getsockname()[1]
        self.replace()

    def replace(self) -> None:
        self.close()
        for _ in range(CONNECTIONS):
            self._held.append(socket.create_connection(self._server.getsockname()))
            self._held.append(self._server.accept()[0])

    def close(self) -> None:
        """Break off everything, so that nothing stays in TIME_WAIT."""
        for held in self._held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            held.close()
        self._held = []


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as server,
        contextlib.closing(Crowd(server)) as made,
    ):
        yield made


def bytes_before(terminal: Terminal, condition: Callable[[str], object]) -> int:
    """What the line carries until the screen is as wanted."""
    before = terminal.written
    terminal.until(condition)
    return terminal.written - before


@pytest.mark.parametrize(
    ("key", "seen", "undo"), [("p", "paused", "p"), ("2", "Reach", "1"), ("/", "or any text", "\x1b")]
)
def test_a_key_is_answered_before_what_ticks_wanted_to_paint(
    key: str, seen: str, undo: str, crowd: Crowd
) -> None:
    with SlowTerminal(*SOCKSCOPE, "-a", "--interval", "0.5", columns=160, lines=50) as terminal:
        terminal.until(lambda text: "127.0.0.1" in text and "● " in text)
        waited, waited_back = [], []
        for _ in range(3):
            crowd.replace()
            terminal.read(0.9)
            terminal.press(key)
            waited.append(bytes_before(terminal, lambda text: seen in text))
            crowd.replace()
            terminal.read(0.9)
            terminal.press(undo)
            waited_back.append(bytes_before(terminal, lambda text: seen not in text))
        assert sorted(waited)[1] <= ANSWER
        assert sorted(waited_back)[1] <= ANSWER


def test_a_line_that_lags_is_spared_and_shows_the_newest_all_the_same(crowd: Crowd) -> None:
    command = (*SOCKSCOPE, "-a", "--interval", "0.2", "--filter", str(crowd.port))
    with SlowTerminal(*command, columns=160, lines=50) as terminal:
        terminal.until(lambda text: "127.0.0.1" in text and "● " in text)
        for _ in range(5):
            crowd.replace()
            terminal.read(0.3)
        terminal.until(lambda text: "● calm" in text)
        crowd.close()
        terminal.until(lambda text: re.search(rf"filter  {crowd.port} .*\b1 of ", text))
