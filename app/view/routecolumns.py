"""The columns of the tab Routes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.linkfacts import natural_ranks
from sockscope.app.model.route_flags import hop_states
from sockscope.app.model.route_names import REJECTING
from sockscope.app.view import namespaces, ordering, route_text, search
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column
from sockscope.app.view.format import UNKNOWN, short
from sockscope.app.view.naming import Naming
from sockscope.app.view.plaincolumns import number_column
from sockscope.app.view.route_text import V4, AddressSearch

ALARM = "▲"
NO_CARRIER = "↓"

_NOTHING = Cell("")
_NONE = Cell(UNKNOWN, "dim")
_METRIC = 6
_HEADERS = {4: 40, 6: 60}
"""Bytes of IP and TCP headers, which netstat's MSS counts in."""


def _is_hop(rows: Table, row: int) -> bool:
    return rows.integer("parent", row) >= 0


def _rejects(rows: Table, row: int) -> bool:
    return rows.integer("type", row) in REJECTING


def _down(rows: Table, row: int) -> bool:
    return not {"dead", "linkdown"}.isdisjoint(hop_states(rows.integer("flags", row)))


def _destination(rows: Table, row: int) -> Cell:
    if rows.numbers("heading")[row]:
        title = rows.text("title", row) or UNKNOWN
        return Cell(f"── {title} ──") if rows.integer("rule", row) < 0 else Cell(title, "dim")
    if _is_hop(rows, row):
        branch = "└" if rows.numbers("last")[row] else "├"
        words = (f"weight {rows.integer('weight', row)}", *hop_states(rows.integer("flags", row)))
        return Cell(f" {branch} {' '.join(words)}", "warn" if _down(rows, row) else "dim")
    text = route_text.qualified(rows, row)
    if _rejects(rows, row):
        return Cell(text, "warn")
    return Cell(text, "" if rows.integer("destination_length", row) else "strong")


def _gateway(rows: Table, row: int) -> Cell:
    hops = rows.integer("hops", row)
    if hops:
        return Cell("1 next hop" if hops == 1 else f"{hops} next hops")
    if _rejects(rows, row):
        return Cell(rows.text("type_name", row) or UNKNOWN, "warn")
    gateway = route_text.gateway(rows, row)
    return _NONE if gateway is None else Cell(gateway)


def _named_destination(rows: Table, row: int, naming: Naming) -> Cell:
    """Of a route to one host its name; networks have none."""
    cell = _destination(rows, row)
    length, family = rows.integer("destination_length", row), rows.integer("family", row)
    if not naming.on or length != (32 if family == V4 else 128) or _is_hop(rows, row):
        return cell
    raw = rows.numbers("destination")[row].tobytes()
    name, address = naming.host(family, raw), route_text.address(family, raw)
    rest = cell.text.removeprefix(address).removeprefix(f"/{length}")
    return cell if name is None else cell._replace(text=name + rest)


def _named_gateway(rows: Table, row: int, naming: Naming) -> Cell:
    cell = _gateway(rows, row)
    family = rows.integer("gateway_family", row)
    if not naming.on or not family or cell.text != route_text.gateway(rows, row):
        return cell
    return Cell(naming.host(family, rows.numbers("gateway")[row].tobytes()) or cell.text)


def _named_source(rows: Table, row: int, naming: Naming) -> Cell:
    cell = _source(rows, row)
    if not naming.on or cell.text != route_text.preferred_source(rows, row):
        return cell
    raw = rows.numbers("preferred_source")[row].tobytes()
    return Cell(naming.host(rows.integer("family", row), raw) or cell.text)


def _genmask(rows: Table, row: int) -> Cell:
    if _is_hop(rows, row):
        return _NOTHING
    mask = route_text.genmask(rows, row)
    return _NONE if mask is None else Cell(mask, "dim")


def _flags(rows: Table, row: int) -> Cell:
    if _is_hop(rows, row):
        return _NOTHING
    return Cell(rows.text("shown_letters", row) or UNKNOWN, "warn" if _rejects(rows, row) else "")


def _metric(rows: Table, row: int) -> Cell:
    if _is_hop(rows, row):
        return _NOTHING
    metric = rows.integer("metric", row)
    text = str(metric)
    return Cell(text if len(text) <= _METRIC else short(metric), "" if metric else "dim")


def _interface(rows: Table, row: int) -> Cell:
    name = rows.text("interface", row)
    if name is None:
        return _NONE
    if rows.numbers("several")[row]:
        name += ",…"
    if rows.numbers("broken")[row]:
        return Cell(f"{ALARM}{name}", "alarm")
    return Cell(f"{NO_CARRIER}{name}", "dim") if _down(rows, row) else Cell(name)


def _named(column: str) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        return _NOTHING if _is_hop(rows, row) else Cell(rows.text(column, row) or UNKNOWN, "dim")

    return cell


