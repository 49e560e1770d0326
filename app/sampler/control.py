"""What the dashboard tells the sampler: one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import field

from sockscope.app.collectors import questions
from sockscope.app.collectors.questions import Question
from sockscope.app.record import dataclass

SHORTEST = 0.1
"""Seconds; a shorter interval would measure mostly the tool itself."""


@dataclass(frozen=True, slots=True)
class Control:
    """Standing orders: the tables on the screen, the seconds between ticks, whether the screen stands still
    (then tables without a history rest), a number that asks for a tick at once when it grows, and the TCP
    states whose rows are shown (None: all), so that others may be left out."""

    wanted: frozenset[str] = field(default_factory=frozenset)
    interval: float = 1.0
    paused: bool = False
    refresh: int = 0
    states: frozenset[int] | None = None
    questions: tuple[Question, ...] = ()
    """What the kernel is asked about single things."""

    @property
    def answers(self) -> frozenset[str]:
        """The tables that have the answers to the questions."""
        return frozenset(question.table for question in self.questions)

    def encode(self) -> bytes:
        """The line to write."""
        told = {
            "wanted": sorted(self.wanted),
            "interval": self.interval,
            "paused": self.paused,
            "refresh": self.refresh,
            "states": None if self.states is None else sorted(self.states),
            "questions": [questions.encode(question) for question in self.questions],
        }
        return json.dumps(told).encode("ascii") + b"\n"

    def widens(self, before: Control) -> bool:
        """Whether this wants to see what `before` did not."""
        fewer = before.states is not None and (self.states is None or not self.states <= before.states)
        return fewer or not self.wanted <= before.wanted | self.answers

    def asks(self, before: Control) -> bool:
        """Whether this asks what `before` did not."""
        return not set(self.questions) <= set(before.questions)


def decode(line: bytes) -> Control:
    """The order in one line; ValueError if it is none."""
    told = json.loads(line)
    if not isinstance(told, dict):
        raise ValueError("a control message is an object")
    states = told.get("states")
    return Control(
        frozenset(str(name) for name in told.get("wanted", ())),
        max(SHORTEST, float(told.get("interval", 1.0))),
        bool(told.get("paused", False)),
        int(told.get("refresh", 0)),
        None if states is None else frozenset(map(int, states)),
        tuple(map(questions.decode, told.get("questions", ()))),
    )


class Lines:
    """Puts bytes together to whole lines."""

    LONGEST = 65536

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes; a line longer than LONGEST is thrown away."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > self.LONGEST:
            self._rest = b""
        return whole
