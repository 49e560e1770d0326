"""Rows of the Routes tab: every route of every table, the hops of multipath routes below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import UNKNOWN, Column, Numbers, Strings, Table, concatenate
from sockscope.app.model import namespaces, route_rows
from sockscope.app.model.devices import device_names
from sockscope.app.model.identity import mix
from sockscope.app.model.route_flags import DEAD, LINKDOWN, honest, letters
from sockscope.app.model.route_names import LOCAL, TYPES, named, names
from sockscope.app.model.rules import NOWHERE, Heading, headings
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.record import dataclass

_MOVING = "expires"
"""The only column that changes while the routes stay the same."""


@dataclass(frozen=True, eq=False, slots=True)
class _Given:
    """What rows are made of; `where` is what titles say of the network namespace, "" where there is one."""

    routes: Table
    exceptions: Table
    nexthops: Table
    rules: Table | None
    links: Table | None
    where: str = ""

    def differs(self, other: _Given) -> bool:
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
        """What moves, in the order of `_joined`."""
        return np.concatenate([self.routes.numbers(_MOVING), self.exceptions.numbers(_MOVING), [0]])

    def of(self, netns: np.uint64, where: str) -> _Given:
        """What is of one of several network namespaces; its hops refer to its own routes again."""
        here = self.routes.numbers("netns") == netns
        hops_here = self.nexthops.numbers("netns") == netns
        first, first_hop = int(np.argmax(here)), int(np.argmax(hops_here)) if len(hops_here) else 0
        routes, nexthops = self.routes.take(here), self.nexthops.take(hops_here)
        return _Given(
            routes.with_columns(
                first_hop=np.where(routes.numbers("hops") > 0, routes.numbers("first_hop") - first_hop, 0)
            ),
            self.exceptions.take(self.exceptions.numbers("netns") == netns),
            nexthops.with_columns(route=nexthops.numbers("route") - np.uint32(first)),
            _part(self.rules, netns),
            _part(self.links, netns),
            where,
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """Rows, and what they were made of; `source` is for each row its place in `_joined`."""

    given: _Given
    hide_local: bool
    source: NDArray[np.intp]
    rows: Table


@dataclass(frozen=True, eq=False, slots=True)
class _All:
    """The rows of all network namespaces, and of each: its inode (0 where there is but one) and its name."""

    given: _Given
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
        given = _Given(routes, exceptions, nexthops, store.now("rules"), store.now("links"))
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
        self, given: _Given, hide_local: bool, order: list[tuple[int, str]]
    ) -> tuple[NDArray[np.intp], Table]:
        """The rows of all namespaces, and for each its place in `_joined`."""
        if "netns" not in given.routes:
            source, rows = _rows(given, hide_local)
            return source, rows.with_columns(namespace=_one_name(len(rows), order[0][1]))
        self._parts = {inode: self._part(given, hide_local, inode, name) for inode, name in order}
        told = [(inode, name, self._parts[inode]) for inode, name in order]
        some = [part for part in told if not part[2].rows.numbers("heading").all()]
        return _put_together(given, some or told[:1])

    def _part(self, given: _Given, hide_local: bool, inode: int, name: str) -> _Made:
        """The rows of one of several namespaces, made anew only where it changed."""
        part = given.of(np.uint64(inode), f" of {name}")
        known = self._parts.get(inode)
        if known is None or known.hide_local != hide_local or known.given.differs(part):
            return _Made(part, hide_local, *_rows(part, hide_local))
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
        broken = _broken(routes)
        broken[nexthops.numbers("route")[_broken(nexthops)]] = True
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


def _put_together(given: _Given, parts: list[tuple[int, str, _Made]]) -> tuple[NDArray[np.intp], Table]:
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


def _part(table: Table | None, netns: np.uint64) -> Table | None:
    """The rows of one namespace, None while it has not been looked into."""
    if table is None or "netns" not in table:
        return None
    here = table.numbers("netns") == netns
    return table.take(here) if here.any() else None


def _rows(given: _Given, hide_local: bool) -> tuple[NDArray[np.intp], Table]:
    """The rows, and for each its place in `_joined`."""
    nexthops = given.nexthops
    everything = _joined(given.routes, given.exceptions)
    group = everything.numbers("group")
    shown = np.arange(len(everything)) < len(everything) - 1
    if hide_local:
        shown &= group != LOCAL
    told = _headings(group[shown], given, hide_local)
    counts = {number: len(lines) for number, lines in told.items()}
    placed = route_rows.arrange(everything, nexthops, np.flatnonzero(shown), counts)
    rows = everything.take(placed.source)
    hops = nexthops.take(placed.hop)
    multipath = placed.route_at[rows.numbers("hops")[placed.route_at] > 0]
    own_group = placed.group[placed.heading_at]
    lines = [line for number in dict.fromkeys(own_group.tolist()) for line in told[number]]

    key = np.empty(len(placed), dtype=np.uint64)
    key[placed.route_at] = route_rows.keys(rows.take(placed.route_at))
    key[placed.hop_at] = route_rows.hop_keys(key[placed.parent_at], hops)
    key[placed.heading_at] = route_rows.heading_keys(own_group, [line.text for line in lines])

    own: dict[str, Numbers] = {
        name: rows.numbers(name).copy()
        for name in ("gateway_family", "gateway", "device", "hops", "flags", "table")
    }
    own["device"][multipath] = nexthops.numbers("device")[rows.numbers("first_hop")[multipath]]
    for name in ("gateway_family", "gateway", "device"):
        own[name][placed.hop_at] = hops.numbers(name)
    own["flags"][placed.hop_at] = hops.numbers("flags")
    own["hops"][placed.hop_at] = 0
    own["table"][placed.heading_at] = np.where(own_group < route_rows.CACHED, own_group, 0)
    rows = rows.with_columns(**own)

    weight = np.zeros(len(placed), dtype=np.uint16)
    weight[placed.hop_at] = hops.numbers("weight")
    parent = np.full(len(placed), -1, dtype=np.int32)
    parent[placed.hop_at] = placed.parent_at
    heading = _mask(len(placed), placed.heading_at)
    rule = np.full(len(placed), -1, dtype=np.int32)
    rule[placed.heading_at] = [line.rule for line in lines]
    last = parent >= 0
    last[:-1] &= parent[1:] != parent[:-1]
    broken = _broken(rows) & ~heading
    broken[placed.parent_at[broken[placed.hop_at]]] = True
    differs = own["device"][placed.hop_at] != own["device"][placed.parent_at]
    plain = letters(rows, nexthops)
    called = names()
    cached = rows.numbers("cached")
    more: dict[str, Column] = {
        "key": key,
        "section": route_rows.section_ranks(placed.group),
        "parent": parent,
        "heading": heading,
        "rule": rule,
        "last": last,
        "weight": weight,
        "several": _mask(len(placed), placed.parent_at[differs]),
        "broken": broken,
        "letters": _without(plain, heading),
        "shown_letters": _without(honest(plain, rows.numbers("type")), heading),
        "interface": device_names(own["device"], given.links),
        "table_name": _without(named(own["table"], called.tables), heading & (own["table"] == 0)),
        "protocol_name": _protocols(rows, called.protocols, heading),
        "scope_name": _without(named(rows.numbers("scope"), called.scopes), heading | cached),
        "type_name": _without(named(rows.numbers("type"), TYPES), heading),
        "title": _titles(len(placed), placed.heading_at, lines),
    }
    return placed.source, rows.with_columns(**more)


def _joined(routes: Table, exceptions: Table) -> Table:
    """Routes, exceptions, and a row of zeros to make headings of, with columns `cached` and `group`."""
    blank = Table(
        {
            name: np.zeros_like(routes.numbers(name), shape=(1, *routes.numbers(name).shape[1:]))
            for name in routes.columns
        }
    )
    joined = concatenate([routes, exceptions, blank])
    cached = np.zeros(len(joined), dtype=np.bool_)
    cached[len(routes) : -1] = True
    group = np.where(cached, route_rows.CACHED, joined.numbers("table").astype(np.int64))
    return joined.with_columns(cached=cached, group=group)


def _headings(groups: Numbers, given: _Given, hide_local: bool) -> dict[int, list[Heading]]:
    """The headings of each group that has any; rules that choose the hidden table are hidden with it."""
    tables: list[int] = np.unique(groups[groups < route_rows.CACHED]).tolist()
    told = headings(names(), [*tables, LOCAL] if hide_local else tables, given.rules, given.where)
    if hide_local:
        del told[LOCAL]
    if NOWHERE in told:
        told[route_rows.OTHER_RULES] = told.pop(NOWHERE)
    if (groups == route_rows.CACHED).any():
        title = f"cached exceptions{given.where} ── path MTUs and redirects learnt from ICMP"
        told[route_rows.CACHED] = [Heading(title)]
    return told


def _protocols(rows: Table, called: Mapping[int, str], heading: NDArray[np.bool_]) -> Strings:
    plain = _without(named(rows.numbers("protocol"), called), heading)
    codes = np.where(rows.numbers("cached"), len(plain.values), plain.codes).astype(np.int32)
    return Strings(codes, (*plain.values, "cached"))


def _without(names: Strings, where: NDArray[np.bool_]) -> Strings:
    """The same texts, unknown in some rows."""
    return Strings(np.where(where, UNKNOWN, names.codes).astype(np.int32), names.values)


def _mask(rows: int, where: NDArray[np.intp]) -> NDArray[np.bool_]:
    mask = np.zeros(rows, dtype=np.bool_)
    mask[where] = True
    return mask


def _broken(hops: Table) -> NDArray[np.bool_]:
    """Routes or hops that have a gateway but no working device."""
    down = (hops.numbers("flags") & (DEAD | LINKDOWN)) != 0
    broken: NDArray[np.bool_] = down & (hops.numbers("gateway_family") != 0)
    return broken


def _titles(rows: int, heading_at: NDArray[np.intp], lines: list[Heading]) -> Strings:
    codes = np.full(rows, UNKNOWN, dtype=np.int32)
    codes[heading_at] = np.arange(len(lines))
    return Strings(codes, tuple(line.text for line in lines))


def _moved(made: _Made | _All, given: _Given) -> Table:
    """The rows with what moves taken from newer tables of the same routes and exceptions."""
    if made.given is given or np.array_equal(made.given.moving, given.moving):
        return made.rows
    return made.rows.with_columns(**{_MOVING: given.moving[made.source]})


def _unmoved(one: Table, other: Table) -> bool:
    """Whether two tables of routes differ at most in what moves."""
    return one is other or (
        _same(one, other, but=_MOVING)
        and np.array_equal(one.numbers(_MOVING) != 0, other.numbers(_MOVING) != 0)
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
