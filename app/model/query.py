"""What the user wants to see of a tab, and its evaluation over columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.evaluate import Filter, names_rows
from sockscope.app.model.permutation import permutation
from sockscope.app.record import dataclass

Order = Callable[[Table], Numbers]
"""Sort key of every row: shape (rows,), or (rows, n) with the most significant column first."""


@dataclass(frozen=True, slots=True)
class Query:
    """How rows are chosen and ordered.

    Sort column (by name, "" for the natural order) and direction; the filter that every row must pass; TCP
    states and pairs of family and protocol to keep (None: all).
    """

    sort: str = ""
    descending: bool = False
    filter: Filter | None = None
    states: frozenset[int] | None = None
    protocols: frozenset[tuple[int, int]] | None = None
    names: bool = False
    """Whether words are found in names of hosts too; rows are chosen anew when that changes."""


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """How a tab's columns are sorted, by name."""

    orders: Mapping[str, Order] = field(default_factory=dict)


def select(rows: Table, query: Query, reading: Reading) -> NDArray[np.intp]:
    """Indices of the rows to show, in the order to show them."""
    keep = matching(rows, query)
    leader = _leaders(rows)
    if leader is not None:
        keep = keep[leader] | keep  # a child is shown with its parent, and where it matches itself
        keep = _with_parents(keep, leader)
    if "heading" in rows:
        keep = _with_headings(keep, rows)
    chosen = np.flatnonzero(keep)
    return chosen[_sorted(rows, chosen, query, reading, leader)]


def matching(rows: Table, query: Query) -> NDArray[np.bool_]:
    """Which rows pass the filter and are in one of the states; titles pass where their own words do."""
    keep = np.ones(len(rows), dtype=np.bool_)
    if query.states is not None and "tcp_state" in rows:
        keep &= np.isin(rows.numbers("tcp_state"), list(query.states))
    if query.protocols is not None and "protocol" in rows and "family" in rows:
        keep &= np.isin(_protocol(rows), [family << 16 | number for family, number in query.protocols])
    if query.filter is not None:
        keep &= query.filter.passes(rows)
        if "heading" in rows and not names_rows(query.filter.tree):
            keep &= ~rows.numbers("heading").astype(np.bool_)
    return keep


def _protocol(rows: Table) -> NDArray[np.int64]:
    pairs: NDArray[np.int64] = rows.numbers("family").astype(np.int64) << 16 | rows.numbers("protocol")
    return pairs


def _leaders(rows: Table) -> NDArray[np.intp] | None:
    """For each row the row whose place it shares: its parent, or itself."""
    if "parent" not in rows:
        return None
    parent = rows.numbers("parent").astype(np.intp)
    return np.where(parent >= 0, parent, np.arange(len(rows)))


def _with_parents(keep: NDArray[np.bool_], leader: NDArray[np.intp]) -> NDArray[np.bool_]:
    kept = keep.copy()
    kept[leader[keep]] = True
    return kept


def _with_headings(keep: NDArray[np.bool_], rows: Table) -> NDArray[np.bool_]:
    heading = rows.numbers("heading").astype(np.bool_)
    section = rows.numbers("section")
    return keep | (heading & np.isin(section, section[keep & ~heading]))


def _sorted(
    rows: Table, chosen: NDArray[np.intp], query: Query, reading: Reading, leader: NDArray[np.intp] | None
) -> NDArray[np.intp]:
    """Permutation of `chosen`. Ties keep the natural order in both directions."""
    order = reading.orders.get(query.sort)
    place = chosen if leader is None else leader[chosen]
    keys: list[Numbers] = [] if leader is None else [place]
    if order is not None:
        by = order(rows)[place]
        columns = [by] if by.ndim == 1 else [by[:, column] for column in range(by.shape[1])][::-1]
        keys += [_directed(column, query.descending) for column in columns]
    if "heading" in rows:
        keys.append(~rows.numbers("heading")[chosen].astype(np.bool_))
    if "section" in rows:
        keys.append(rows.numbers("section")[chosen])
    return permutation(keys, len(chosen))


def _directed(column: Numbers, descending: bool) -> Numbers:
    """A key whose ascending order is the wanted one; unknown numbers (NaN) come last either way."""
    if not descending:
        return column
    if column.dtype.kind == "f":
        return -column
    if column.dtype.kind == "u":
        return np.iinfo(column.dtype).max - column
    if column.dtype.kind == "b":
        return ~column
    if column.dtype.kind == "i":
        return -1 - column
    raise TypeError(f"cannot sort by {column.dtype}")
