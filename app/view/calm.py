"""Sparing a slow line: when a tick is drawn at all, and what is left out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sockscope.app.model.states import StateNow
from sockscope.app.view.columns import Column

EVERY = 5.0
"""Seconds between two ticks that are drawn."""
LATE_TICKS = 3
"""Ticks in a row that find the terminal still busy, from which on the line lags."""
LASTS = 60.0
"""Seconds for which a line that lagged is spared."""
TRENDS = frozenset({"rx_trend", "tx_trend"})
"""Columns left out: they change in every cell at every tick."""


def without_trends(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns but for sparklines."""
    return tuple(column for column in columns if column.id not in TRENDS)


class Calm:
    """Whether the line is spared: always if that is wanted, else for a while after it lagged.

    Times are monotonic seconds.
    """

    def __init__(self, wanted: bool = False) -> None:
        self._wanted = wanted
        self._late = 0
        self._until = -np.inf
        self._drawn = -np.inf

    def on(self, now: float) -> bool:
        """Whether the line is spared."""
        return self._wanted or now < self._until

    def tick(self, now: float, *, behind: bool) -> None:
        """A tick came; the terminal is `behind` if it has not yet shown all of an earlier one."""
        self._late = self._late + 1 if behind else 0
        if self._late >= LATE_TICKS:
            self._until = now + LASTS

    def due(self, now: float) -> bool:
        """Whether a tick that nobody asked for is drawn now."""
        return not self.on(now) or now - self._drawn >= EVERY

    def drawn(self, now: float) -> None:
        """The screen was drawn."""
        self._drawn = now


def without_history(states: Sequence[StateNow]) -> list[StateNow]:
    """The states of the strip without what makes their sparklines."""
    return [replace(state, history=np.full_like(state.history, np.nan)) for state in states]
