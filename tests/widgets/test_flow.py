"""How much may be on its way to terminals near and far, fast and slow."""

from __future__ import annotations

from sockscope.widgets.flow import DELAY, FIRST, FORGOTTEN, HEARING, LARGEST, PATIENCE, SMALLEST, Flow


class Line:
    """A line of so many bytes/s with a terminal at its end that answers after `away` seconds."""

    def __init__(self, rate: float, away: float) -> None:
        self.flow = Flow()
        self.now = 0.0
        self._rate, self._away = rate, away

    def paint(self, size: int) -> float:
        """Write, ask and wait for the answer; the seconds it took."""
        self.flow.wrote(size)
        self.flow.asked(self.now)
        took = size / self._rate + self._away
        self.now += took
        self.flow.answered(self.now)
        return took

    def busy(self, times: int) -> list[float]:
        """Write as much as may be, again and again."""
        return [self.paint(self.flow.room(self.now)) for _ in range(times)]


def test_a_slow_line_never_holds_much_more_than_the_delay_once_it_is_known() -> None:
    line = Line(rate=4000, away=0.05)
    line.paint(100)
    line.busy(2)
    assert max(line.busy(30)) <= 0.05 + 2.1 * DELAY
    assert SMALLEST <= line.flow.window <= 4000 * 2.1 * DELAY


def test_a_fast_line_soon_takes_whole_screens_however_far_away_it_is() -> None:
    line = Line(rate=10_000_000, away=0.2)
    line.paint(100)
    line.busy(3)
    assert line.flow.room(line.now) == FIRST * 8


def test_small_writes_tell_nothing_about_how_much_more_would_fit() -> None:
    line = Line(rate=10_000_000, away=0.0)
    for _ in range(20):
        line.paint(200)
    assert line.flow.window == FIRST


def test_a_line_that_becomes_faster_is_used_again() -> None:
    line = Line(rate=4000, away=0.01)
    line.paint(100)
    line.busy(5)
    line._rate = 1_000_000
    line.busy(6)
    assert line.flow.window > 10_000


def test_a_terminal_that_never_answers_is_not_waited_for() -> None:
    flow = Flow()
    flow.asked(0.0)
    flow.wrote(2 * FIRST)
    assert flow.room(HEARING / 2) < 0
    assert flow.room(HEARING * 2) == LARGEST


def test_an_answer_that_does_not_come_holds_up_for_a_while_only() -> None:
    line = Line(rate=10_000_000, away=0.0)
    line.paint(100)
    line.flow.wrote(2 * FIRST)
    line.flow.asked(line.now)
    assert line.flow.room(line.now + PATIENCE / 2) < 0
    assert line.flow.room(line.now + PATIENCE * 2) == line.flow.window


def test_answers_that_come_late_still_belong_to_their_questions() -> None:
    line = Line(rate=10_000_000, away=0.0)
    line.paint(100)
    for _ in range(2):
        line.flow.wrote(1000)
        line.flow.asked(line.now)
        line.now += PATIENCE * 2
        assert line.flow.room(line.now) > 0
    assert line.flow.waiting == 2
    line.flow.answered(line.now)
    line.flow.answered(line.now)
    assert line.flow.waiting == 0
    assert line.flow.room(line.now) == line.flow.window


def test_a_question_that_is_lost_is_forgotten_in_the_end() -> None:
    line = Line(rate=10_000_000, away=0.0)
    line.paint(100)
    line.flow.asked(line.now)
    line.flow.room(line.now + FORGOTTEN * 2)
    assert line.flow.waiting == 0


def test_an_answer_nobody_asked_for_is_nothing() -> None:
    flow = Flow()
    flow.answered(1.0)
    assert not flow.known
