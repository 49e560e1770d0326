"""From row to row along what belongs together, and back."""

from __future__ import annotations

import numpy as np

from sockscope.app.model.engine import Snapshot
from sockscope.app.view.columns import Link, TabView


def leads(view: TabView, snapshot: Snapshot, key: int) -> Link:
    """Where the row of that key leads."""
    rows = snapshot.rows
    places = [] if rows is None else np.flatnonzero(rows.numbers("key") == np.uint64(key)).tolist()
    if rows is None or view.follow is None or not places:
        return Link(None, "this row leads nowhere")
    return view.follow(rows, places[0])


class Trail:
    """The rows that one came from, as long as the cursor stays where it was led."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, int]] = []

    def step(self, origin: int, target: int) -> None:
        """The cursor was led from row to row (by key)."""
        self._steps.append((origin, target))

    def back(self, key: int | None) -> int | None:
        """The row that one came from to this one; None, and all is forgotten, where one was not led here."""
        if not self._steps or self._steps[-1][1] != key:
            self._steps.clear()
            return None
        return self._steps.pop()[0]
