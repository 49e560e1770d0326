"""Speed and duplex of interfaces from sysfs (kernel documentation, sysfs-class-net)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Strings, Table
from sockscope.app.record import dataclass

SYS_NET = "/sys/class/net"
UNKNOWN_SPEED = -1
_OLD_KERNELS_UNKNOWN = 2**32 - 1
_DUPLEX = ("full", "half")
_LONGEST = 4096


@dataclass(slots=True)
class _Readings:
    """A row an interface, in the order of the last table: what was read and until when that holds."""

    names: tuple[tuple[int, str], ...] = ()
    speed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    duplex: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    operstate: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    until: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.names)

    def of(self, names: tuple[tuple[int, str], ...]) -> _Readings:
        """The readings of those interfaces; of one that is new, nothing is known."""
        known = {name: row for row, name in enumerate(self.names)}
        rows = np.array([known.get(name, -1) for name in names], dtype=np.intp)
        return _Readings(
            names,
            np.append(self.speed, np.int64(UNKNOWN_SPEED))[rows],
            np.append(self.duplex, np.int32(-1))[rows],
            np.append(self.operstate, np.int16(-1))[rows],
            np.append(self.until, -np.inf)[rows],
        )


class LinkSpeeds:
    """Reads speed and duplex now and then: each read takes the kernel's lock over all interfaces.

    An interface is read when it is new, when its operstate changed and after `lasts` seconds, at most
    `at_once` of them a call, those that wait longest first. /sys shows the namespace it was mounted in, so a
    directory counts only if index and hardware address are those of the interface.
    """

    def __init__(
        self,
        sys_net: str = SYS_NET,
        clock: Callable[[], float] = time.monotonic,
        lasts: float = 10.0,
        at_once: int = 32,
    ) -> None:
        self._sys_net = sys_net
        self._clock = clock
        self._lasts = lasts
        self._at_once = at_once
        self._readings = _Readings()
        self._aligned: tuple[NDArray[np.uint32], Strings] | None = None

    def read(self, links: Table) -> tuple[NDArray[np.int64], Strings]:
        """Speed in Mbit/s (-1 unknown) and duplex (`full`, `half`) of each row of `links`."""
        now = self._clock()
        self._align(links)
        readings, operstate = self._readings, links.numbers("operstate")
        stale = np.flatnonzero((readings.operstate != operstate) | (readings.until <= now))
        for row in stale[np.argsort(readings.until[stale], kind="stable")][: self._at_once].tolist():
            index, name = readings.names[row]
            readings.speed[row], readings.duplex[row] = self._look(name, index, links.text("mac", row))
            readings.operstate[row], readings.until[row] = operstate[row], now + self._lasts
        return readings.speed.copy(), Strings(readings.duplex.copy(), _DUPLEX)

    def _align(self, links: Table) -> None:
        index, names = links.numbers("index"), links.strings("name")
        if self._aligned is None or self._aligned[0] is not index or self._aligned[1] is not names:
            told = (names[row] or "" for row in range(len(names)))
            self._readings = self._readings.of(tuple(zip(index.tolist(), told, strict=True)))
            self._aligned = (index, names)

    def _look(self, name: str, index: int, mac: str | None) -> tuple[int, int]:
        """Speed, and duplex as a place in _DUPLEX."""
        place = f"{self._sys_net}/{name}"
        if not name or line(f"{place}/ifindex") != str(index) or line(f"{place}/address") != (mac or ""):
            return UNKNOWN_SPEED, -1
        duplex = line(f"{place}/duplex")
        return _speed(line(f"{place}/speed")), _DUPLEX.index(duplex) if duplex in _DUPLEX else -1


def _speed(text: str | None) -> int:
    speed = int(text) if text and text.isascii() and text.isdecimal() else UNKNOWN_SPEED
    return UNKNOWN_SPEED if speed == _OLD_KERNELS_UNKNOWN else speed


def line(path: str | os.PathLike[str]) -> str | None:
    """What a file of one line says; None if it cannot be read, as when the interface is gone or down."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            said = os.read(file, _LONGEST)
        finally:
            os.close(file)
    except (OSError, ValueError):
        return None
    return said.decode("utf-8", "surrogateescape").strip("\n")
