"""Limits that socket counts run into: `limits`, from /proc/sys/net and /proc/net/sockstat.

Columns: name (text), value i8, -1 where it is unknown. Names are those of the sysctls, with `.low` and
`.high` where one holds a range, and `sockstat.TCP.orphan` or `sockstat6.TCP6.inuse` for the values of these
files.

Which limits can be seen depends on the network namespace: the machine-wide ones, such as tcp_max_orphans, are
shown in the initial namespace only.
"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import numpy as np

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.frame import Kind, Note
from sockscope.app.frames.table import UNKNOWN, Column, Strings, Table

_SYSCTLS = {
    "somaxconn": "core/somaxconn",
    "tcp_max_syn_backlog": "ipv4/tcp_max_syn_backlog",
    "tcp_max_tw_buckets": "ipv4/tcp_max_tw_buckets",
    "tcp_max_orphans": "ipv4/tcp_max_orphans",
    "tcp_syncookies": "ipv4/tcp_syncookies",
    "tcp_fin_timeout": "ipv4/tcp_fin_timeout",
}
_PORT_RANGE = "ipv4/ip_local_port_range"
_ABSENT = (errno.ENOENT, errno.ENOTDIR)


class LimitsCollector:
    """Reads the limits of the network namespace of the calling thread."""

    provides = ("limits",)

    def __init__(self, proc: str = "/proc") -> None:
        """`proc` is where procfs is mounted, or what stands for it."""
        self._sysctls = Path(proc, "sys/net")
        self._statistics = Path(proc, "thread-self/net")

    def close(self) -> None:
        """Nothing is kept open: which sysctls a file shows is settled when it is opened."""

    def collect(self) -> Collected:
        """Every limit there is a name for, and whatever sockstat lists."""
        taken = time.monotonic()
        reading = _Reading()
        limits = {name: reading.number(self._sysctls / path) for name, path in _SYSCTLS.items()}
        low, high = reading.pair(self._sysctls / _PORT_RANGE)
        limits |= {"ip_local_port_range.low": low, "ip_local_port_range.high": high}
        for name in ("sockstat", "sockstat6"):
            limits |= _sockstat(name, reading.text(self._statistics / name))
        columns: dict[str, Column] = {
            "name": Strings.of(limits),
            "value": np.array([*limits.values()], dtype=np.int64),
        }
        return Collected({"limits": Table(columns, taken)}, tuple(reading.notes))


class _Reading:
    """Reads small files; what is refused becomes a note, what is not there does not."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def text(self, path: Path) -> str:
        try:
            return path.read_text("ascii", "surrogateescape")
        except OSError as refused:
            if refused.errno not in _ABSENT:
                kind: Kind = "forbidden" if isinstance(refused, PermissionError) else "failed"
                self.notes.append(Note("limits", kind, f"{path}: {os.strerror(refused.errno or 0)}"))
            return ""

    def number(self, path: Path) -> int:
        match self.text(path).split():
            case [value]:
                return _number(value)
            case _:
                return UNKNOWN

    def pair(self, path: Path) -> tuple[int, int]:
        match self.text(path).split():
            case [low, high]:
                return _number(low), _number(high)
            case _:
                return UNKNOWN, UNKNOWN


def _number(text: str) -> int:
    """A count that fits the column; anything else is unknown."""
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else UNKNOWN
    return value if value < 1 << 63 else UNKNOWN


def _sockstat(file: str, text: str) -> dict[str, int]:
    """Lines such as `TCP: inuse 7 orphan 0` as one entry a value."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        group, _, rest = line.partition(":")
        words = rest.split()
        for name, value in zip(words[0::2], words[1::2], strict=False):
            found[f"{file}.{group}.{name}"] = _number(value)
    return found
