"""The search for holders: which inodes are wanted, since when, and why some have no holder yet."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.holders import NOBODY, Holders, contains, distinct
from sockscope.app.collectors.procfs import NO_INODES, NO_SOCKET, Inodes
from sockscope.app.frames.joins import places

OWNED = 0
NOT_LOOKED = 1
FORBIDDEN = 2
KERNEL = 3
GONE = 4
ELSEWHERE = 6
"""No process that is listed holds it, but not all of the machine's are: others are outside of this process's
pid namespace. (5 is no reason of a search: the model's for sockets that cannot have a holder.)"""

LONG_AGO = -(2**62)
_NOT_COMPARED = -2

SURVIVED = 0.5
"""Seconds after which a socket still wanted lives on, and was not just closed when it was first wanted."""


class Search:
    """The wanted inodes in order, and beside each whether a holder is known (`held`), since when it is looked
    for (the scan's pass, and seconds), and the reason it has no holder.

    An inode without holder is open (NOT_LOOKED, GONE) until every process was read completely since it is
    looked for; then the search is over (FORBIDDEN, KERNEL, ELSEWHERE) and costs nothing more.
    """

    def __init__(self) -> None:
        self.inodes = NO_INODES
        self.held = np.empty(0, dtype=np.bool_)
        self.reason = np.empty(0, dtype=np.uint8)
        self._since = np.empty(0, dtype=np.int64)
        self._asked_at = np.empty(0, dtype=np.float64)
        self._given = NO_INODES
        self._compared = (NOBODY, NO_INODES)
        self._places = np.empty(0, dtype=np.intp)
        """The first row of each wanted inode among the holders compared with, -1 without one."""
        self._still: NDArray[np.intp] | None = None
        """Rows of what is open, None after anything but holders found may have changed them."""

    @property
    def compared(self) -> bool:
        """Whether `held` says what the last comparison found of these very inodes."""
        return self.inodes is self._compared[1]

    def want(self, inodes: Inodes, now_pass: int, now: float) -> Inodes:
        """Make these the wanted inodes, any order, repeats allowed; the ones no longer wanted come back."""
        if np.array_equal(inodes, self._given):
            return NO_INODES
        self._given = inodes.astype(np.uint64)  # a copy: the caller may fill its array anew
        wanted = distinct(self._given)
        wanted = wanted[wanted != NO_SOCKET]
        if np.array_equal(wanted, self.inodes):
            return NO_INODES
        rows = places(self.inodes, wanted)
        stay = rows >= 0
        rows = rows[stay]
        left = np.ones(len(self.inodes), dtype=np.bool_)
        left[rows] = False
        gone = self.inodes[left]
        held = np.zeros(len(wanted), dtype=np.bool_)
        reason = np.full(len(wanted), NOT_LOOKED, dtype=np.uint8)
        since = np.full(len(wanted), now_pass, dtype=np.int64)
        asked_at = np.full(len(wanted), now, dtype=np.float64)
        compared = np.full(len(wanted), _NOT_COMPARED, dtype=np.intp)
        held[stay] = self.held[rows]
        compared[stay] = self._places[rows]
        reason[stay] = self.reason[rows]
        since[stay] = self._since[rows]
        asked_at[stay] = self._asked_at[rows]
        self.inodes, self.held, self.reason = wanted, held, reason
        self._since, self._asked_at, self._places = since, asked_at, compared
        self._still = None
        return gone

    def found(self, inodes: Inodes) -> bool:
        """Take note of sockets that a process holds; tells whether a wanted one among them had no holder."""
        if not len(self.inodes) or not len(inodes):
            return False
        rows = places(self.inodes, inodes)
        rows = rows[rows >= 0]
        news = not self.held[rows].all()
        self.held[rows] = True
        return news

    def compare(self, known: Holders, ended: Inodes, now_pass: int, now: float) -> None:
        """Set `held` from everything that is known. What lost its last holder is looked for anew, as GONE if
        it is among the sockets of processes that `ended`."""
        if known is self._compared[0] and self.inodes is self._compared[1]:
            return
        if known is self._compared[0]:
            fresh = np.flatnonzero(self._places == _NOT_COMPARED)
            self._places[fresh] = places(known.inodes, self.inodes[fresh])
        else:
            self._places = places(known.inodes, self.inodes)
        self._compared = (known, self.inodes)
        self.held = self._places >= 0
        lost = ~self.held & (self.reason == OWNED)
        if lost.any():
            gone = contains(np.sort(ended), self.inodes[lost])
            self.reason[lost] = np.where(gone, GONE, NOT_LOOKED)
            self._since[lost] = now_pass
            self._asked_at[lost] = now
        self.reason[self.held] = OWNED
        self._still = None

    def wanted(self) -> NDArray[np.bool_]:
        """Which rows of the holders compared with hold a socket that is wanted."""
        known, _ = self._compared
        first = np.zeros(len(known.inodes), dtype=np.bool_)
        first[self._places[self._places >= 0]] = True
        return known.with_others_of(first)

    def settle(self, complete: int, nobody: int, lost: bool, now: float) -> None:
        """End the search for what is looked for since pass `complete` or before: every process was read
        completely since then. `nobody` is the reason that what was not found gets. `lost`: some process has
        just ended before it could be read, so what it may have held is GONE first."""
        still = self._open()
        over = still[self._since[still] <= complete]
        gone = self.reason[over] == GONE
        if lost:
            fresh = over[~gone]
            self.reason[fresh] = GONE
            self._asked_at[fresh] = now
            over, gone = over[gone], gone[gone]
        over = over[~gone | (self._asked_at[over] <= now - SURVIVED)]
        self.reason[over] = nobody
        self._still = None if len(over) else self._still

    def newest(self, latest: float = math.inf) -> int:
        """The latest pass since which something is looked for that was first asked for at `latest` seconds or
        before; LONG_AGO if there is nothing."""
        still = self._open()
        since = self._since[still[self._asked_at[still] <= latest]]
        return int(since.max()) if len(since) else LONG_AGO

    def open(self) -> bool:
        """Whether anything is still looked for."""
        return bool(len(self._open()))

    def _open(self) -> NDArray[np.intp]:
        """Rows of what is looked for."""
        if self._still is None:
            self._still = np.flatnonzero(~self.held & ((self.reason == NOT_LOOKED) | (self.reason == GONE)))
        else:
            self._still = self._still[~self.held[self._still]]
        return self._still
