"""Coming and going of rows: since when each has been seen, which are new, which have just gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table, concatenate
from sockscope.app.model.rates import Key, find

STEADY, NEW, GONE = 0, 1, 2

NEW_FOR = 3.0
"""Seconds for which a row counts as new."""
LINGERS_FOR = 2.5
"""Seconds for which a row that is gone is still shown."""
LINGERING = 200
"""Rows that may linger at once; when thousands go together nobody can read their names anyway."""


class Presence:
    """Follows the rows of one tab from frame to frame by their `key`."""

    def __init__(self) -> None:
        self._keys: Key = np.empty(0, np.uint64)
        self._since: NDArray[np.float64] = np.empty(0)
        self._rows: Table | None = None
        self._gone: list[tuple[float, Table]] = []
        self._observed = -np.inf

    def observe(self, rows: Table, now: float, gap: float) -> Table:
        """The rows, and after them those that have just gone, with two columns more.

        `presence` (u1) is STEADY, NEW or GONE; `seen` (f8) the seconds since a row was first seen, negative
        where it was there when watching began. After a pause of more than `gap` seconds nothing counts as new
        or gone, because nobody was looking.
        """
        keys = rows.numbers("key")
        places = find(keys, self._keys)
        known = places >= 0
        since = np.full(len(keys), now)
        if known.any():
            since[known] = self._since[places[known]]
        watched = now - self._observed <= gap
        if not watched:
            since[~known] = -now  # marks "there already": a negative time of first sight
        self._linger(keys, now, watched)
        self._keys, self._since, self._rows, self._observed = keys, since, rows, now
        presence = np.where((since >= 0) & (now - since < NEW_FOR), NEW, STEADY).astype(np.uint8)
        seen = np.where(since >= 0, now - since, -(now + since))
        shown = rows.with_columns(presence=presence, seen=seen)
        return concatenate([shown, *(table for _, table in self._gone)])

    def _linger(self, keys: Key, now: float, watched: bool) -> None:
        self._gone = [(until, table) for until, table in self._gone if until > now] if watched else []
        if self._rows is None or not watched:
            return
        absent = find(self._keys, keys) < 0
        if "parent" in self._rows:
            absent &= self._rows.numbers("parent") < 0  # an index into rows that are no longer there
        if "heading" in self._rows:
            absent &= ~self._rows.numbers("heading").astype(np.bool_)
        missing = np.flatnonzero(absent)
        back = [table.take(find(table.numbers("key"), keys) < 0) for _, table in self._gone]
        self._gone = [
            (until, table) for (until, _), table in zip(self._gone, back, strict=True) if len(table)
        ]
        room = LINGERING - sum(len(table) for _, table in self._gone)
        if not len(missing) or room <= 0:
            return
        missing = missing[:room]
        since = self._since[missing]
        gone = self._rows.take(missing).with_columns(
            presence=np.full(len(missing), GONE, np.uint8),
            seen=np.where(since >= 0, now - since, -(now + since)),
        )
        self._gone.append((now + LINGERS_FOR, gone))
