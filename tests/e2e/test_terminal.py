"""sockscope in a real pseudo-terminal, on this machine's real sockets."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.terminal import SOCKSCOPE, Terminal, children, gone_within


@pytest.fixture
def port() -> Iterator[int]:
    """A listener with one connection that nobody accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=7) as server:
        number = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", number)):
            yield number


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 36), (200, 50)])
@pytest.mark.parametrize("term", ["xterm", "tmux-256color"])
def test_it_opens_shows_what_is_there_and_leaves_nothing(
    columns: int, lines: int, term: str, port: int
) -> None:
    with Terminal(*SOCKSCOPE, "--filter", str(port), columns=columns, lines=lines, term=term) as terminal:
        terminal.until(lambda text: f"127.0.0.1:{port}" in text and "live" in text and "q quit" in text)
        footer = terminal.text.rstrip().splitlines()[-1]
        assert "? help" in footer
        assert "q quit" in footer
        started = children(terminal.pid)
        assert started
        terminal.press("2")
        terminal.until(lambda text: "1/7" in text)
        for key, word in (("3", "Destination"), ("4", "lo"), ("5", "Counter")):
            terminal.press(key)
            terminal.until(lambda text, word=word: word in text)  # type: ignore[misc]
        terminal.press("q")
        assert terminal.wait() == 0
        assert gone_within(started, 1.0)


def test_keys_of_the_night_watch(port: int) -> None:
    with Terminal(*SOCKSCOPE, "-a", "--filter", str(port), columns=120, lines=36) as terminal:
        terminal.until(lambda text: f"127.0.0.1:{port}" in text)
        terminal.press("/ estab\r")
        terminal.until(lambda text: f"filter  {port} estab" in text)
        terminal.until(lambda text: f":{port}" in text and "LISTEN  " not in text.partition("Proto")[2])
        terminal.press("\r")
        terminal.until(lambda text: "Owner" in text and "protocol" in text)
        terminal.press("\x1b")
        terminal.until(lambda text: "protocol" not in text)
        terminal.press("\x1b")
        terminal.until(lambda text: f"filter  {port}" not in text)
        terminal.press("p")
        terminal.until(lambda text: "paused" in text)
        terminal.press("p?")
        terminal.until(lambda text: "sockscope: netstat, live" in text)
        terminal.press("q")
        terminal.until(lambda text: "sockscope: netstat, live" not in text)
        terminal.press("\x03")
        assert terminal.wait() == 0


def test_when_the_line_is_cut_everything_ends_within_a_second(port: int) -> None:
    with Terminal(*SOCKSCOPE, "--filter", str(port)) as terminal:
        terminal.until(lambda text: f"127.0.0.1:{port}" in text)
        started = children(terminal.pid)
        terminal.hang_up()
        assert gone_within([terminal.pid, *started], 1.0)
        terminal.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_dashboard_is_killed_the_sampler_ends(number: int, port: int) -> None:
    with Terminal(*SOCKSCOPE, "--filter", str(port)) as terminal:
        terminal.until(lambda text: f"127.0.0.1:{port}" in text)
        started = children(terminal.pid)
        os.kill(terminal.pid, number)
        terminal.wait()
        assert gone_within(started, 1.0)


def test_a_killed_sampler_is_told_and_replaced_without_losing_the_view(port: int) -> None:
    with Terminal(*SOCKSCOPE, "--filter", str(port), columns=120) as terminal:
        terminal.until(lambda text: f"127.0.0.1:{port}" in text)
        terminal.press("E")
        terminal.until(lambda text: "state ESTABLISHED" in text)
        (sampler,) = children(terminal.pid)
        os.kill(sampler, signal.SIGKILL)
        terminal.until(lambda text: "lost" in text)
        terminal.until(lambda text: "live" in text and "state ESTABLISHED" in text)
        assert children(terminal.pid) != [sampler]
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_window_that_is_drawn_larger_and_smaller(port: int) -> None:
    with Terminal(*SOCKSCOPE, "--filter", str(port), columns=80, lines=24) as terminal:
        terminal.until(lambda text: f"127.0.0.1:{port}" in text)
        terminal.resize(50, 12)
        terminal.until(lambda text: "needs 60x15" in text)
        terminal.resize(160, 45)
        terminal.until(lambda text: "Recv-Q" in text and f"127.0.0.1:{port}" in text)
        terminal.press("q")
        assert terminal.wait() == 0
