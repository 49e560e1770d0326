"""How full the table of tracked connections is and what it had to drop: a few small files.

Counts are those of the network namespace of the calling thread; the limit is the machine's.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from sockscope.app.collectors.base import Collected
from sockscope.app.frames.conntrack import USE
from sockscope.app.frames.table import UNKNOWN, Table

_SYSCTLS = {"count": "count", "limit": "max", "buckets": "buckets", "accounting": "acct"}
_DROPS = ("drop", "early_drop", "insert_failed")


class ConntrackUseCollector:
    """Reads the sysctls net.netfilter.nf_conntrack_* and /proc/net/stat/nf_conntrack."""

    provides: tuple[str, ...] = ("conntrack_use",)

    def __init__(self, proc: str = "/proc") -> None:
        """`proc` is where procfs is mounted, or what stands for it."""
        self._sysctls = Path(proc, "sys/net/netfilter")
        self._statistics = Path(proc, "thread-self/net/stat/nf_conntrack")

    def close(self) -> None:
        """Nothing is kept open."""

    def collect(self) -> Collected:
        """Table `conntrack_use`; a kernel that does not track connections knows none of it."""
        taken = time.monotonic()
        found = {
            name: _number(_text(self._sysctls / f"nf_conntrack_{file}"), 10)
            for name, file in _SYSCTLS.items()
        }
        found |= _drops(_text(self._statistics))
        columns = {name: np.array([found[name]], dtype=np.int64) for name in USE}
        return Collected({"conntrack_use": Table(columns, taken)})


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "surrogateescape")
    except OSError:
        return ""


def _number(text: str, base: int) -> int:
    try:
        value = int(text, base)
    except ValueError:
        return UNKNOWN
    return value if 0 <= value < 1 << 63 else UNKNOWN


def _drops(text: str) -> dict[str, int]:
    """Sums over the CPUs, a line each, of hexadecimal counters under their names."""
    names, *lines = [line.split() for line in text.splitlines()] or [[]]
    sums = {}
    for name in _DROPS:
        place = names.index(name) if name in names else -1
        values = [_number(line[place], 16) if 0 <= place < len(line) else UNKNOWN for line in lines]
        sums[name] = sum(values) if values and UNKNOWN not in values else UNKNOWN
    return sums
