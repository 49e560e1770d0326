"""Rows of the Statistics tab: every protocol counter, what it did, and what that means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table, concatenate
from sockscope.app.model import namespaces
from sockscope.app.model.series import Series
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options


class StatisticsModel:
    """One row a counter of a network namespace.

    - `key` u8; `group` (text), the kernel's section; `interface` (text), unknown for counters of the whole
      namespace; `namespace` (text, namespaces.py); `name`, `meaning` (texts); `value` i8; `rank` i4, the
      place in the kernel's order; `gauge` (bool); `severity` u1, index into SEVERITIES
    - `delta` f8, change since the sample before; `rate` f8, the same per second, NaN for gauges
    - `since_mark`, `since_start` f8, change since the mark, and since this session began
    - `shown` f8, what to show first: `since_mark` while there is a mark, else `rate`, or `delta` of a gauge;
      `per_second` (bool) tells whether it is a rate
    - `changed` (bool): moved since the mark, or the start of the session
    - `moved`, `problem`, `reset` (bool): within the last HOLD seconds (model/series.py) it changed; grew
      although that signals a problem; went down although it is no gauge

    Changes are NaN where there is nothing to compare with and after a reset. Rows come in the kernel's order,
    of several namespaces one after the other, but those with a problem first and then those that moved.
    Switch `changed_only` keeps what changed, `per_interface` adds the counters of each interface,
    `kernel_order` leaves the order to the kernel.
    """

    needs = ("counters",)

    def __init__(self) -> None:
        self._whole = Series("counters")
        self._interfaces = Series("interface_counters")

    def advance(self, store: Store) -> None:
        """Note what moved since the sample before."""
        self._whole.advance(store)
        self._interfaces.advance(store)

    def rows(self, store: Store, options: Options) -> Table | None:
        """All counters, or those that changed."""
        rows = self._whole.rows(store)
        if rows is None:
            return None
        more = self._interfaces.rows(store) if options["per_interface"] else None
        if more is not None:
            rows = concatenate([rows, more])
        rows = rows.take(np.argsort(namespaces.order_of(rows.strings("namespace")), kind="stable"))
        rows = rows.with_columns(rank=np.arange(len(rows), dtype=np.int32))
        return rows.take(_chosen(rows, options))

    def count(self, store: Store) -> int | None:
        """How many counters the kernel has, those of single interfaces left aside."""
        table = store.now("counters")
        return None if table is None else len(table)

    def attention(self, store: Store) -> int:
        """Counters that grow although that signals a problem; interfaces count for the whole as well."""
        return self._whole.problems(store)


def _chosen(rows: Table, options: Options) -> NDArray[np.intp]:
    """Which rows there are, in their order."""
    chosen = np.flatnonzero(rows.numbers("changed")) if options["changed_only"] else np.arange(len(rows))
    if options["kernel_order"]:
        return chosen
    rest = np.where(rows.numbers("problem"), 0, np.where(rows.numbers("moved"), 1, 2))
    return chosen[np.argsort(rest[chosen], kind="stable")]
