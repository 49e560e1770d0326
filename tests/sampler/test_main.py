"""When the sampler's loop ticks, with a clock of our own and pipes that nobody waits at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.frame import Frame
from sockscope.app.sampler import main
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.main import Loop
from sockscope.app.sampler.sampler import Sampler
from sockscope.app.sources.local import LocalSampler


class Ticking(Sampler):
    """Counts ticks; each says that ticks shall be stretched to twice the interval asked."""

    def __init__(self) -> None:
        self.ticks: list[Control] = []
        self.answers: list[Control] = []
        self.late = 0
        self.busy_ = False

    def tick(self, control: Control) -> Frame:
        self.ticks.append(control)
        return Frame(0, 0.0, 0.0, control.interval, stretch=control.interval)

    def answer(self, control: Control) -> Frame:
        self.answers.append(control)
        return Frame(0, 0.0, 0.0, control.interval, stretch=control.interval)

    def background(self, control: Control, until: float) -> Frame | None:
        self.late += 1
        return None

    def busy(self, control: Control) -> bool:
        return self.busy_


Told = Callable[..., int]


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, ticking: Ticking) -> Iterator[Told]:
    """Sets the clock, gives an order if there is one, lets the loop work; the ticks so far."""
    now = 0.0
    monkeypatch.setattr("sockscope.app.sampler.main.time", SimpleNamespace(monotonic=lambda: now))
    ours, theirs = os.pipe()
    loop = Loop(ticking, ours, os.open(os.devnull, os.O_WRONLY))

    def tell(at: float, order: Control | None = None) -> int:
        nonlocal now
        now = at
        if order is not None:
            os.write(theirs, order.encode())
            loop._listen()
        loop._work()
        return len(ticking.ticks)

    yield tell
    for each in (ours, theirs, loop._frames):
        os.close(each)


def test_nothing_happens_without_an_order(told: Told) -> None:
    assert told(100.0) == 0


def test_ticks_follow_at_the_interval_in_force(told: Told) -> None:
    assert told(100.0, Control(interval=1.0)) == 1
    assert told(101.9) == 1
    assert told(102.0) == 2
    assert told(109.0) == 3
    assert told(110.9) == 3  # what was missed is not made up for
    assert told(111.0) == 4


def test_what_was_not_collected_before_is_collected_at_once(told: Told) -> None:
    few = Control(frozenset({"sockets"}), states=frozenset({6}))
    assert told(100.0, few) == 1
    assert told(100.1, Control(frozenset({"sockets"}), states=frozenset({6, 1}))) == 2
    assert told(100.2, few) == 2
    assert told(100.3, Control(frozenset({"sockets"}))) == 3
    assert told(100.4, Control(frozenset({"sockets", "owners"}))) == 4
    assert told(100.5, Control(frozenset({"sockets"}))) == 4
    assert told(100.6, Control(frozenset({"sockets"}), refresh=1)) == 5


def test_a_question_is_answered_at_once_and_without_a_tick(told: Told, ticking: Ticking) -> None:
    one, other = Lookup(2, "10.0.0.1"), Lookup(2, "10.0.0.2")
    plain = Control(frozenset({"sockets"}))
    asking = [
        Control(frozenset({"sockets", "lookups"}), questions=each)
        for each in ((one,), (one, other), (other,))
    ]
    assert told(100.0, plain) == 1
    for number, order in enumerate(asking):
        assert told(100.1 + number / 10, order) == 1
    assert ticking.answers == asking[:2]  # the last asks nothing new
    assert told(100.5) == 1
    assert told(102.0) == 2
    assert told(102.1, plain) == 2
    assert told(102.2, Control(frozenset({"sockets", "lookups", "routes"}), questions=(one,))) == 3
    assert told(102.3) == 3
    assert len(ticking.answers) == 2  # a tick answers too


def test_what_may_come_late_lets_the_first_rows_be_drawn(told: Told, ticking: Ticking) -> None:
    ticking.busy_ = True
    assert told(100.0, Control(interval=1.0)) == 1
    assert told(100.0 + 0.9 * main.HEAD_START) == 1
    assert ticking.late == 0
    assert told(100.0 + 1.1 * main.HEAD_START) == 1
    assert ticking.late == 1
    assert told(102.0) == 2
    assert told(102.01) == 2
    assert ticking.late == 2


def test_a_shorter_interval_does_not_wait_for_the_longer_one(told: Told) -> None:
    assert told(100.0, Control(interval=60.0)) == 1
    assert told(101.0, Control(interval=1.0)) == 1
    assert told(102.0) == 2


def test_the_sampler_lets_others_go_first() -> None:
    source = LocalSampler()
    try:
        source.order(Control(frozenset({"counters"})))
        source.next()
        most = 19
        assert os.getpriority(os.PRIO_PROCESS, source.pid) == min(
            most, os.getpriority(os.PRIO_PROCESS, 0) + main.NICE
        )
    finally:
        source.close()
