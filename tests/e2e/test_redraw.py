"""A screen that another program wrote over."""

from __future__ import annotations

from tests.e2e.terminal import SOCKSCOPE, Terminal

CTRL_L = "\x0c"


def test_a_key_draws_everything_anew() -> None:
    with Terminal(*SOCKSCOPE, "-l", columns=120, lines=30) as terminal:
        terminal.until(lambda text: "● live" in text and "Proto" in text)
        terminal.press("p")
        terminal.until(lambda text: "paused" in text)
        for line in (3, 4, 15, 29):
            terminal._stream.feed(f"\x1b[{line};20HBroadcast message".encode())
        assert terminal.text.count("Broadcast message") == 4
        terminal.press(CTRL_L)
        terminal.until(lambda text: "Broadcast" not in text and "Proto" in text)


def test_it_draws_a_dialog_anew_as_well() -> None:
    with Terminal(*SOCKSCOPE, columns=120, lines=30) as terminal:
        terminal.until(lambda text: "● live" in text)
        terminal.press("?")
        terminal.until(lambda text: "every key" in text or "Moving" in text)
        terminal._stream.feed(b"\x1b[15;40HBroadcast message")
        terminal.press(CTRL_L)
        terminal.until(lambda text: "Broadcast" not in text and "Moving" in text)