def _source(rows: Table, row: int) -> Cell:
    if _is_hop(rows, row):
        return _NOTHING
    source = route_text.preferred_source(rows, row)
    return _NONE if source is None else Cell(source)


def mss(rows: Table, row: int) -> int | None:
    if _rejects(rows, row):
        return None
    advmss = rows.integer("advmss", row)
    return advmss + _HEADERS[4 if rows.integer("family", row) == V4 else 6] if advmss else 0


def window(rows: Table, row: int) -> int | None:
    return None if _rejects(rows, row) else rows.integer("window", row)


def irtt(rows: Table, row: int) -> int | None:
    """Milliseconds."""
    return None if _rejects(rows, row) else rows.integer("rtt", row) // 8


def _set(value: Callable[[Table, int], int | None]) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        if _is_hop(rows, row):
            return _NOTHING
        number = value(rows, row)
        return _NONE if number is None else Cell(str(number), "" if number else "dim")

    return cell


def _by_address(family: str, *columns: str) -> Callable[[Table], Numbers]:
    """Order by family, address, and what else tells apart."""

    def order(rows: Table) -> Numbers:
        words = np.ascontiguousarray(rows.numbers(columns[0])).view(">u8").astype(np.uint64)
        more = [rows.numbers(name).astype(np.uint64) for name in columns[1:]]
        return np.column_stack([rows.numbers(family).astype(np.uint64), words, *more])

    return order


def _by_text(column: str) -> Callable[[Table], Numbers]:
    return lambda rows: natural_ranks(Table({"name": rows.strings(column)}))


def _by_mask(rows: Table) -> Numbers:
    return np.column_stack([rows.numbers("family"), rows.numbers("destination_length")])


def _in_metric(rows: Table, sought: Matcher) -> Matches:
    found: Matches = search.numbers("metric")(rows, sought) & (rows.numbers("parent") < 0)
    return found & ~rows.numbers("heading").astype(np.bool_)


class _DestinationSearch(AddressSearch):
    """Finds what is sought in destinations and in the rules above them."""

    def __call__(self, rows: Table, sought: Matcher) -> Matches:
        return super().__call__(rows, sought) | search.texts("title")(rows, sought)


COLUMNS = (
    Column(
        "destination",
        "Destination",
        24,
        _destination,
        _by_address("family", "destination", "destination_length"),
        priority=1,
        minimum=24,
        grow=2,
        search=_DestinationSearch("destination", "family", "destination_length"),
        named=_named_destination,
        host=("family", "destination"),
        filter="dst",
    ),
    Column(
        "gateway",
        "Gateway",
        26,
        _gateway,
        _by_address("gateway_family", "gateway"),
        priority=2,
        minimum=20,
        grow=1,
        search=AddressSearch("gateway", "gateway_family"),
        named=_named_gateway,
        host=("gateway_family", "gateway"),
        filter="via",
    ),
    Column("genmask", "Genmask", 15, _genmask, _by_mask, priority=12, search=search.nowhere),
    Column(
        "flags",
        "Flags",
        6,
        _flags,
        _by_text("shown_letters"),
        priority=3,
        search=search.texts("shown_letters"),
        filter="flag",
    ),
    number_column(
        "metric", "Metric", _METRIC, _metric, "metric", priority=4, search=_in_metric, descending=False
    ),
    Column(
        "interface",
        "Iface",
        15,
        _interface,
        _by_text("interface"),
        priority=2,
        minimum=8,
        search=search.texts("interface"),
        filter="iface",
    ),
    namespaces.NAMESPACE,
    Column(
        "protocol",
        "Proto",
        8,
        _named("protocol_name"),
        _by_text("protocol_name"),
        priority=5,
        search=search.texts("protocol_name"),
        filter="proto",
    ),
    Column(
        "scope",
        "Scope",
        6,
        _named("scope_name"),
        ordering.numbers("scope"),
        priority=7,
        search=search.texts("scope_name"),
    ),
    Column(
        "source",
        "Source",
        24,
        _source,
        _by_address("preferred_source_known", "preferred_source"),
        priority=8,
        minimum=15,
        search=AddressSearch("preferred_source", "family", known="preferred_source_known"),
        named=_named_source,
        host=("family", "preferred_source"),
    ),
    number_column("mss", "MSS", 5, _set(mss), "advmss", priority=9, descending=False),
    number_column("window", "Window", 6, _set(window), "window", priority=10, descending=False),
    number_column("irtt", "irtt", 5, _set(irtt), "rtt", priority=10, descending=False),
    Column(
        "type",
        "Type",
        11,
        _named("type_name"),
        _by_text("type_name"),
        priority=11,
        search=search.texts("type_name"),
    ),
    Column(
        "table",
        "Table",
        8,
        _named("table_name"),
        ordering.numbers("section"),
        priority=6,
        minimum=7,
        search=search.texts("table_name"),
    ),
)
