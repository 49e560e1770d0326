"""Rows of the Routes tab: every route of every table, the hops of multipath routes below them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Column, Numbers, Strings, Table
from sockscope.app.model import route_rows
from sockscope.app.model.route_flags import DEAD, LINKDOWN, honest, letters
from sockscope.app.model.route_names import LOCAL, TYPES, named, names
from sockscope.app.model.rules import title
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

_MOVING = "expires"
"""The only column that changes while the routes stay the same."""


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """Rows, and what they were made of."""

    routes: Table
    nexthops: Table
    rules: Table | None
    devices: dict[int, str]
    hide_local: bool
    source: NDArray[np.intp]
    rows: Table


class RoutesModel:
    """One row a route, one a hop of a multipath route (`parent` is its route), one a title of a table.

    The columns of table `routes` (collectors/routes.py), where hops have their own `gateway`, `device`,
    `flags` and `weight` (u2, 0 for routes), and multipath routes the device of the first; besides

    - `letters` (text), as netstat prints them; `shown_letters`, with `!` for `U` where nothing gets through
    - `interface` (text, unknown where a route has no device), `table_name`, `protocol_name`, `scope_name`,
      `type_name` (texts); `several` (bool): hops lead through different devices
    - `last` (bool): the last hop of its route
    - `broken` (bool): a gateway is configured that cannot be reached now, its device being off or unplugged
    - `title` (text), of rows with `heading`

    Table main comes first, local last, each other table by its number (model/route_rows.py). Switch
    `hide_local` leaves table local out.
    """

    needs = ("routes", "nexthops", "rules", "links")

    def __init__(self) -> None:
        self._made: _Made | None = None

    def advance(self, store: Store) -> None:
        """Routes have no history."""

    def rows(self, store: Store, options: Options) -> Table | None:
        """All routes, or all but those of table local. While the routes stay the same, so does the table."""
        routes, nexthops = store.now("routes"), store.now("nexthops")
        if routes is None or nexthops is None:
            return None
        rules = store.now("rules")
        devices = _devices(store.now("links"))
        hide_local = options["hide_local"]
        made = self._made
        if (
            made is None
            or made.hide_local != hide_local
            or made.devices != devices
            or not _same(made.rules, rules)
            or not _same(made.nexthops, nexthops)
            or not _same(made.routes, routes, but=_MOVING)
            or not np.array_equal(made.routes.numbers(_MOVING) != 0, routes.numbers(_MOVING) != 0)
        ):
            source, rows = _rows(routes, nexthops, rules, devices, hide_local)
            made = _Made(routes, nexthops, rules, devices, hide_local, source, rows)
        elif made.routes is not routes:
            made = replace(made, routes=routes, nexthops=nexthops, rules=rules, rows=_moved(made, routes))
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


def _rows(
    routes: Table, nexthops: Table, rules: Table | None, devices: dict[int, str], hide_local: bool
) -> tuple[NDArray[np.intp], Table]:
    """The rows, and for each the route it came from."""
    table = routes.numbers("table")
    chosen = np.flatnonzero(table != LOCAL) if hide_local else np.arange(len(routes))
    placed = route_rows.arrange(routes, nexthops, chosen)
    rows = routes.take(placed.source)
    hops = nexthops.take(placed.hop)
    multipath = placed.route_at[rows.numbers("hops")[placed.route_at] > 0]

    key = np.empty(len(placed), dtype=np.uint64)
    key[placed.route_at] = route_rows.keys(rows.take(placed.route_at))
    key[placed.hop_at] = route_rows.hop_keys(key[placed.parent_at], hops)
    key[placed.title_at] = route_rows.title_keys(rows.numbers("table")[placed.title_at])

    own: dict[str, Numbers] = {
        name: rows.numbers(name).copy() for name in ("gateway_family", "gateway", "device", "hops", "flags")
    }
    own["device"][multipath] = nexthops.numbers("device")[rows.numbers("first_hop")[multipath]]
    for name in ("gateway_family", "gateway", "device"):
        own[name][placed.hop_at] = hops.numbers(name)
    own["flags"][placed.hop_at] = hops.numbers("flags")
    own["hops"][placed.hop_at] = 0
    own["hops"][placed.title_at] = 0
    rows = rows.with_columns(**own)

    weight = np.zeros(len(placed), dtype=np.uint16)
    weight[placed.hop_at] = hops.numbers("weight")
    parent = np.full(len(placed), -1, dtype=np.int32)
    parent[placed.hop_at] = placed.parent_at
    heading = _mask(len(placed), placed.title_at)
    last = parent >= 0
    last[:-1] &= parent[1:] != parent[:-1]
    broken = _broken(rows) & ~heading
    broken[placed.parent_at[broken[placed.hop_at]]] = True
    differs = own["device"][placed.hop_at] != own["device"][placed.parent_at]
    plain = letters(rows, nexthops)
    called = names()
    more: dict[str, Column] = {
        "key": key,
        "section": route_rows.section_ranks(rows.numbers("table")),
        "parent": parent,
        "heading": heading,
        "last": last,
        "weight": weight,
        "several": _mask(len(placed), placed.parent_at[differs]),
        "broken": broken,
        "letters": plain,
        "shown_letters": honest(plain, rows.numbers("type")),
        "interface": _interfaces(own["device"], devices),
        "table_name": named(rows.numbers("table"), called.tables),
        "protocol_name": named(rows.numbers("protocol"), called.protocols),
        "scope_name": named(rows.numbers("scope"), called.scopes),
        "type_name": named(rows.numbers("type"), TYPES),
        "title": _titles(rows, placed.title_at, rules),
    }
    return placed.source, rows.with_columns(**more)


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


def _titles(rows: Table, title_at: NDArray[np.intp], rules: Table | None) -> Strings:
    called = names()
    texts = tuple(title(called, number, rules) for number in rows.numbers("table")[title_at].tolist())
    codes = np.full(len(rows), -1, dtype=np.int32)
    codes[title_at] = np.arange(len(texts))
    return Strings(codes, texts)


def _moved(made: _Made, routes: Table) -> Table:
    """The rows with what moves taken from a newer table of the same routes."""
    if np.array_equal(made.routes.numbers(_MOVING), routes.numbers(_MOVING)):
        return made.rows
    return made.rows.with_columns(**{_MOVING: routes.numbers(_MOVING)[made.source]})


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
