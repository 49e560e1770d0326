"""The recent past of one row: the one whose details are open."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

LENGTH = 120
"""Samples that are kept."""


class Trace:
    """Samples of one row by the names of its values; those of another row take their place."""

    def __init__(self) -> None:
        self._key: int | None = None
        self._taken = 0.0
        self._samples: deque[Mapping[str, float]] = deque(maxlen=LENGTH)

    def copy(self) -> Trace:
        """A trace that stays as this one is now."""
        twin = Trace()
        twin._key, twin._taken, twin._samples = self._key, self._taken, self._samples.copy()
        return twin

    def add(self, key: int, taken: float, values: Mapping[str, float]) -> None:
        """One sample of that row, `taken` then (CLOCK_MONOTONIC, seconds); the same one is added once."""
        if key != self._key:
            self._samples.clear()
        elif taken <= self._taken:
            return
        self._key, self._taken = key, taken
        self._samples.append(values)

    def of(self, key: int, name: str) -> list[float]:
        """One value of that row over time, oldest first; none where another row is followed."""
        return [sample[name] for sample in self._samples] if key == self._key else []
