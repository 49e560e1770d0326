"""How much may be on its way to the terminal, so that a key never waits behind what was painted before it."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

DELAY = 0.07
"""Seconds that bytes on their way may take at most: a key's answer stands behind them."""
SMALLEST, FIRST, LARGEST = 256, 4096, 1 << 20
"""Bytes that may be on their way: always, until more is known, and to the fastest terminal."""
WORTH_ASKING = 128
"""Bytes from which on a question goes along."""
HEARING = 0.3
"""Seconds from the first question on in which a terminal can show that it answers at all."""
PATIENCE, FORGOTTEN = 5.0, 60.0
"""Seconds after which no answer is waited for, and after which none is expected any more."""
_REMEMBERED = 200


class _Question(NamedTuple):
    asked: float
    written: int
    ahead: int


class Flow:
    """Bytes written and bytes that have arrived, known from the terminal's answers to questions among them.

    The kernel cannot tell: its queue for a pseudo-terminal always looks empty (TIOCOUTQ), yet holds seconds
    of a slow line. The window grows while answers come at once and shrinks to what the line carries in DELAY.
    Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self.window = FIRST
        self._written = 0
        self._arrived = 0
        self._asked = 0
        self._first_asked: float | None = None
        self._questions: deque[_Question] = deque()
        self._round_trips: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def known(self) -> bool:
        """Whether the terminal ever answered; of one that never does nothing can be said."""
        return bool(self._round_trips)

    @property
    def waiting(self) -> int:
        """Questions that are not answered yet."""
        return len(self._questions)

    @property
    def question_due(self) -> bool:
        """Whether enough was written since the last question, or none was ever asked."""
        return self._first_asked is None or self._written - self._asked >= WORTH_ASKING

    def room(self, now: float) -> int:
        """Bytes that may be written now; none or less if the terminal has to catch up first."""
        if not self.known and (self._first_asked is None or now - self._first_asked > HEARING):
            return LARGEST
        while self._questions and now - self._questions[0].asked > FORGOTTEN:
            self._questions.popleft()
        overdue = [question.written for question in self._questions if now - question.asked > PATIENCE]
        return self.window - (self._written - max([self._arrived, *overdue]))

    def wrote(self, size: int) -> None:
        """So many bytes more are on their way."""
        self._written += size

    def asked(self, now: float) -> None:
        """A question went along."""
        self._questions.append(_Question(now, self._written, self._written - self._arrived))
        self._asked = self._written
        if self._first_asked is None:
            self._first_asked = now

    def answered(self, now: float) -> None:
        """The oldest question was answered: everything before it has arrived."""
        if not self._questions:
            return
        question = self._questions.popleft()
        self._arrived = question.written
        self._round_trips.append(now - question.asked)
        queued = self._round_trips[-1] - min(self._round_trips)
        carried = int(question.ahead * DELAY / queued) if queued > 0 else LARGEST
        if queued > DELAY:
            self.window = max(SMALLEST, carried)
        elif question.ahead * 2 >= self.window:
            self.window = max(self.window, min(LARGEST, self.window * 2, carried))
