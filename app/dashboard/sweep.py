"""When garbage is collected: after what time brings, never while somebody waits for the answer to a key."""

from __future__ import annotations

import gc

EVERY = 20.0
"""Seconds between two collections of everything; 10 to 30 ms each, whatever the number of sockets."""
_YOUNG, _MIDDLE, _NEVER = 700, 10, 1 << 30


class Sweep:
    """Keeps Python's collector to the young generations, and collects all of them on its own beat.

    Reference cycles of widgets' messages and layouts are old soon, so by itself Python would look at
    everything every few keys.
    """

    def __init__(self) -> None:
        self._last = 0.0
        self._before = gc.get_threshold()

    def begin(self, now: float) -> None:
        """From now (monotonic seconds) on. What is there stays and need not be looked at again and again."""
        gc.freeze()
        self._before = gc.get_threshold()
        gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
        gc.enable()
        self._last = now

    def due(self, now: float) -> bool:
        """Whether it is time for all of them."""
        return now - self._last >= EVERY

    def sweep(self, now: float) -> None:
        """Nobody waits for anything just now."""
        self._last = now
        gc.collect()

    def end(self) -> None:
        """Leave the collector as it was."""
        gc.set_threshold(*self._before)
