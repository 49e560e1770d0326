"""Coming and going of rows: since when each has been seen, which are new, which have just gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find, follow
from sockscope.app.frames.table import Joiner, Table
from sockscope.app.model.rates import Key

STEADY, NEW, GONE = 0, 1, 2

NEW_FOR = 3.0
"""Seconds for which a row counts as new."""
LINGERS_FOR = 2.5
"""Seconds for which a row that is gone is still shown."""
LINGERING = 200
"""Rows that may linger at once; when thousands go together nobody can read their names anyway."""


class Presence:
    """Follows the rows of one tab from frame to frame by their `key`.

    Identities that only wait for their rows to be collected again are remembered behind those of the rows.
    """

    def __init__(self, lingering: int = LINGERING) -> None:
        """At most `lingering` rows that are gone are still shown."""
        self._lingering = lingering
        self._keys: Key = np.empty(0, np.uint64)
        self._since: NDArray[np.float64] = np.empty(0)
        self._older: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._rows: Table | None = None
        self._gone: list[tuple[float, Table]] = []
        self._joiner = Joiner()
        self._observed = -np.inf
        self._narrowed: float | None = None

    def observe(self, rows: Table, now: float, gap: float, *, partly: bool = False) -> Table:
        """The rows, and after them those that have just gone, with three columns more.

        `presence` (u1) is STEADY, NEW or GONE; `seen` (f8) the seconds since a row was first seen; `older`
        (bool) says that it was there when watching began. After a pause of over `gap` seconds nothing counts
        as new or gone, because nobody was looking. Where rows are collected only `partly`, a missing one is
        not gone, and one that is met first when all are collected again is not new.
        """
        keys: Key = rows.numbers("key")
        watched = now - self._observed <= gap
        if not (watched and np.array_equal(keys, self._keys)):
            self._follow(keys, now, watched, partly)
        elif any(until <= now for until, _ in self._gone):
            self._gone = [(until, table) for until, table in self._gone if until > now]
        self._narrowed = None if not partly else now if self._narrowed is None else self._narrowed
        self._rows, self._observed = rows, now
        since, older = self._since[: len(keys)], self._older[: len(keys)]
        new = ~older & (now - since < NEW_FOR)
        presence = np.where(new, NEW, STEADY).astype(np.uint8)
        shown = rows.with_columns(presence=presence, seen=now - since, older=older)
        return self._joiner.concatenate([shown, *(table for _, table in self._gone)])

    def _follow(self, keys: Key, now: float, watched: bool, partly: bool) -> None:
        places = follow(keys, self._keys)
        since = np.append(self._since, now)[places]  # what is not found takes the last
        there = not watched or (self._narrowed is not None and not partly)
        older = np.append(self._older, there)[places]
        missing = np.ones(len(self._keys) + 1, dtype=np.bool_)
        missing[places] = False
        missing = missing[:-1]
        self._linger(keys, missing, now, watched, partly)
        if partly:
            waiting = missing & (self._since < (now if self._narrowed is None else self._narrowed))
            keys = np.concatenate([keys, self._keys[waiting]])
            since = np.concatenate([since, self._since[waiting]])
            older = np.concatenate([older, self._older[waiting]])
        self._keys, self._since, self._older = keys, since, older

    def _linger(self, keys: Key, missing: NDArray[np.bool_], now: float, watched: bool, partly: bool) -> None:
        if not watched or self._rows is None:
            self._gone = []
            return
        still = [
            (until, table.take(_absent(table.numbers("key"), keys)))
            for until, table in self._gone
            if until > now
        ]
        self._gone = [(until, table) for until, table in still if len(table)]
        room = self._lingering - sum(len(table) for _, table in self._gone)
        gone = np.flatnonzero(missing[: len(self._rows)] & self._may_linger())[: max(0, room)]
        gone = gone[_absent(self._keys[gone], keys)]
        if len(gone) and not partly:
            last = self._rows.take(gone).with_columns(
                presence=np.full(len(gone), GONE, np.uint8),
                seen=now - self._since[gone],
                older=self._older[gone],
            )
            self._gone.append((now + LINGERS_FOR, last))

    def _may_linger(self) -> NDArray[np.bool_]:
        """Not headings, and not children: their parent is an index into rows that are no longer there."""
        rows = self._rows
        may = np.ones(0 if rows is None else len(rows), dtype=np.bool_)
        if rows is not None and "parent" in rows:
            may &= rows.numbers("parent") < 0
        if rows is not None and "heading" in rows:
            may &= ~rows.numbers("heading").astype(np.bool_)
        return may


def _absent(few: Key, keys: Key) -> NDArray[np.bool_]:
    """Which of a few keys are not among many."""
    places = find(keys, few)
    absent = np.ones(len(few), dtype=np.bool_)
    absent[places[places >= 0]] = False
    return absent
