"""Whether a count climbs: clearly above what was usual for the last two minutes, and not just for a moment.

A verdict that comes and goes teaches people to look away, so it needs a size below which nothing matters, a
rise that chance does not make, and some patience before it is given and taken back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

from sockscope.app.record import dataclass

MEMORY = 120.0
"""Seconds after which a level is forgotten."""
WINDOW = 4.0
"""A surge is a rise within this many seconds."""
CREEP = 60.0
"""A creep is a rise of the lowest values over this many seconds."""
CREEP_SHARE = 0.1
NOISE = 5.0
"""Creeps of fewer standard deviations (of a count of independent things: its square root) are chance."""
RISING = 0.1
"""Share of its first step by which a rising count goes on to rise."""
LASTING = 0.75
"""A surge of which less than this is left when it is judged was a moment's."""
LEVEL = 3
"""Samples that make a level; what is shorter is a spike."""
RECEDED = 3.0
"""Seconds for which a count must have lost half its rise before the verdict is taken back."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What makes a count climb.

    It must be `floor` or more, rise by `step` and by `share` of its usual level within WINDOW, and stay up
    for `confirm` seconds, or go on `rising` until then, where a single crowd means nothing; or, where `creep`
    is above 0, its lowest values must rise by that much over CREEP. A level that grew no further for `hold`
    seconds is the new usual one.
    """

    floor: int
    step: int
    share: float
    confirm: float = 1.9
    rising: bool = False
    creep: int = 0
    hold: float = 30.0


@dataclass(frozen=True, slots=True)
class _Sample:
    time: float
    count: int
    usual: bool


class Climb:
    """Follows one count."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._samples: deque[_Sample] = deque()
        self._climbing = False
        self._origin = 0
        self._peak = 0
        self._peaked = -math.inf
        self._surging_since: float | None = None
        self._surge = 0
        self._receding_since: float | None = None

    def look(self, now: float, count: int) -> bool:
        """Take the count at `now` (seconds, rising from call to call); whether it climbs."""
        while self._samples and now - self._samples[0].time > MEMORY:
            self._samples.popleft()
        if self._climbing:
            self._stay(now, count)
        else:
            self._begin(now, count)
        self._samples.append(_Sample(now, count, usual=not self._climbing))
        return self._climbing

    def _begin(self, now: float, count: int) -> None:
        gate = self._gate
        usual = self._usual(now) if count >= gate.floor else None
        if usual is None:
            self._surging_since = None
            return
        if count - usual >= max(gate.step, gate.share * usual):
            if self._surging_since is None:
                self._surging_since, self._surge, self._peak = now, count, count
            self._peak = max(self._peak, count)
            if count < usual + LASTING * (self._peak - usual):
                self._surging_since = None
            elif now - self._surging_since >= gate.confirm and (
                not gate.rising or count - self._surge >= RISING * (self._surge - usual)
            ):
                self._raise(now, count, usual)
        else:
            self._surging_since = None
            origin = self._crept(now)
            if origin is not None:
                self._raise(now, count, origin)

    def _raise(self, now: float, count: int, origin: int) -> None:
        if self._surging_since is not None:
            self._samples = deque(
                replace(sample, usual=sample.usual and sample.time < self._surging_since)
                for sample in self._samples
            )
        self._climbing = True
        self._origin, self._peak, self._peaked = origin, count, now
        self._receding_since = None

    def _stay(self, now: float, count: int) -> None:
        if count > self._peak + math.sqrt(self._peak):
            self._peak, self._peaked = count, now
        half = self._origin + (self._peak - self._origin) / 2
        if count >= half:
            self._receding_since = None
        elif self._receding_since is None:
            self._receding_since = now
        elif now - self._receding_since >= RECEDED:
            self._calm()
            return
        if now - self._peaked > self._gate.hold:
            self._samples = deque(replace(sample, usual=True) for sample in self._samples)
            self._calm()

    def _calm(self) -> None:
        self._climbing = False
        self._surging_since = self._receding_since = None

    def _usual(self, now: float) -> int | None:
        """The highest level before the window that lasted for LEVEL samples, climbs left aside; None if there
        is nothing to compare with."""
        settled = [s.count for s in self._samples if s.usual and now - s.time >= WINDOW]
        if len(settled) >= LEVEL:
            return max(map(min, zip(settled, settled[1:], settled[2:], strict=False)))
        if settled:
            return min(settled)
        first = next((sample.count for sample in self._samples if sample.usual), None)
        return self._origin if first is None and self._samples else first

    def _crept(self, now: float) -> int | None:
        """Where a creep began, None if there is none."""
        if not self._gate.creep or not self._samples or now - self._samples[0].time < CREEP:
            return None
        thirds: list[list[int]] = [[], [], []]
        for sample in self._samples:
            age = now - sample.time
            if age <= CREEP:
                thirds[2 - min(2, int(age * 3 / CREEP))].append(sample.count)
        if not all(thirds):
            return None
        low, middle, high = map(min, thirds)
        needed = max(self._gate.creep, CREEP_SHARE * low, NOISE * math.sqrt(low))
        return low if low < middle < high and high - low >= needed else None
