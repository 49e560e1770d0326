"""Frames with counts of TCP states, made up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.states import ORDER, StateNow, StateStrip
from sockscope.app.model.store import Store


class Watched:
    """A store and a strip that are told one sample after the other."""

    def __init__(self, interval: float = 1.0) -> None:
        self.store = Store()
        self.strip = StateStrip()
        self.interval = interval
        self.number = 0
        self.now: tuple[StateNow, ...] = ()

    def sample(
        self, taken: float, counts: Mapping[int, int], limits: Mapping[str, int] | None = None
    ) -> tuple[StateNow, ...]:
        """The counts as they stand at `taken`."""
        states = sorted(ORDER)
        tables = {
            "tcp_states": Table(
                {
                    "state": np.array(states, dtype=np.uint8),
                    "count": np.array([counts.get(state, 0) for state in states], dtype=np.uint32),
                },
                taken,
            )
        }
        if limits is not None:
            values = np.array(list(limits.values()), dtype=np.int64)
            tables["limits"] = Table({"name": Strings.of(limits), "value": values}, taken)
        return self.frame(taken, tables)

    def frame(self, taken: float, tables: Mapping[str, Table]) -> tuple[StateNow, ...]:
        """A frame that holds these tables, new or not."""
        self.store.take(Frame(self.number, taken, taken, self.interval, tables=tables))
        self.number += 1
        self.now = self.strip.advance(self.store)
        return self.now

    def state(self, state: int) -> StateNow:
        """One state as it stands."""
        return next(each for each in self.now if each.state == state)
