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
        self._older: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._rows: Table | None = None
        self._gone: list[tuple[float, Table]] = []
        self._observed = -np.inf

    def observe(self, rows: Table, now: float, gap: float) -> Table:
        """The rows, and after them those that have just gone, with three columns more.

        `presence` (u1) is STEADY, NEW or GONE; `seen` (f8) the seconds since a row was first seen; `older`
        (bool) says that it was there when watching began. After a pause of over `gap` seconds nothing counts
        as new or gone, because nobody was looking.
        """
        keys: Key = rows.numbers("key")
        watched = now - self._observed <= gap
        places = find(keys, self._keys)
        known = places >= 0
        since = np.full(len(keys), now)
        older = np.full(len(keys), not watched)
        since[known] = self._since[places[known]]
        older[known] = self._older[places[known]]
        self._linger(keys, now, watched)
        self._keys, self._since, self._older = keys, since, older
        self._rows, self._observed = rows, now
        new = ~older & (now - since < NEW_FOR)
        presence = np.where(new, NEW, STEADY).astype(np.uint8)
        shown = rows.with_columns(presence=presence, seen=now - since, older=older)
        return concatenate([shown, *(table for _, table in self._gone)])

    def _linger(self, keys: Key, now: float, watched: bool) -> None:
        if not watched or self._rows is None:
            self._gone = []
            return
        still = [
            (until, table.take(find(table.numbers("key"), keys) < 0))
            for until, table in self._gone
            if until > now
        ]
        self._gone = [(until, table) for until, table in still if len(table)]
        room = LINGERING - sum(len(table) for _, table in self._gone)
        missing = np.flatnonzero(self._may_linger() & (find(self._keys, keys) < 0))[: max(0, room)]
        if len(missing):
            gone = self._rows.take(missing).with_columns(
                presence=np.full(len(missing), GONE, np.uint8),
                seen=now - self._since[missing],
                older=self._older[missing],
            )
            self._gone.append((now + LINGERS_FOR, gone))

    def _may_linger(self) -> NDArray[np.bool_]:
        """Not headings, and not children: their parent is an index into rows that are no longer there."""
        rows = self._rows
        may = np.ones(len(self._keys), dtype=np.bool_)
        if rows is not None and "parent" in rows:
            may &= rows.numbers("parent") < 0
        if rows is not None and "heading" in rows:
            may &= ~rows.numbers("heading").astype(np.bool_)
        return may
