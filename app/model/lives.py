"""When sockets began and ended, as far as polling tells: joined from tick to tick by their identity."""

from __future__ import annotations

import socket
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table, concatenate
from sockscope.app.model.rates import Key, find

SYN_RECV, FIN_WAIT2, TIME_WAIT = 3, 5, 6
_TIMER_OF_THE_END = 3


def is_live(rows: Table) -> NDArray[np.bool_]:
    """Sockets that the kernel will report as destroyed: not half-open, and not the rest that TIME_WAIT and an
    orphaned FIN_WAIT2 keep."""
    state = rows.numbers("state")
    tcp = rows.numbers("protocol") == socket.IPPROTO_TCP
    ended = (rows.numbers("timer") == _TIMER_OF_THE_END) & (rows.numbers("inode") == 0)
    rest = (state == SYN_RECV) | (state == TIME_WAIT) | ((state == FIN_WAIT2) & ended)
    live: NDArray[np.bool_] = ~(tcp & rest)
    return live


class Polled(NamedTuple):
    """What one more look at all sockets has told: rows that are there for the first time, and rows that are
    gone, twice not found, with columns `since`, `older` and `missed` (CLOCK_MONOTONIC)."""

    opened: Table
    vanished: Table


class Lives:
    """The sockets of the last poll, since when each is known, and those that were missing in it.

    A dump is not a snapshot, and the kernel may tell later that a socket is gone: so what is missing once is
    only doubtful.
    """

    def __init__(self) -> None:
        self.rows: Table | None = None
        """All rows of the last poll."""
        self.polled = -np.inf
        """When that was, CLOCK_MONOTONIC."""
        self._keys: Key = np.empty(0, np.uint64)
        self._places = np.empty(0, np.intp)
        self._since = np.empty(0)
        self._older = np.empty(0, np.bool_)
        self._ended = np.empty(0, np.bool_)
        self._doubtful: Table | None = None

    def poll(self, rows: Table, taken: float, gap: float) -> Polled:
        """Take in all sockets as they were at `taken`. Over `gap` seconds after the poll before nothing
        counts as opened, because nobody was looking."""
        watched = taken - self.polled <= gap
        places = np.flatnonzero(is_live(rows))
        keys: Key = rows.numbers("key")[places]
        before = self.polled
        if np.array_equal(keys, self._keys):
            opened, missing = np.empty(0, np.intp), np.empty(0, np.intp)
            since, older, ended = self._since, self._older, self._ended
        else:
            found = find(keys, self._keys)
            known = found >= 0
            since, older = np.full(len(keys), taken), np.full(len(keys), not watched)
            ended = np.zeros(len(keys), np.bool_)
            since[known], older[known] = self._since[found[known]], self._older[found[known]]
            ended[known] = self._ended[found[known]]
            self._come_back(keys, known, since, older)
            opened = np.flatnonzero(~known) if watched and before > -np.inf else np.empty(0, np.intp)
            left = np.ones(len(self._keys), np.bool_)
            left[found[found >= 0]] = False
            missing = np.flatnonzero(left & ~self._ended)
        vanished, doubtful = self._doubtful, self._take(missing, taken)
        self.rows, self.polled, self._keys, self._places = rows, taken, keys, places
        self._since, self._older, self._ended = since, older, ended
        self._doubtful = doubtful
        none = rows.take(np.empty(0, np.intp)) if vanished is None else vanished
        return Polled(rows.take(places[opened]), none)

    def refresh(self, rows: Table) -> None:
        """The same sockets with more known about them."""
        self.rows = rows

    def end(self, keys: Key) -> Table | None:
        """These are closed: what was known of each, in their order, with columns `since` (NaN where it was
        never seen) and `older`; None before the first poll."""
        if self.rows is None:
            return None
        found = find(keys, self._keys)
        known = found >= 0
        self._ended[found[known]] = True
        rows = [self.rows.take(self._places[found[known]]).with_columns(**self._times(found[known]))]
        where = np.full(len(keys), -1, np.intp)
        where[known] = np.arange(np.count_nonzero(known))
        if self._doubtful is not None and len(self._doubtful):
            late = find(keys, self._doubtful.numbers("key"))
            late[known] = -1
            hits = late >= 0
            where[hits] = len(rows[0]) + np.arange(np.count_nonzero(hits))
            last = self._doubtful.take(late[hits])
            rows.append(Table({name: last.columns[name] for name in rows[0].columns}))
            stays = np.ones(len(self._doubtful), np.bool_)
            stays[late[hits]] = False
            self._doubtful = self._doubtful.take(stays)
        seen = concatenate(rows)
        if not len(seen):
            return None
        ended = seen.take(np.maximum(where, 0))
        return ended.with_columns(since=np.where(where < 0, np.nan, ended.numbers("since")))

    def _times(self, places: NDArray[np.intp]) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
        return {"since": self._since[places], "older": self._older[places]}

    def _come_back(
        self,
        keys: Key,
        known: NDArray[np.bool_],
        since: NDArray[np.float64],
        older: NDArray[np.bool_],
    ) -> None:
        """What was missing in the last poll only, is there since before."""
        if self._doubtful is None or not len(self._doubtful):
            return
        found = find(keys, self._doubtful.numbers("key"))
        back = found >= 0
        known |= back
        since[back] = self._doubtful.numbers("since")[found[back]]
        older[back] = self._doubtful.numbers("older")[found[back]]
        stays = np.ones(len(self._doubtful), np.bool_)
        stays[found[back]] = False
        self._doubtful = self._doubtful.take(stays)

    def _take(self, places: NDArray[np.intp], now: float) -> Table | None:
        """Rows of the last poll, by place among the live ones."""
        if self.rows is None or not len(places):
            return None
        gone = self.rows.take(self._places[places])
        return gone.with_columns(**self._times(places), missed=np.full(len(places), now))
