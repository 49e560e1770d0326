"""Changes over time, by the time that really passed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers
from sockscope.app.record import dataclass

Key = NDArray[np.uint64]
"""Identity of rows: one 64-bit number a row, the same in every frame."""


@dataclass(frozen=True, eq=False, slots=True)
class Change:
    """What counters did between two samples: float64 `delta` (NaN where there is no earlier sample or the
    counter went down), bool `reset` where it went down, and the `seconds` between the samples."""

    delta: NDArray[np.float64]
    reset: NDArray[np.bool_]
    seconds: float

    @property
    def per_second(self) -> NDArray[np.float64]:
        """Rate over the time that really passed; NaN where `delta` is."""
        if self.seconds <= 0:
            return np.full(len(self.delta), np.nan)
        return self.delta / self.seconds


def change(now: Numbers, then: Numbers, rows: NDArray[np.intp], seconds: float) -> Change:
    """Change of counters `now` since `then`; `rows` tells for each row of `now` its row in `then` or -1.

    A counter that went down was reset (driver reload, namespace made anew): it has no delta, never a negative
    or huge one.
    """
    known = rows >= 0
    delta = np.full(len(now), np.nan)
    reset = np.zeros(len(now), dtype=np.bool_)
    if known.any():
        current = now[known]
        earlier = then[rows[known]]
        down = current < earlier
        delta[known] = np.where(down, np.nan, (_modulo(current) - _modulo(earlier)).astype(np.float64))
        reset[known] = down
    return Change(delta, reset, seconds)


def _modulo(counter: Numbers) -> NDArray[np.uint64]:
    """A counter modulo 2**64, in which the difference of a larger and a smaller one is always exact."""
    wide = counter.astype(np.int64 if counter.dtype.kind == "i" else np.uint64)
    return wide.view(np.uint64)


def gauge(now: Numbers, then: Numbers, rows: NDArray[np.intp], seconds: float) -> Change:
    """Change of gauges, which may go down as well as up."""
    known = rows >= 0
    delta = np.full(len(now), np.nan)
    delta[known] = now[known].astype(np.float64) - then[rows[known]].astype(np.float64)
    return Change(delta, np.zeros(len(now), dtype=np.bool_), seconds)
