"""Routes, their hops and the headings above them brought into one order, all by arithmetic on columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.identity import mix
from sockscope.app.model.rates import Key
from sockscope.app.model.route_names import LOCAL, MAIN
from sockscope.app.record import dataclass

Places = NDArray[np.intp]

CACHED, OTHER_RULES = 1 << 32, (1 << 32) + 1
"""Groups behind those of tables, whose number is the table's: cached exceptions, and rules without routes."""

_HEADING = np.uint64(0x7461626C65)


@dataclass(frozen=True, eq=False, slots=True)
class Arrangement:
    """Which row is what: `source` is for each row the route it shows or belongs to, for headings the last.

    `route_at`, `hop_at` and `heading_at` are the rows of routes (in the order of rows), of hops (in the order
    of `hop`, row numbers in `nexthops`) and of headings; `parent_at` the row of each hop's route; `group` the
    number of every row's group.
    """

    source: Places
    route_at: Places
    hop_at: Places
    hop: Places
    parent_at: Places
    heading_at: Places
    group: Numbers

    def __len__(self) -> int:
        return len(self.source)


def arrange(routes: Table, nexthops: Table, chosen: Places, headings: Mapping[int, int]) -> Arrangement:
    """Groups one after the other, each below its number of `headings`, and last those of OTHER_RULES, which
    have nothing but headings. In a group IPv4 before IPv6, then by destination, length of the prefix and
    metric, so that the default route comes first. `routes` has a column `group` (int64) and ends with a row
    to make headings of."""
    order = chosen[_order(routes.take(chosen))]
    group = routes.numbers("group")[order]
    above = np.zeros(len(order), dtype=np.intp)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    above[first] = [headings.get(number, 0) for number in group[first].tolist()]
    hops = routes.numbers("hops")[order].astype(np.intp)
    size = 1 + hops + above
    begin = np.cumsum(size) - size
    route_at = begin + above
    rank = np.full(len(routes), -1, dtype=np.intp)
    rank[order] = np.arange(len(order))
    owner = nexthops.numbers("route").astype(np.intp)
    hop = np.flatnonzero(rank[owner] >= 0)
    parent_at = route_at[rank[owner[hop]]]
    hop_at = parent_at + 1 + hop - routes.numbers("first_hop")[owner[hop]]
    rows = int(size.sum())
    source = np.full(rows + headings.get(OTHER_RULES, 0), len(routes) - 1, dtype=np.intp)
    source[route_at] = order
    source[hop_at] = owner[hop]
    groups = np.full(len(source), OTHER_RULES, dtype=np.int64)
    groups[:rows] = np.repeat(group, size)
    heading_at = np.flatnonzero(source == len(routes) - 1)
    return Arrangement(source, route_at, hop_at, hop, parent_at, heading_at, groups)


def section_ranks(groups: Numbers) -> NDArray[np.int32]:
    """Place of each group among those there are: main is 0, other tables follow by number, local is the last
    of them."""
    distinct, place = np.unique(groups, return_inverse=True)
    ordered = sorted(distinct.tolist(), key=_rank)
    rank = {number: spot + (MAIN not in ordered) for spot, number in enumerate(ordered)}
    return np.array([rank[number] for number in distinct.tolist()], dtype=np.int32)[place]


def _rank(group: int) -> tuple[bool, bool, bool, int]:
    return group >= CACHED, group != MAIN, group == LOCAL, group


def keys(routes: Table) -> Key:
    """Identity of routes: table, destination, what it is chosen by and where it leads."""
    number = {name: routes.numbers(name).astype(np.uint64) for name in _IN_KEY}
    small = (number["family"] << np.uint64(8)) | routes.numbers("cached").astype(np.uint64)
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


def heading_keys(groups: Numbers, texts: Sequence[str]) -> Key:
    """Identity of headings: their group and what they say."""
    said = np.array([crc32(text.encode("utf-8", "replace")) for text in texts], dtype=np.uint64)
    return distinct(mix(np.full(len(groups), _HEADING), groups.astype(np.uint64), said))


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
    group = section_ranks(routes.numbers("group")).astype(np.int64) * 256 + routes.numbers("family")
    within = (routes.numbers("destination_length").astype(np.uint64) << np.uint64(32)) | routes.numbers(
        "metric"
    )
    return np.lexsort((within, words[:, 1], words[:, 0], group))


def hops_of(rows: Table, route: int) -> list[int]:
    """The rows of a route's hops; none of a route that is gone, whose hops are no longer known."""
    below = np.arange(route + 1, min(route + 1 + rows.integer("hops", route), len(rows)))
    found: list[int] = below[rows.numbers("parent")[below] == route].tolist()
    return found
