"""Rows of the Routes tab: every route of every table, the hops of multipath routes below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import UNKNOWN, Column, Numbers, Strings, Table, concatenate
from sockscope.app.model import route_rows
from sockscope.app.model.route_flags import DEAD, LINKDOWN, honest, letters
from sockscope.app.model.route_names import LOCAL, TYPES, named, names
from sockscope.app.model.rules import NOWHERE, Heading, headings
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

_MOVING = "expires"
"""The only column that changes while the routes stay the same."""


@dataclass(frozen=True, eq=False, slots=True)
class _Given:
    """What rows are made of; `devices` are names by index."""

    routes: Table
    exceptions: Table
    nexthops: Table
    rules: Table | None
    devices: dict[int, str]

    def differs(self, other: _Given) -> bool:
        """Whether the other makes other rows, but for what moves."""
        return (
            self.devices != other.devices
            or not _same(self.rules, other.rules)
            or not _same(self.nexthops, other.nexthops)
            or not _unmoved(self.routes, other.routes)
            or not _unmoved(self.exceptions, other.exceptions)
        )

    @property
    def moving(self) -> Numbers:
        """What moves, in the order of `_joined`."""
        return np.concatenate([self.routes.numbers(_MOVING), self.exceptions.numbers(_MOVING), [0]])


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """Rows, and what they were made of."""

    given: _Given
    hide_local: bool
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

    Table main comes first, local last, each other table by its number, each below the rules that choose it
    (model/route_rows.py); then the exceptions, then the rules that lead to no route. Switch `hide_local`
    leaves table local out.
    """

    needs = ("routes", "nexthops", "exceptions", "rules", "links")

    def __init__(self) -> None:
        self._made: _Made | None = None

    def advance(self, store: Store) -> None:
        """Routes have no history."""

    def rows(self, store: Store, options: Options) -> Table | None:
        """All routes, or all but those of table local. While the routes stay the same, so does the table."""
        routes, nexthops = store.now("routes"), store.now("nexthops")
        if routes is None or nexthops is None:
            return None
        cached = store.now("exceptions")
        exceptions = routes.take(_NO_ROWS) if cached is None else cached
        devices = _devices(store.now("links"))
        given = _Given(routes, exceptions, nexthops, store.now("rules"), devices)
        hide_local = options["hide_local"]
        made = self._made
        if made is None or made.hide_local != hide_local or made.given.differs(given):
            made = _Made(given, hide_local, *_rows(given, hide_local))
        else:
            made = replace(made, given=given, rows=_moved(made, given))
        self._made = made
        return made.rows

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


def _rows(given: _Given, hide_local: bool) -> tuple[NDArray[np.intp], Table]:
    """The rows, and for each its place in `_joined`."""
    nexthops = given.nexthops
    everything = _joined(given.routes, given.exceptions)
    group = everything.numbers("group")
    shown = np.arange(len(everything)) < len(everything) - 1
    if hide_local:
        shown &= group != LOCAL
    told = _headings(group[shown], given.rules, hide_local)
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
        "interface": _interfaces(own["device"], given.devices),
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


def _headings(groups: Numbers, rules: Table | None, hide_local: bool) -> dict[int, list[Heading]]:
    """The headings of each group that has any; rules that choose the hidden table are hidden with it."""
    tables: list[int] = np.unique(groups[groups < route_rows.CACHED]).tolist()
    told = headings(names(), [*tables, LOCAL] if hide_local else tables, rules)
    if hide_local:
        del told[LOCAL]
    if NOWHERE in told:
        told[route_rows.OTHER_RULES] = told.pop(NOWHERE)
    if (groups == route_rows.CACHED).any():
        told[route_rows.CACHED] = [Heading("cached exceptions ── path MTUs and redirects learnt from ICMP")]
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


def _devices(links: Table | None) -> dict[int, str]:
    """Names by index."""
    if links is None:
        return {}
    texts = links.strings("name")
    indices = links.numbers("index").tolist()
    return {index: text for row, index in enumerate(indices) if (text := texts[row]) is not None}


def _interfaces(device: Numbers, devices: dict[int, str]) -> Strings:
    """The name of every device, `if7` for an index without one, unknown for none."""
    used, place = np.unique(device, return_inverse=True)
    indices: list[int] = used.tolist()
    texts = tuple(devices.get(index, f"if{index}") for index in indices)
    codes = np.where(device == 0, -1, place).astype(np.int32)
    return Strings(codes, texts)


def _titles(rows: int, heading_at: NDArray[np.intp], lines: list[Heading]) -> Strings:
    codes = np.full(rows, UNKNOWN, dtype=np.int32)
    codes[heading_at] = np.arange(len(lines))
    return Strings(codes, tuple(line.text for line in lines))


def _moved(made: _Made, given: _Given) -> Table:
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


def _same(one: Table | None, other: Table | None, but: str = "") -> bool:
    """Whether two tables of one kind say the same, a column left aside."""
    if one is other:
        return True
    if one is None or other is None or len(one) != len(other):
        return False
    return all(_equal(column, other.columns[name]) for name, column in one.columns.items() if name != but)


def _equal(one: Column, other: Column) -> bool:
    if isinstance(one, Strings) or isinstance(other, Strings):
        return (
            isinstance(one, Strings)
            and isinstance(other, Strings)
            and one.values == other.values
            and np.array_equal(one.codes, other.codes)
        )
    return np.array_equal(one, other)
