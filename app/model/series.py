"""Histories: the last values of many things, each under its identity."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import NDArray


class Series:
    """The last `length` samples of each of a changing set of things; what is no longer reported is
    dropped."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._samples: dict[Hashable, NDArray[np.float32]] = {}

    def push(self, samples: Iterable[tuple[Hashable, float]]) -> None:
        """Add one sample to each named thing and forget all others."""
        kept: dict[Hashable, NDArray[np.float32]] = {}
        for name, value in samples:
            line = self._samples.get(name)
            if line is None:
                line = np.full(self._length, np.nan, dtype=np.float32)
            line = np.roll(line, -1)
            line[-1] = value
            kept[name] = line
        self._samples = kept

    def get(self, name: Hashable) -> NDArray[np.float32]:
        """Samples of one thing, oldest first, NaN where there was none; never changed afterwards."""
        line = self._samples.get(name)
        return np.full(self._length, np.nan, dtype=np.float32) if line is None else line

    def __len__(self) -> int:
        return len(self._samples)
