"""Groups in place of a tab's rows: made of the rows that the filter leaves, sorted, and followed."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.grouping import Growth, Split, Which, grouped
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.record import dataclass


@dataclass(frozen=True, slots=True)
class Grouping:
    """What rows are grouped by, and the groups' sort column and direction."""

    by: str
    sort: str = "growth"
    descending: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class GroupParts:
    """A grouping as the engine needs it: how rows are split, which columns are summed over which of them, how
    groups sort."""

    split: Split
    sums: tuple[str, ...]
    summed: Which
    reading: Reading


@dataclass(frozen=True, eq=False, slots=True)
class Grouped:
    """Groups, the order to show them in, and how many rows they hold together."""

    groups: Table
    order: NDArray[np.intp]
    whole: int


class Groups:
    """Makes groups, and remembers how many members they had. It lives in one thread."""

    def __init__(self) -> None:
        self._growth = Growth()
        self._last: tuple[NDArray[np.intp], str, float, Table] | None = None

    def make(
        self,
        rows: Table,
        chosen: NDArray[np.intp],
        grouping: Grouping,
        parts: GroupParts,
        *,
        taken: float,
        about: Hashable,
    ) -> Grouped:
        """The groups of `rows[chosen]`, with column `growth` (f8): their change per second.

        Titles among the rows count as nothing. `taken` is CLOCK_MONOTONIC in seconds, `about` what tells one
        question from another beside the grouping. The same rows are not grouped again for another order.
        """
        last = self._last
        if last is None or last[0] is not chosen or last[1:3] != (grouping.by, taken):
            if "heading" in rows:
                members = chosen[~rows.numbers("heading")[chosen].astype(np.bool_)]
            else:
                members = chosen
            groups = grouped(rows, members, parts.split, parts.sums, parts.summed)
            growth = self._growth.per_second(groups, taken, (grouping.by, about))
            last = self._last = (chosen, grouping.by, taken, groups.with_columns(growth=growth))
        groups = last[3]
        order = select(groups, Query(grouping.sort, grouping.descending), parts.reading)
        return Grouped(groups, order, int(groups.numbers("count").sum()))


def by_growth(groups: Table) -> Numbers:
    """Sort key: those that change most, up or down, then the largest."""
    change = np.nan_to_num(np.abs(groups.numbers("growth")))
    return np.stack([change, groups.numbers("count").astype(np.float64)], axis=1)
