"""How many sockets of each protocol the network namespace has: `protocols`, from /proc/net/protocols.

Columns: name (the kernel's: TCP, UNIX-STREAM ...) and sockets i8. The kernel keeps these counts anyway, so
they cost next to nothing beside a dump.
"""

from __future__ import annotations

import time

import numpy as np

from sockscope.app.collectors import procnet
from sockscope.app.collectors.base import Collected
from sockscope.app.frames.table import Strings, Table


class ProtocolsCollector:
    """Reads the file; without it there is no table, and nobody has lost more than a count."""

    provides: tuple[str, ...] = ("protocols",)

    def __init__(self, proc_net: str = procnet.PROC_NET) -> None:
        self._proc_net = proc_net

    def collect(self) -> Collected:
        """The table, if the file can be read."""
        taken = time.monotonic()
        counts = procnet.in_use(self._proc_net)
        if counts is None:
            return Collected({})
        sockets = np.array(list(counts.values()), dtype=np.int64)
        return Collected({"protocols": Table({"name": Strings.of(counts), "sockets": sockets}, taken)})

    def close(self) -> None:
        """Nothing is held."""
