"""Names of hosts for what is printed: looked up side by side, waited for together and not for ever."""

from __future__ import annotations

import time

import numpy as np

from sockscope.app.frames.table import Numbers
from sockscope.app.hosts import Address, Hosts, plain

BUDGET = 5.0
"""Seconds that a whole run waits for names; what has none by then stays a number."""
MOST = 4096
"""Addresses that are looked up for one table."""
THREADS = 16


def resolver() -> Hosts:
    """The system's, for many addresses at once."""
    return Hosts(threads=THREADS, waiting=MOST, kept=2 * MOST)


class Names:
    """Names of addresses; without `hosts` none has one. `budget` is how many seconds all waiting may take."""

    def __init__(self, hosts: Hosts | None = None, budget: float = BUDGET) -> None:
        self._hosts = hosts
        self._left = budget
        self._known: dict[Address, str] = {}
        if hosts is not None:
            hosts.on = True

    def want(self, families: Numbers, *columns: Numbers) -> None:
        """Look up the addresses of these columns, shape (rows, 16), and wait for their names."""
        if self._hosts is None:
            return
        whole = np.concatenate([np.column_stack([families, raw]).astype(np.uint8) for raw in columns])
        distinct = dict.fromkeys(np.ascontiguousarray(whole).view("V17").ravel().tolist())
        for line in list(distinct)[:MOST]:
            self._hosts.name(line[0], line[1:])
        began = time.monotonic()
        self._hosts.settle(self._left)
        self._left = max(0.0, self._left - (time.monotonic() - began))
        self._known = self._hosts.known()

    def name(self, family: int, raw: bytes) -> str:
        """The name of an address, "" where none is known."""
        where = plain(family, raw) if self._known else None
        return "" if where is None else self._known.get(where, "")


NUMBERS = Names()
"""No host has a name."""
