"""Routes, hops, exceptions and titles as one table of rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import UNKNOWN, Column, Numbers, Strings, Table, concatenate
from sockscope.app.model import route_rows
from sockscope.app.model.devices import device_names
from sockscope.app.model.route_flags import DEAD, LINKDOWN, honest, letters
from sockscope.app.model.route_given import Given
from sockscope.app.model.route_names import LOCAL, TYPES, named, names
from sockscope.app.model.rules import NOWHERE, Heading, headings


def rows_of(given: Given, hide_local: bool) -> tuple[NDArray[np.intp], Table]:
    """The rows, and for each its place in `joined`."""
    nexthops = given.nexthops
    everything = joined(given.routes, given.exceptions)
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
    broken = broken_hops(rows) & ~heading
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


def joined(routes: Table, exceptions: Table) -> Table:
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


def _headings(groups: Numbers, given: Given, hide_local: bool) -> dict[int, list[Heading]]:
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


def broken_hops(hops: Table) -> NDArray[np.bool_]:
    """Routes or hops that have a gateway but no working device."""
    down = (hops.numbers("flags") & (DEAD | LINKDOWN)) != 0
    broken: NDArray[np.bool_] = down & (hops.numbers("gateway_family") != 0)
    return broken


def _titles(rows: int, heading_at: NDArray[np.intp], lines: list[Heading]) -> Strings:
    codes = np.full(rows, UNKNOWN, dtype=np.int32)
    codes[heading_at] = np.arange(len(lines))
    return Strings(codes, tuple(line.text for line in lines))
