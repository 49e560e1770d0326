"""Routes, their hops and the titles of tables brought into one order, all by arithmetic on columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.identity import mix
from sockscope.app.model.rates import Key
from sockscope.app.model.route_names import LOCAL, MAIN

Places = NDArray[np.intp]

_TITLE = np.uint64(0x7461626C65)


@dataclass(frozen=True, eq=False, slots=True)
class Arrangement:
    """Which row is what: `source` is for each row the route it shows, belongs to or announces.

    `route_at`, `hop_at` and `title_at` are the rows of routes (in the order of rows), of hops (in the order
    of `hop`, row numbers in `nexthops`) and of titles; `parent_at` the row of each hop's route.
    """

    source: Places
    route_at: Places
    hop_at: Places
    hop: Places
    parent_at: Places
    title_at: Places

    def __len__(self) -> int:
        return len(self.source)


def arrange(routes: Table, nexthops: Table, chosen: Places) -> Arrangement:
    """Tables one after the other, main first and local last; in each IPv4 before IPv6, then by destination,
    length of the prefix and metric, so that the default route comes first. Tables but main have a title."""
    order = chosen[_order(routes.take(chosen))]
    table = routes.numbers("table")[order]
    titled = np.zeros(len(order), dtype=np.intp)
    if len(order):
        titled[0] = table[0] != MAIN
        titled[1:] = table[1:] != table[:-1]
    hops = routes.numbers("hops")[order].astype(np.intp)
    size = 1 + hops + titled
    begin = np.cumsum(size) - size
    route_at = begin + titled
    rank = np.full(len(routes), -1, dtype=np.intp)
    rank[order] = np.arange(len(order))
    owner = nexthops.numbers("route").astype(np.intp)
    hop = np.flatnonzero(rank[owner] >= 0)
    parent_at = route_at[rank[owner[hop]]]
    hop_at = parent_at + 1 + hop - routes.numbers("first_hop")[owner[hop]]
    title_of = np.flatnonzero(titled)
    source = np.empty(int(size.sum()), dtype=np.intp)
    source[route_at] = order
    source[hop_at] = owner[hop]
    source[begin[title_of]] = order[title_of]
    return Arrangement(source, route_at, hop_at, hop, parent_at, begin[title_of])


def section_ranks(tables: Numbers) -> NDArray[np.int32]:
    """Place of each table among those there are: main is 0, others follow by number, local is last."""
    distinct, place = np.unique(tables, return_inverse=True)
    ordered = sorted(distinct.tolist(), key=lambda number: (number != MAIN, number == LOCAL, number))
    rank = {number: spot + (MAIN not in ordered) for spot, number in enumerate(ordered)}
    return np.array([rank[number] for number in distinct.tolist()], dtype=np.int32)[place]


def keys(routes: Table) -> Key:
    """Identity of routes: table, destination, what it is chosen by and where it leads."""
    number = {name: routes.numbers(name).astype(np.uint64) for name in _IN_KEY}
    small = number["family"]
    for name in ("type", "tos", "destination_length", "source_length", "gateway_family"):
        small = (small << np.uint64(8)) | number[name]
    return distinct(
        mix(
            small,
            (number["table"] << np.uint64(32)) | number["metric"],
            number["device"],
            routes.numbers("destination"),
            routes.numbers("source_prefix"),
            routes.numbers("gateway"),
        )
    )


def hop_keys(parents: Key, nexthops: Table) -> Key:
    """Identity of hops: their route and where they lead."""
    names = ("gateway_family", "gateway", "device")
    return distinct(mix(parents, *(nexthops.numbers(name) for name in names)))


def title_keys(tables: Numbers) -> Key:
    """Identity of the title of a table."""
    return mix(np.full(len(tables), _TITLE), tables)


def distinct(found: Key) -> Key:
    """The same numbers, but those that occur again are counted up, so that no two rows share one."""
    order = np.argsort(found, kind="stable")
    ordered = found[order]
    again = np.zeros(len(found), dtype=np.bool_)
    again[1:] = ordered[1:] == ordered[:-1]
    if not again.any():
        return found
    places = np.arange(len(found))
    first = np.maximum.accumulate(np.where(again, 0, places))
    counted = found.copy()
    counted[order[again]] = mix(ordered[again], (places - first)[again])
    return counted


_IN_KEY = (
    "family", "type", "tos", "destination_length", "source_length", "gateway_family", "table", "metric",
    "device",
)  # fmt: skip


def _order(routes: Table) -> Places:
    words = np.ascontiguousarray(routes.numbers("destination")).view(">u8").astype(np.uint64)
    group = section_ranks(routes.numbers("table")).astype(np.int64) * 256 + routes.numbers("family")
    within = (routes.numbers("destination_length").astype(np.uint64) << np.uint64(32)) | routes.numbers(
        "metric"
    )
    return np.lexsort((within, words[:, 1], words[:, 0], group))
