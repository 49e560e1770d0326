"""The record of a terminal tells when each key's answer was on the screen."""

from __future__ import annotations

import sys

import pytest

from tests.bench import screens
from tests.bench.keys import rare_letter
from tests.bench.program import interval
from tests.bench.screens import Replay, answers
from tests.bench.terminal import Press, Terminal, Written, bursts, plain

ECHO = (
    "import sys, tty; tty.setraw(0); print('row 1', end='', flush=True)\n"
    "while key := sys.stdin.buffer.raw.read(1): print(end=f'\\x1b[31mgot {key.decode()}\\x1b[0m', flush=True)"
)
ASK = "import sys, tty; tty.setraw(0); print(end='\\x1b[6n', flush=True); print(sys.stdin.buffer.raw.read(6))"


def recorded(*pieces: tuple[float, str], presses: tuple[tuple[float, str], ...] = ()) -> Terminal:
    """A terminal of 60x10 whose record is made up."""
    made = Terminal.__new__(Terminal)
    made.columns, made.lines = 60, 10
    made.record = [Written(at, text.encode()) for at, text in pieces]
    made.presses = [Press(at, name) for at, name in presses]
    return made


def at(line: int, text: str) -> str:
    """What draws a text at the beginning of a line."""
    return f"\x1b[{line + 1};1H\x1b[K{text}"


def test_a_program_is_waited_for_and_recorded() -> None:
    with Terminal([sys.executable, "-S", "-c", ECHO], columns=100, lines=30) as terminal:
        assert terminal.wait_for(r"row \d") > 0
        assert terminal.watch(0.05) == 0
        terminal.press(b"x", "key")
        terminal.wait_for("got x")
        assert [press.name for press in terminal.presses] == ["key"]
        assert plain(b"".join(each.data for each in terminal.record)).split() == ["row", "1", "got", "x"]
        assert screens.text(Replay(terminal).now(), 0) == "row 1got x"
        with pytest.raises(TimeoutError, match="never"):
            terminal.wait_for("never", patience=0.05)
    assert terminal.status is not None


def test_questions_are_answered() -> None:
    with Terminal([sys.executable, "-S", "-c", ASK]) as terminal:
        terminal.wait_for(r"\[9;9R")


def test_a_slow_line_carries_no_more_than_its_rate() -> None:
    flood = "import sys; print(end='x' * 3000, flush=True); sys.stdin.read()"
    with Terminal([sys.executable, "-S", "-c", flood], rate=2000) as terminal:
        terminal.wait_for("x")
        assert terminal.watch(0.3) <= 0.3 * 2000 + 20


def test_bursts_are_parted_by_silence() -> None:
    record = [Written(0.0, b"aa"), Written(0.1, b"b"), Written(1.0, b"cccc"), Written(1.15, b"d")]
    assert bursts(record) == [3, 5]
    assert bursts([]) == []


def test_an_answer_is_there_when_the_feature_has_settled() -> None:
    terminal = recorded(
        (0.0, at(screens.HEADING, "Port ▲  State")),
        (1.01, at(0, "clock")),
        (1.02, at(screens.HEADING, "Port    Sta")),
        (1.05, at(screens.HEADING, "Port    State ▲")),
        (1.30, at(0, "later")),
        (2.20, at(screens.HEADING, "Port ▲  State")),
        presses=((1.0, "sort"), (2.0, "sort")),
    )
    assert answers(terminal, {"sort": {"sort": screens.heading}})["sort"] == pytest.approx([0.05, 0.20])


def test_a_key_may_have_several_answers() -> None:
    terminal = recorded(
        (0.0, at(screens.HEADING, "one")),
        (1.1, at(screens.HEADING, "two")),
        (1.4, at(screens.FIRST_ROW, "row")),
        presses=((1.0, "key"), (2.0, "other")),
    )
    features = {"titles": screens.heading, "rows": screens.tab_with_rows}
    assert answers(terminal, {"key": features}) == {
        "titles": pytest.approx([0.1]),
        "rows": pytest.approx([0.4]),
    }


def test_an_answer_that_does_not_come_counts_with_the_time_until_the_next_key() -> None:
    terminal = recorded(
        (0.0, at(screens.HEADING, "one")),
        (1.1, at(screens.HEADING, "two")),
        (3.1, at(0, "something else")),
        presses=((1.0, "key"), (2.0, "key"), (3.0, "other")),
    )
    assert answers(terminal, {"key": {"key": screens.heading}})["key"] == pytest.approx([0.1, 1.0])


def test_a_key_that_changes_nothing_is_left_out() -> None:
    terminal = recorded((0.0, at(screens.HEADING, "one")), presses=((1.0, "key"), (2.0, "key")))
    assert answers(terminal, {"key": {"key": screens.heading}}) == {}


def test_features_see_what_keys_change() -> None:
    lines = [
        (screens.HEADER, " sockscope  web-3    every 1.2 s  ‖ paused 3 s"),
        (screens.TABS, "\x1b[7m 1 Connections 20 \x1b[0m 2 Listening 3"),
        (screens.HEADING, " Port  Owner ▲    ▏ Socket"),
        (screens.FIRST_ROW, " tcp   sshd 1     ▏ protocol  tcp"),
        (5, "\x1b[44m tcp   nginx 2 \x1b[0m   ▏"),
        (6, " tcp   nginx 3    ▏"),
        (8, " filter  nginx            2 of 20 "),
    ]
    screen = Replay(recorded(*((0.0, at(line, text)) for line, text in lines))).now()
    assert screens.band(screen) == (5,)
    assert screens.details(screen) == "Socket"
    assert screens.heading(screen) == " Port  Owner ▲"
    assert screens.tab(screen) == (" 1 Connections", " Port  Owner ▲")
    assert screens.tab_with_rows(screen) == ((" 1 Connections", " Port  Owner ▲"), True)
    assert screens.filter_line(screen) == " filter  nginx            2 of 20"
    assert screens.paused(screen)
    assert not screens.entry(screen)
    assert interval(screens.text(screen, screens.HEADER)) == 1.2
    assert screens.rows(4)(screen) == (screens.filter_line(screen), (" tcp", " tcp", " tcp"))
    assert rare_letter(screen) in {b"s", b"h", b"d", b"1", b"2", b"3"}
