"""What rows of routes are made of, and whether newer tables make others."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Column, Numbers, Strings, Table
from sockscope.app.model import namespaces
from sockscope.app.record import dataclass

MOVING = "expires"
"""The only column that changes while the routes stay the same."""


@dataclass(frozen=True, eq=False, slots=True)
class Given:
    """What rows are made of; `where` is what titles say of the network namespace, "" where there is one."""

    routes: Table
    exceptions: Table
    nexthops: Table
    rules: Table | None
    links: Table | None
    where: str = ""

    def differs(self, other: Given) -> bool:
        """Whether the other makes other rows, but for what moves."""
        return (
            self.where != other.where
            or not _same_names(self.links, other.links)
            or not _same(self.rules, other.rules)
            or not _same(self.nexthops, other.nexthops)
            or not _unmoved(self.routes, other.routes)
            or not _unmoved(self.exceptions, other.exceptions)
        )

    @property
    def moving(self) -> Numbers:
        """What moves, in the order of `route_table.joined`."""
        return np.concatenate([self.routes.numbers(MOVING), self.exceptions.numbers(MOVING), [0]])

    def of(self, netns: np.uint64, where: str) -> Given:
        """What is of one of several network namespaces; its hops refer to its own routes again."""
        here = self.routes.numbers("netns") == netns
        hops_here = self.nexthops.numbers("netns") == netns
        first, first_hop = int(np.argmax(here)), int(np.argmax(hops_here)) if len(hops_here) else 0
        routes, nexthops = self.routes.take(here), self.nexthops.take(hops_here)
        return Given(
            routes.with_columns(
                first_hop=np.where(routes.numbers("hops") > 0, routes.numbers("first_hop") - first_hop, 0)
            ),
            self.exceptions.take(self.exceptions.numbers("netns") == netns),
            nexthops.with_columns(route=nexthops.numbers("route") - np.uint32(first)),
            _part(self.rules, netns),
            _part(self.links, netns),
            where,
        )


def _part(table: Table | None, netns: np.uint64) -> Table | None:
    """The rows of one namespace, None while it has not been looked into."""
    if table is None or "netns" not in table:
        return None
    here = table.numbers("netns") == netns
    return table.take(here) if here.any() else None


def _unmoved(one: Table, other: Table) -> bool:
    """Whether two tables of routes differ at most in what moves."""
    return one is other or (
        _same(one, other, but=MOVING) and np.array_equal(one.numbers(MOVING) != 0, other.numbers(MOVING) != 0)
    )


def _same_names(one: Table | None, other: Table | None) -> bool:
    """Whether two tables of links have the same interfaces by name."""
    if one is other or one is None or other is None:
        return one is other
    told = [(each.numbers("index"), each.strings("name"), namespaces.netns_of(each)) for each in (one, other)]
    return all(map(_equal, *told))


def _same(one: Table | None, other: Table | None, but: str = "") -> bool:
    """Whether two tables of one kind say the same, a column left aside."""
    if one is other:
        return True
    if one is None or other is None or len(one) != len(other):
        return False
    return all(_equal(column, other.columns[name]) for name, column in one.columns.items() if name != but)


def _equal(one: Column, other: Column) -> bool:
    if one is other:
        return True
    if isinstance(one, Strings) or isinstance(other, Strings):
        return (
            isinstance(one, Strings)
            and isinstance(other, Strings)
            and one.values == other.values
            and np.array_equal(one.codes, other.codes)
        )
    return np.array_equal(one, other)
