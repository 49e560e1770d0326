"""Rows of the Statistics tab: every protocol counter, what it did, and what that means."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.counters import Layout, Memory
from sockscope.app.model.meanings import SEVERITIES
from sockscope.app.model.rates import Change, change, find, gauge
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

HOLD = 10.0
"""Seconds for which a counter that moved counts as moving, so that rows stay where they are."""

PROBLEM = SEVERITIES.index("problem")

_LAYOUTS = 4  # the newest, the one before, the one at the mark, and one to spare


class StatisticsModel:
    """One row a counter.

    - `key` u8; `group` (text), the kernel's section; `name`, `meaning` (texts); `value` i8; `rank` i4, the
      place in the kernel's order; `gauge` (bool); `severity` u1, index into SEVERITIES
    - `delta` f8, change since the sample before; `rate` f8, the same per second, NaN for gauges
    - `since_mark`, `since_start` f8, change since the mark, and since this session began
    - `shown` f8, what to show first: `since_mark` while there is a mark, else `rate`, or `delta` of a gauge;
      `per_second` (bool) tells whether it is a rate
    - `moved`, `problem`, `reset` (bool): within the last HOLD seconds it changed; grew although that signals
      a problem; went down although it is no gauge

    Changes are NaN where there is nothing to compare with and after a reset. Rows come in the kernel's order,
    but those with a problem first and then those that moved. Switch `changed_only` keeps what moved since the
    mark or the start of the session; `kernel_order` leaves the order to the kernel.
    """

    needs = ("counters",)

    def __init__(self) -> None:
        self._seen: Table | None = None
        self._layouts: list[Layout] = []
        self._memory = Memory.empty()

    def advance(self, store: Store) -> None:
        """Note what moved since the sample before."""
        table = store.now("counters")
        if table is None or table is self._seen:
            return
        memory = self._memory.over(self._layout(table), table.numbers("value"))
        if self._seen is not None:
            memory = memory.after(self._since(table, self._seen), table.taken)
        self._memory, self._seen = memory, table

    def rows(self, store: Store, options: Options) -> Table | None:
        """All counters, or those that moved."""
        table = store.now("counters")
        if table is None:
            return None
        layout = self._layout(table)
        values = table.numbers("value")
        memory = self._memory.over(layout, values)
        step = self._since(table, store.before("counters"))
        rate = np.where(layout.gauge, np.nan, step.per_second)
        marked = store.marked_at is not None
        base = store.base("counters") if marked else None
        since_mark = self._since(table, base).delta
        if base is not None:
            since_mark[memory.fell > base.taken] = np.nan
        plain = np.where(layout.gauge, step.delta, rate)
        rows = Table(
            {
                "key": layout.keys,
                "group": layout.sections,
                "name": layout.names,
                "value": values,
                "meaning": layout.meaning,
                "rank": np.arange(len(table), dtype=np.int32),
                "gauge": layout.gauge,
                "severity": layout.severity,
                "delta": step.delta,
                "rate": rate,
                "since_mark": since_mark,
                "since_start": np.where(
                    memory.fell > -math.inf,
                    np.nan,
                    values.astype(np.float64) - memory.first.astype(np.float64),
                ),
                "shown": since_mark if marked else plain,
                "per_second": np.full(len(table), not marked) & ~layout.gauge,
                "moved": _recent(memory.moved, store),
                "problem": _recent(memory.grew, store) & (layout.severity == PROBLEM),
                "reset": _recent(memory.fell, store),
            },
            table.taken,
        )
        return rows.take(_chosen(rows, options, memory.moved > (base.taken if base else -math.inf)))

    def count(self, store: Store) -> int | None:
        """How many counters the kernel has."""
        table = store.now("counters")
        return None if table is None else len(table)

    def attention(self, store: Store) -> int:
        """Counters that grow although that signals a problem."""
        table = store.now("counters")
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


def _chosen(rows: Table, options: Options, changed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Which rows there are, in their order."""
    chosen = np.flatnonzero(changed) if options["changed_only"] else np.arange(len(rows))
    if options["kernel_order"]:
        return chosen
    rest = np.where(rows.numbers("problem"), 0, np.where(rows.numbers("moved"), 1, 2))
    return chosen[np.argsort(rest[chosen], kind="stable")]
