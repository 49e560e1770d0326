"""Keeps the sampler from adding to a server's trouble: ticks that cost much come less often."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

SHARE = 0.10
"""Part of one core that ticks may take."""
MOST_TIMES = 10.0
"""Times the asked interval that ticks are apart at most."""
LONGEST = 60.0
"""Seconds that ticks are apart at most, unless more was asked."""
REMEMBERED = 5
"""Ticks whose median is what a tick costs: a single dear one (first imports, a crowd that is gone again)
changes nothing, and after three cheap ones all is as before."""
_STEPS = 5
"""Steps to an asked interval, so that small differences between ticks change nothing."""


class Governor:
    """Finds the interval at which ticks cost no more than their share."""

    def __init__(self, share: float = SHARE) -> None:
        self.share = share
        """Part of one core that ticks may take, and looking for owners again as much."""
        self._costs: deque[float] = deque(maxlen=REMEMBERED)
        self._asked = 0.0
        self._steps = 0

    @property
    def cost(self) -> float:
        """CPU seconds that a tick costs lately, 0 while too few are known."""
        return median(self._costs) if 2 * len(self._costs) > REMEMBERED else 0.0

    def spent(self, seconds: float) -> None:
        """Take note of the CPU seconds of one more tick."""
        self._costs.append(seconds)

    def interval(self, asked: float) -> float:
        """Seconds between ticks where `asked` seconds are wished for; never fewer."""
        if asked != self._asked:
            self._asked, self._steps = asked, 0
        most = max(asked, min(MOST_TIMES * asked, LONGEST))
        steps = (self.cost / self.share - asked) / asked * _STEPS
        if not self._steps - 2 < steps <= self._steps:  # leaves a step of play before it goes back
            self._steps = max(0, math.ceil(steps))
        return min(most, asked + self._steps * asked / _STEPS)
