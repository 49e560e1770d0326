"""The recent past of one row: the one whose details are open."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

from sockscope.app.frames.table import Table

LENGTH = 120
"""Samples that are kept."""


class Trace:
    """Samples of one row by the names of its values, and the row as it was last; another row takes its
    place."""

    def __init__(self) -> None:
        self._key: int | None = None
        self._taken = -math.inf
        self._samples: deque[Mapping[str, float]] = deque(maxlen=LENGTH)
        self._last: Table | None = None

    def copy(self) -> Trace:
        """A trace that stays as this one is now."""
        twin = Trace()
        twin._key, twin._taken, twin._samples = self._key, self._taken, self._samples.copy()
        twin._last = self._last
        return twin

    def add(self, key: int, taken: float, values: Mapping[str, float]) -> None:
        """One sample of that row, `taken` then (CLOCK_MONOTONIC, seconds); the same one is added once."""
        self._follow(key)
        if taken > self._taken:
            self._taken = taken
            self._samples.append(values)

    def keep(self, key: int, row: Table) -> None:
        """That row as it is, a table of it alone."""
        self._follow(key)
        self._last = row

    def of(self, key: int, name: str) -> list[float]:
        """One value of that row over time, oldest first; none where another row is followed."""
        return [sample[name] for sample in self._samples] if key == self._key else []

    def last(self, key: int) -> Table | None:
        """That row as it was last; None where another row is followed."""
        return self._last if key == self._key else None

    def _follow(self, key: int) -> None:
        if key != self._key:
            self._key, self._taken, self._last = key, -math.inf, None
            self._samples.clear()
