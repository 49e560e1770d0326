"""Rows of the Routes tab: every route of every table, the hops of multipath routes below them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Strings, Table, concatenate
from sockscope.app.model import namespaces
from sockscope.app.model.identity import mix
from sockscope.app.model.route_given import MOVING, Given
from sockscope.app.model.route_names import LOCAL
from sockscope.app.model.route_table import broken_hops, rows_of
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.record import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """Rows, and what they were made of; `source` is for each row its place in `route_table.joined`."""

    given: Given
    hide_local: bool
    source: NDArray[np.intp]
    rows: Table


@dataclass(frozen=True, eq=False, slots=True)
class _All:
    """The rows of all network namespaces, and of each: its inode (0 where there is but one) and its name."""

    given: Given
    hide_local: bool
    order: list[tuple[int, str]]
    source: NDArray[np.intp]
    rows: Table


class RoutesModel:
    """One row a route, one a hop of a multipath route (`parent` is its route), one a cached exception, one a
    policy rule and one a title, these two being headings.

    The columns of table `routes` (collectors/routes.py), where hops have their own `gateway`, `device`,
    `flags` and `weight` (u2, 0 for routes), and multipath routes the device of the first; besides

    - `letters` (text), as netstat prints them; `shown_letters`, with `!` for `U` where nothing gets through
    - `interface` (text, unknown where a route has no device), `table_name`, `protocol_name`, `scope_name`,
      `type_name` (texts); `several` (bool): hops lead through different devices
    - `last` (bool): the last hop of its route
    - `broken` (bool): a gateway is configured that cannot be reached now, its device being off or unplugged
    - `cached` (bool): an exception (columns as in `routes`), its protocol named `cached`, its scope unknown
    - `title` (text) of rows with `heading`, and `rule` (i4): its place in `rules.everything`, or -1
    - `namespace` (text, namespaces.py)

    Table main comes first, local last, each other table by its number, each below the rules that choose it
    (model/route_rows.py); then the exceptions, then the rules that lead to no route. Of several network
    namespaces one comes after the other, the own one first, without those that have no such route. Switch
    `hide_local` leaves table local out.
    """

    needs = ("routes", "nexthops", "exceptions", "rules", "links")

    def __init__(self) -> None:
        self._all: _All | None = None
        self._parts: dict[int, _Made] = {}

    def advance(self, store: Store) -> None:
        """Routes have no history."""

    def rows(self, store: Store, options: Options) -> Table | None:
        """All routes, or all but those of table local. While the routes stay the same, so does the table."""
        routes, nexthops = store.now("routes"), store.now("nexthops")
        if routes is None or nexthops is None:
            return None
        cached = store.now("exceptions")
        exceptions = routes.take(_NO_ROWS) if cached is None else cached
        given = Given(routes, exceptions, nexthops, store.now("rules"), store.now("links"))
        order = _namespaces(routes, exceptions, store)
        hide_local = options["hide_local"]
        last = self._all
        if last is None or last.hide_local != hide_local or last.order != order or last.given.differs(given):
            last = _All(given, hide_local, order, *self._rows(given, hide_local, order))
        else:
            last = replace(last, given=given, rows=_moved(last, given))
        self._all = last
        return last.rows

    def _rows(
        self, given: Given, hide_local: bool, order: list[tuple[int, str]]
    ) -> tuple[NDArray[np.intp], Table]:
        """The rows of all namespaces, and for each its place in `route_table.joined`."""
        if "netns" not in given.routes:
            source, rows = rows_of(given, hide_local)
            return source, rows.with_columns(namespace=_one_name(len(rows), order[0][1]))
        self._parts = {inode: self._part(given, hide_local, inode, name) for inode, name in order}
        told = [(inode, name, self._parts[inode]) for inode, name in order]
        some = [part for part in told if not part[2].rows.numbers("heading").all()]
        return _put_together(given, some or told[:1])

    def _part(self, given: Given, hide_local: bool, inode: int, name: str) -> _Made:
        """The rows of one of several namespaces, made anew only where it changed."""
        part = given.of(np.uint64(inode), f" of {name}")
        known = self._parts.get(inode)
        if known is None or known.hide_local != hide_local or known.given.differs(part):
            return _Made(part, hide_local, *rows_of(part, hide_local))
        return replace(known, given=part, rows=_moved(known, part))

    def count(self, store: Store) -> int | None:
        """How many routes there are outside table local, which holds but the machine's own addresses."""
        routes = store.now("routes")
        return None if routes is None else int(np.count_nonzero(routes.numbers("table") != LOCAL))

    def attention(self, store: Store) -> int:
        """Routes with a gateway that cannot be reached now, its device being off or unplugged."""
        routes, nexthops = store.now("routes"), store.now("nexthops")
        if routes is None or nexthops is None:
            return 0
        broken = broken_hops(routes)
        broken[nexthops.numbers("route")[broken_hops(nexthops)]] = True
        return int(np.count_nonzero(broken & (routes.numbers("table") != LOCAL)))


_NO_ROWS = np.empty(0, np.intp)


def _namespaces(routes: Table, exceptions: Table, store: Store) -> list[tuple[int, str]]:
    """Inode and name of each network namespace that has a route, in the order in which they stand."""
    if "netns" not in routes:
        return [(0, namespaces.named(Table({"any": np.zeros(1)}), store)[0] or UNKNOWN_NAME)]
    inodes = np.unique(np.concatenate([routes.numbers("netns"), exceptions.numbers("netns")]))
    names = namespaces.named(Table({"netns": inodes}), store)
    order = np.argsort(namespaces.order_of(names), kind="stable").tolist()
    return [(int(inodes[place]), names[place] or UNKNOWN_NAME) for place in order]


UNKNOWN_NAME = "?"


def _put_together(given: Given, parts: list[tuple[int, str, _Made]]) -> tuple[NDArray[np.intp], Table]:
    """The rows of each namespace below those of the one before, all sections, parents and identities their
    own."""
    tables, sources = [], [_NO_ROWS]
    rows_before = sections = 0
    for inode, name, made in parts:
        rows = made.rows
        key, parent, section = rows.numbers("key"), rows.numbers("parent"), rows.numbers("section")
        tables.append(
            rows.with_columns(
                key=mix(key, np.full(len(rows), inode, np.uint64)),
                parent=np.where(parent < 0, parent, parent + np.int32(rows_before)),
                section=section + np.int32(sections),
                netns=np.full(len(rows), inode, np.uint64),
                namespace=_one_name(len(rows), name),
            )
        )
        places = np.concatenate(
            [
                np.flatnonzero(given.routes.numbers("netns") == np.uint64(inode)),
                len(given.routes) + np.flatnonzero(given.exceptions.numbers("netns") == np.uint64(inode)),
                [len(given.routes) + len(given.exceptions)],
            ]
        )
        sources.append(places[made.source])
        rows_before += len(rows)
        sections += int(section.max(initial=-1)) + 1
    return np.concatenate(sources), concatenate(tables)


def _one_name(rows: int, name: str) -> Strings:
    return Strings(np.zeros(rows, np.int32), (name,))


def _moved(made: _Made | _All, given: Given) -> Table:
    """The rows with what moves taken from newer tables of the same routes and exceptions."""
    if made.given is given or np.array_equal(made.given.moving, given.moving):
        return made.rows
    return made.rows.with_columns(**{MOVING: given.moving[made.source]})
