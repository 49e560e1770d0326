"""One table of protocol counters over time: what each did since the sample before, the mark and the start."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Table
from sockscope.app.model import namespaces
from sockscope.app.model.counters import Layout, Memory
from sockscope.app.model.meanings import SEVERITIES
from sockscope.app.model.rates import Change, change, gauge
from sockscope.app.model.store import Store

HOLD = 10.0
"""Seconds for which a counter that moved counts as moving, so that rows stay where they are."""

PROBLEM = SEVERITIES.index("problem")

_LAYOUTS = 4  # the newest, the one before, the one at the mark, and one to spare


class Series:
    """Follows the table of one name. What is not collected any more is forgotten."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: Table | None = None
        self._layouts: list[Layout] = []
        self._memory = Memory.empty()

    def advance(self, store: Store) -> None:
        """Note what moved since the sample before."""
        table = store.now(self._name)
        if table is None:
            self._seen, self._layouts, self._memory = None, [], Memory.empty()
        if table is None or table is self._seen:
            return
        memory = self._memory.over(self._layout(table), table.numbers("value"))
        if self._seen is not None:
            memory = memory.after(self._since(table, self._seen), table.taken)
        self._memory, self._seen = memory, table

    def rows(self, store: Store) -> Table | None:
        """Every counter with the columns that `model/statistics.py` describes, in the kernel's order; None
        while there is no table."""
        table = store.now(self._name)
        if table is None:
            return None
        layout = self._layout(table)
        values = table.numbers("value")
        memory = self._memory.over(layout, values)
        step = self._since(table, store.before(self._name))
        rate = np.where(layout.gauge, np.nan, step.per_second)
        marked = store.marked_at is not None
        base = store.base(self._name) if marked else None
        since_mark = self._since(table, base).delta
        if base is not None:
            since_mark[memory.fell > base.taken] = np.nan
        plain = np.where(layout.gauge, step.delta, rate)
        since_start = values.astype(np.float64) - memory.first.astype(np.float64)
        return Table(
            {
                "key": layout.keys,
                "group": layout.sections,
                "interface": layout.interfaces,
                **namespaces.carried(table),
                "namespace": namespaces.named(table, store),
                "name": layout.names,
                "value": values,
                "meaning": layout.meaning,
                "gauge": layout.gauge,
                "severity": layout.severity,
                "delta": step.delta,
                "rate": rate,
                "since_mark": since_mark,
                "since_start": np.where(memory.fell > -math.inf, np.nan, since_start),
                "shown": since_mark if marked else plain,
                "per_second": np.full(len(table), not marked) & ~layout.gauge,
                "changed": memory.moved > (base.taken if base else -math.inf),
                "moved": _recent(memory.moved, store),
                "problem": _recent(memory.grew, store) & (layout.severity == PROBLEM),
                "reset": _recent(memory.fell, store),
            },
            table.taken,
        )

    def problems(self, store: Store) -> int:
        """Counters that grow although that signals a problem."""
        table = store.now(self._name)
        if table is None:
            return 0
        layout = self._layout(table)
        memory = self._memory.over(layout, table.numbers("value"))
        return int((_recent(memory.grew, store) & (layout.severity == PROBLEM)).sum())

    def _layout(self, table: Table) -> Layout:
        for layout in self._layouts:
            if layout.fits(table):
                return layout
        made = Layout.of(table)
        self._layouts = [made, *self._layouts[: _LAYOUTS - 1]]
        return made

    def _since(self, table: Table, then: Table | None) -> Change:
        """What the counters of `table` did since those of `then`; nothing is known where there is none."""
        layout = self._layout(table)
        if then is None:
            return Change(np.full(len(table), np.nan), np.zeros(len(table), np.bool_), 0.0)
        earlier = self._layout(then)
        if earlier is layout:
            rows = np.arange(len(table))
        else:
            rows = find(layout.keys, earlier.keys)
            rows[layout.listed_late & (rows < 0)] = len(then)
        values = table.numbers("value")
        before = np.append(then.numbers("value"), 0)
        seconds = table.taken - then.taken
        counted = change(values, before, rows, seconds)
        level = gauge(values, before, rows, seconds)
        delta = np.where(layout.gauge, level.delta, counted.delta)
        return Change(delta, counted.reset & ~layout.gauge, seconds)


def _recent(times: NDArray[np.float64], store: Store) -> NDArray[np.bool_]:
    """Which times are less than HOLD seconds before the newest frame."""
    recent: NDArray[np.bool_] = store.frame.monotonic - times < HOLD
    return recent
