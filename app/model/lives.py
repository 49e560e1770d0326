"""When sockets began and ended, as far as polling tells: joined from tick to tick by their identity."""

from __future__ import annotations

import socket
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find, follow
from sockscope.app.frames.table import Table, concatenate
from sockscope.app.model.rates import Key
from sockscope.app.record import dataclass

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


class Ended(NamedTuple):
    """What was known of sockets that are closed: whether each was never seen (bool), and a row for each of
    the newest with columns `since` (NaN where it was never seen) and `older`; None where none was seen."""

    unseen: NDArray[np.bool_]
    rows: Table | None


@dataclass(frozen=True, eq=False, slots=True)
class _Missing:
    """Sockets that were missing in the last poll: the rows of the poll before it, and which of them.

    Most are told of by the kernel in the same tick, so their rows are made only when somebody reads them.
    """

    every: Table
    rows: NDArray[np.intp]
    keys: Key
    since: NDArray[np.float64]
    older: NDArray[np.bool_]
    at: float

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> _Missing:
        """Only those."""
        return _Missing(
            self.every, self.rows[which], self.keys[which], self.since[which], self.older[which], self.at
        )

    def table(self) -> Table:
        """Their rows, with columns `since`, `older` and `missed`."""
        missed = np.full(len(self.rows), self.at)
        return self.every.take(self.rows).with_columns(since=self.since, older=self.older, missed=missed)


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
        self._every: Key = np.empty(0, np.uint64)
        """Of all rows of the last poll; `_keys` are those of the live ones, `_places` their rows."""
        self._keys: Key = self._every
        self._places = np.empty(0, np.intp)
        self._since = np.empty(0)
        self._older = np.empty(0, np.bool_)
        self._ended = np.empty(0, np.bool_)
        self._doubtful: _Missing | None = None

    def poll(self, rows: Table, taken: float, gap: float) -> Polled:
        """Take in all sockets as they were at `taken`. Over `gap` seconds after the poll before nothing
        counts as opened, because nobody was looking."""
        watched = taken - self.polled <= gap
        places = np.flatnonzero(is_live(rows))
        every: Key = rows.numbers("key")
        keys = every if len(places) == len(every) else every[places]
        before = self.polled
        if np.array_equal(keys, self._keys):
            opened, missing = np.empty(0, np.intp), np.empty(0, np.intp)
            since, older, ended = self._since, self._older, self._ended
        else:
            found = self._find(every, places)
            known = found >= 0
            since = np.append(self._since, taken)[found]  # what is not found takes the last
            older = np.append(self._older, not watched)[found]
            ended = np.append(self._ended, False)[found]
            self._come_back(keys, known, since, older)
            opened = np.flatnonzero(~known) if watched and before > -np.inf else np.empty(0, np.intp)
            left = np.append(~self._ended, False)
            left[found] = False
            missing = np.flatnonzero(left)
        vanished, doubtful = self._doubtful, self._take(missing, taken)
        self.rows, self.polled = rows, taken
        self._every, self._keys, self._places = every, keys, places
        self._since, self._older, self._ended = since, older, ended
        self._doubtful = doubtful
        none = rows.take(np.empty(0, np.intp))
        return Polled(rows.take(places[opened]), none if vanished is None else vanished.table())

    def _find(self, every: Key, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """For each live row its place among the live ones of the last poll, -1 where it was not there."""
        found = follow(every, self._every)
        if len(places) < len(every):
            found = found[places]
        if len(self._places) < len(self._every):
            number = np.full(len(self._every) + 1, -1, np.intp)
            number[self._places] = np.arange(len(self._places))
            found = number[found]  # what is not found takes the last
        return found

    def refresh(self, rows: Table) -> None:
        """The same sockets with more known about them."""
        self.rows = rows

    def end(self, keys: Key, most: int) -> Ended:
        """These are closed. What was known is told of the last `most` of them."""
        late = np.full(len(keys), -1, np.intp)
        doubtful = self._doubtful
        if doubtful is not None:
            late = find(keys, doubtful.keys)
            self._doubtful = _without(doubtful, late)
        found = np.full(len(keys), -1, np.intp)
        rest = np.flatnonzero(late < 0)
        found[rest] = find(keys[rest], self._keys)
        known = found >= 0
        self._ended[found[known]] = True
        unseen = ~known & (late < 0)
        told = slice(max(0, len(keys) - most), None)
        return Ended(unseen, self._told(found[told], late[told], doubtful))

    def _told(
        self, found: NDArray[np.intp], late: NDArray[np.intp], doubtful: _Missing | None
    ) -> Table | None:
        """Rows for places among the keys, else among the doubtful ones, else with unknown `since`."""
        if self.rows is None:
            return None
        places = found[found >= 0]
        rows = [self.rows.take(self._places[places]).with_columns(**self._times(places))]
        hits = late >= 0
        if doubtful is not None and hits.any():
            rows.append(doubtful.take(late[hits]).table().only(rows[0].columns))
        seen = concatenate(rows)
        if not len(seen):
            return None
        where = np.zeros(len(found), np.intp)
        where[found >= 0] = np.arange(len(places))
        where[hits] = len(places) + np.arange(np.count_nonzero(hits))
        told = seen.take(where)
        return told.with_columns(since=np.where(hits | (found >= 0), told.numbers("since"), np.nan))

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
        doubtful = self._doubtful
        if doubtful is None:
            return
        found = find(keys, doubtful.keys)
        back = found >= 0
        known |= back
        since[back] = doubtful.since[found[back]]
        older[back] = doubtful.older[found[back]]
        self._doubtful = _without(doubtful, found)

    def _take(self, places: NDArray[np.intp], now: float) -> _Missing | None:
        """What is missing since `now`, by place among the live rows of the last poll."""
        if self.rows is None or not len(places):
            return None
        since, older = self._since[places], self._older[places]
        return _Missing(self.rows, self._places[places], self._keys[places], since, older, now)


def _without(missing: _Missing, found: NDArray[np.intp]) -> _Missing | None:
    """What is left without those that were found."""
    stays = np.ones(len(missing.keys), np.bool_)
    stays[found[found >= 0]] = False
    return missing.take(stays) if stays.any() else None
