"""Interfaces from /proc/net/dev and sysfs, where netlink is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sockscope.app.collectors.linkmsg import ARPHRD
from sockscope.app.collectors.linkspeed import SYS_NET, line
from sockscope.app.frames.links import (
    LINK_NUMBERS,
    LINK_TEXTS,
    OPERSTATES,
    STATS,
    UNKNOWN_COUNT,
    UNKNOWN_NUMBER,
)
from sockscope.app.frames.table import Column, Strings

PROC_NET = "/proc/thread-self/net"

_FIELDS = (
    "rx_bytes",
    "rx_packets",
    "rx_errors",
    "rx_dropped",
    "rx_fifo_errors",
    "",
    "rx_compressed",
    "multicast",
    "tx_bytes",
    "tx_packets",
    "tx_errors",
    "tx_dropped",
    "tx_fifo_errors",
    "collisions",
    "",
    "tx_compressed",
)
"""Columns of the file. The unnamed ones are sums (frame, carrier) whose parts are not told; drop is
rx_dropped and rx_missed_errors together."""


def links(proc_net: str = PROC_NET, sys_net: str = SYS_NET) -> dict[str, Column]:
    """The columns of `links` as far as files tell; raises OSError if /proc/net/dev cannot be read.

    /sys may be that of another namespace: it is believed only if it lists the same interfaces.
    """
    text = Path(proc_net, "dev").read_bytes().decode("utf-8", "surrogateescape")
    counters = parse(text)
    described = _listed(Path(sys_net)) == set(counters)
    rows = []
    for name, stats in counters.items():
        place = Path(sys_net, name) if described else None
        rows.append((_numbers(place), _texts(name, place), stats))
    numbers = np.array([row[0] for row in rows], dtype=np.int64).reshape(-1, len(LINK_NUMBERS)).T
    counts = np.array([row[2] for row in rows], dtype=np.uint64).reshape(-1, len(STATS)).T
    columns: dict[str, Column] = dict(zip(STATS, counts, strict=True))
    columns |= {name: numbers[place].astype(kind) for place, (name, kind) in enumerate(LINK_NUMBERS.items())}
    columns |= {name: Strings.of(row[1][place] for row in rows) for place, name in enumerate(LINK_TEXTS)}
    return columns


def parse(text: str) -> dict[str, tuple[int, ...]]:
    """Counters by interface in the order of STATS, UNKNOWN_COUNT where the file has none; a line that was cut
    short is left out."""
    found = {}
    for row in text.splitlines()[2:]:
        name, colon, rest = row.rpartition(":")
        values = rest.split()
        if colon and len(values) >= len(_FIELDS) and all(value.isdecimal() for value in values):
            told = dict(zip(_FIELDS, map(int, values), strict=False))
            found[name.strip()] = tuple(min(told.get(field, UNKNOWN_COUNT), UNKNOWN_COUNT) for field in STATS)
    return found


def _listed(sys_net: Path) -> set[str]:
    try:
        return {place.name for place in sys_net.iterdir() if place.is_dir()}
    except OSError:
        return set()


def _numbers(place: Path | None) -> tuple[int, ...]:
    """In the order of LINK_NUMBERS."""
    state = None if place is None else line(place / "operstate")
    return (
        _number(place, "ifindex", 0),
        _number(place, "flags", UNKNOWN_NUMBER),
        _number(place, "mtu", UNKNOWN_NUMBER),
        OPERSTATES.index(state) if state in OPERSTATES else 0,
        _number(place, "master/ifindex", 0),
        _lower(place),
        UNKNOWN_NUMBER,
        UNKNOWN_NUMBER,
        _number(place, "carrier", -1),
        _number(place, "carrier_changes", UNKNOWN_NUMBER),
        _number(place, "tx_queue_len", UNKNOWN_NUMBER),
        -1,
    )


def _lower(place: Path | None) -> int:
    lower = _number(place, "iflink", 0)
    return 0 if lower == _number(place, "ifindex", 0) else lower


def _texts(name: str, place: Path | None) -> tuple[str | None, ...]:
    if place is None:
        return (name, None, None, None, None)
    return (
        name,
        ARPHRD.get(_number(place, "type", 0)),
        line(place / "address") or None,
        None,
        line(place / "ifalias") or None,
    )


def _number(place: Path | None, file: str, absent: int) -> int:
    text = None if place is None else line(place / file)
    try:
        return absent if text is None else int(text, 0)
    except ValueError:
        return absent
