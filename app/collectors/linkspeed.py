"""Speed and duplex of interfaces from sysfs (kernel documentation, sysfs-class-net)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Strings, Table

SYS_NET = "/sys/class/net"
UNKNOWN_SPEED = -1
_OLD_KERNELS_UNKNOWN = 2**32 - 1


@dataclass(slots=True)
class _Reading:
    speed: int
    duplex: str | None
    operstate: int
    until: float


class LinkSpeeds:
    """Reads speed and duplex now and then: each read takes the kernel's lock over all interfaces.

    An interface is read when it is new, when its operstate changed and after `lasts` seconds, at most
    `at_once` of them a call. /sys shows the namespace it was mounted in, so a directory counts only if index
    and hardware address are those of the interface.
    """

    def __init__(
        self,
        sys_net: str = SYS_NET,
        clock: Callable[[], float] = time.monotonic,
        lasts: float = 10.0,
        at_once: int = 32,
    ) -> None:
        self._sys_net = Path(sys_net)
        self._clock = clock
        self._lasts = lasts
        self._at_once = at_once
        self._readings: dict[tuple[int, str], _Reading] = {}

    def read(self, links: Table) -> tuple[NDArray[np.int64], Strings]:
        """Speed in Mbit/s (-1 unknown) and duplex (`full`, `half`) of each row of `links`."""
        now = self._clock()
        left = self._at_once
        indices = links.numbers("index").tolist()
        operstates = links.numbers("operstate").tolist()
        kept: dict[tuple[int, str], _Reading] = {}
        readings = []
        for row, (index, operstate) in enumerate(zip(indices, operstates, strict=True)):
            name = links.text("name", row) or ""
            reading = self._readings.get((index, name))
            stale = reading is None or reading.operstate != operstate or reading.until <= now
            if stale and left:
                left -= 1
                speed, duplex = self._look(name, index, links.text("mac", row))
                reading = _Reading(speed, duplex, operstate, now + self._lasts)
            if reading is not None:
                kept[index, name] = reading
            readings.append(reading)
        self._readings = kept
        speeds = [UNKNOWN_SPEED if reading is None else reading.speed for reading in readings]
        duplexes = (None if reading is None else reading.duplex for reading in readings)
        return np.array(speeds, dtype=np.int64), Strings.of(duplexes)

    def _look(self, name: str, index: int, mac: str | None) -> tuple[int, str | None]:
        if not name:
            return UNKNOWN_SPEED, None
        place = self._sys_net / name
        if line(place / "ifindex") != str(index) or line(place / "address") != (mac or ""):
            return UNKNOWN_SPEED, None
        duplex = line(place / "duplex")
        return _speed(line(place / "speed")), duplex if duplex in ("full", "half") else None


def _speed(text: str | None) -> int:
    speed = int(text) if text and text.isascii() and text.isdecimal() else UNKNOWN_SPEED
    return UNKNOWN_SPEED if speed == _OLD_KERNELS_UNKNOWN else speed


def line(path: Path) -> str | None:
    """What a file of one line says; None if it cannot be read, as when the interface is gone or down."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape").strip("\n")
    except (OSError, ValueError):
        return None
