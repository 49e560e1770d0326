"""Histories of all rows of a table at once, each row found again by its identity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Numbers
from sockscope.app.model.rates import Key


class History:
    """The last `length` samples of one value of every row; rows no longer reported are forgotten.

    The samples of all rows are one float32 matrix, shape (rows, length), so a sample of many rows costs a few
    array operations.
    """

    def __init__(self, length: int) -> None:
        self._keys: Key = np.empty(0, np.uint64)
        self._samples: NDArray[np.float32] = np.empty((0, length), np.float32)

    def push(self, keys: Key, values: Numbers) -> None:
        """Add one sample of each row."""
        samples = self.of(keys)
        samples[:, :-1] = samples[:, 1:]
        samples[:, -1] = values
        self._keys, self._samples = keys, samples

    def of(self, keys: Key) -> NDArray[np.float32]:
        """Samples of those rows, oldest first, NaN where there was none; shape (rows, length)."""
        rows = find(keys, self._keys)
        known = rows >= 0
        samples = np.full((len(keys), self._samples.shape[1]), np.nan, np.float32)
        samples[known] = self._samples[rows[known]]
        return samples
