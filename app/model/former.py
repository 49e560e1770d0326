"""Who owned a TCP socket before it was closed.

Once a process has closed a socket (FIN_WAIT2, TIME_WAIT, LAST_ACK ...) the kernel names no inode and no owner
any more, but the same cookie, so what was known of that cookie before still tells whose it was.
"""

from __future__ import annotations

import math
import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find, places
from sockscope.app.frames.table import UNKNOWN, Column, Strings, Table, concatenate, repeated
from sockscope.app.model.ownership import FROM_BEFORE, NOT_INHERITED, OWNED
from sockscope.app.model.rates import Key

LEFT_OUT_FOR = 120.0
"""Seconds after the close for which a socket is remembered that may be there, but not among the rows: longer
than the kernel usually keeps one that no process holds."""

_TOLD = ("pid", "name", "holders", "uid", "user", "unit", "cgroup", "unit_from")
_SEEN = (*_TOLD, "key", "why", "inherited")


class FormerOwners:
    """Remembers owners by cookie: of the sockets in the newest rows, and of those among them that were closed
    since. What is in no row any more is forgotten."""

    def __init__(self) -> None:
        self._at = -math.inf
        self._seen: Table | None = None
        """The newest rows that were whole, with _SEEN and `owned`."""
        self._seen_at = math.nan
        self._closed: Table | None = None
        """One row a closed socket, sorted by key, with _SEEN and `owned` (f8, when it last had an owner);
        those whose owner was never seen are there too, so that they are not looked for again."""

    def fill(self, rows: Table, now: float, *, partly: bool) -> Table:
        """The rows of model/sockets.py with the owners of closed sockets put in, marked FROM_BEFORE (or as
        before, where that was the listener's), and with column `owned`: CLOCK_MONOTONIC seconds when such a
        socket was last seen with its owner, NaN for all others.

        `now` is the time of the rows; those of an earlier frame add nothing to what is remembered. Where rows
        are collected only `partly`, a socket without row is not forgotten at once.
        """
        orphans = _orphans(rows)
        keys: Key = rows.numbers("key")[orphans]
        known = self._closed if now <= self._at else self._follow(rows, orphans, keys, now, partly)
        filled = _with_former(rows, orphans, keys, known)
        if now > self._at:
            self._at = now
            if not partly or self._seen is None:
                self._seen = Table({name: filled.columns[name] for name in (*_SEEN, "owned")})
                self._seen_at = now
        return filled

    def _follow(
        self, rows: Table, orphans: NDArray[np.intp], keys: Key, now: float, partly: bool
    ) -> Table | None:
        """Bring `_closed` up to date: what is gone leaves, what was closed since is looked up among the rows
        seen last."""
        closed = self._closed
        fresh = orphans
        if closed is not None and len(closed):
            fresh = orphans[places(closed.numbers("key"), keys) < 0]
            if len(orphans) - len(fresh) < len(closed):
                stays = places(np.sort(keys), closed.numbers("key")) >= 0
                if partly:
                    stays |= closed.numbers("owned") > now - LEFT_OUT_FOR
                closed = closed.take(stays)
        if len(fresh):
            new = self._before(Table({name: rows.columns[name] for name in _SEEN}).take(fresh))
            both = new if closed is None else concatenate([closed, new])
            closed = _compact(both.take(np.argsort(both.numbers("key"))))
        self._closed = closed
        return closed

    def _before(self, fresh: Table) -> Table:
        """Sockets that were closed since the rows seen last, with the owners they had there."""
        own = fresh.with_columns(owned=np.full(len(fresh), np.nan))
        if self._seen is None:
            return own
        keys: Key = own.numbers("key")
        seen = self._seen
        near = np.flatnonzero(places(np.sort(keys), seen.numbers("key")) >= 0)
        near = near[(seen.numbers("why")[near] == OWNED) & np.isnan(seen.numbers("owned")[near])]
        place = find(keys, seen.numbers("key")[near])
        found = np.flatnonzero(place >= 0)
        had = seen.take(near[place[found]]).with_columns(owned=np.full(len(found), self._seen_at))
        inherited = had.numbers("inherited")
        had = had.with_columns(
            inherited=np.where(inherited == NOT_INHERITED, FROM_BEFORE, inherited).astype(np.uint8)
        )
        return concatenate([own.take(place < 0), had])


def _orphans(rows: Table) -> NDArray[np.intp]:
    """TCP sockets with a cookie that neither a process holds nor a listener has yet to hand over."""
    tcp = rows.numbers("protocol") == socket.IPPROTO_TCP
    alone = (rows.numbers("inode") == 0) & (rows.numbers("listener") < 0)
    return np.flatnonzero(tcp & alone & (rows.numbers("cookie") > 0))


def _with_former(rows: Table, orphans: NDArray[np.intp], keys: Key, closed: Table | None) -> Table:
    if closed is None or not len(closed) or not len(orphans):
        return rows.with_columns(owned=repeated(np.float64(np.nan), len(rows)))
    owned = np.full(len(rows), np.nan)
    place = places(closed.numbers("key"), keys)
    known = place >= 0
    known[known] = closed.numbers("why")[place[known]] == OWNED
    at, of = orphans[known], place[known]
    columns: dict[str, Column] = {}
    for name in (*_TOLD, "why", "inherited"):
        before, column = closed.columns[name], rows.columns[name]
        if isinstance(before, Strings) and isinstance(column, Strings):
            columns[name] = _put(column, at, before.take(of))
        elif not isinstance(before, Strings) and not isinstance(column, Strings):
            columns[name] = column.copy()
            columns[name][at] = before[of]  # type: ignore[index]
    owned[at] = closed.numbers("owned")[of]
    return rows.with_columns(**columns, owned=owned)


def _put(texts: Strings, rows: NDArray[np.intp], others: Strings) -> Strings:
    """The texts with those of some rows replaced."""
    known: dict[str, int] = {}
    places_ = [[known.setdefault(text, len(known)) for text in each.values] for each in (texts, others)]
    codes = texts.lookup(places_[0], UNKNOWN, np.int32)
    codes[rows] = others.lookup(places_[1], UNKNOWN, np.int32)
    return Strings(codes, tuple(known))


def _compact(table: Table) -> Table:
    """Without texts that no row has any more: the lists of what was joined again and again would grow."""
    texts: dict[str, Column] = {}
    for name, column in table.columns.items():
        if isinstance(column, Strings):
            used = np.zeros(len(column.values) + 1, dtype=np.bool_)
            used[column.codes] = True  # the unknown's is the last
            kept = np.flatnonzero(used[:-1])
            moved = np.full(len(used), UNKNOWN, dtype=np.int32)
            moved[kept] = np.arange(len(kept))
            texts[name] = Strings(moved[column.codes], tuple(column.values[code] for code in kept.tolist()))
    return table.with_columns(**texts)
