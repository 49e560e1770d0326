"""The tab Interfaces: its columns and its machine-readable fields."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sockscope.app.frames.links import OPERSTATES, UNKNOWN_COUNT, UNKNOWN_NUMBER
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.linkfacts import natural_ranks
from sockscope.app.model.namespaces import order_of
from sockscope.app.model.store import Store
from sockscope.app.view import filterfields, namespaces, ordering, search
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, TabView, details_in, known
from sockscope.app.view.format import UNKNOWN, signed, sparkline, speed_text
from sockscope.app.view.plaincolumns import real_cell, text_column

ALARM = "▲"
BUSY = 0.85
"""Share of the speed in use from which a link counts as busy (netdata and others alarm at 85 to 90 %)."""
QUIET = 1024.0
"""Bytes/s that fill the height of a sparkline at least, so that a few packets are no mountain."""
SPARK = 8

_UNKNOWN = Cell(UNKNOWN, "dim")
_STATE_TONES = {"up": "", "down": "dim", "absent": "dim"}


def _name(rows: Table, row: int) -> Cell:
    return Cell(rows.text("name", row) or f"#{rows.integer('index', row)}", "strong")


def _state(rows: Table, row: int) -> Cell:
    state = rows.text("state", row) or UNKNOWN
    if rows.real("carrier_changes_delta", row) > 0:
        return Cell(f"{state}{ALARM}", "alarm")
    return Cell(state, _STATE_TONES.get(state, "warn"))


def _flags(rows: Table, row: int) -> Cell:
    letters = rows.text("letters", row)
    if letters is None:
        return _UNKNOWN
    hidden = rows.integer("promiscuous", row) and "P" not in letters
    return Cell((letters or "none") + ("+P" if hidden else ""))


def _mtu(rows: Table, row: int) -> Cell:
    mtu = rows.integer("mtu", row)
    return _UNKNOWN if mtu == UNKNOWN_NUMBER else Cell(str(mtu))


def _speed(rows: Table, row: int) -> Cell:
    return Cell(speed_text(rows.integer("speed_mbps", row)), "dim")


def _use(rows: Table, row: int) -> Cell:
    use = rows.real("use", row)
    if math.isnan(use):
        return _UNKNOWN
    return Cell(f"{use:.0%}", "warn" if use >= BUSY else "" if use >= 0.005 else "dim")


def _trend(name: str) -> Callable[[Table, int], Cell]:
    """The newest samples against the highest of the whole history."""

    def cell(rows: Table, row: int) -> Cell:
        samples = rows.numbers(name)[row].tolist()
        highest = max((value for value in samples if not math.isnan(value)), default=0.0)
        return Cell(sparkline(samples, SPARK, high=max(highest, QUIET)), "dim")

    return cell


def _moved(name: str, alarm: tuple[str, ...] = (), shows_reset: bool = False) -> Callable[[Table, int], Cell]:
    """A change since the base, with an alarm where one of the counters `alarm` grew."""

    def cell(rows: Table, row: int) -> Cell:
        change = rows.real(f"{name}_delta", row)
        if math.isnan(change):
            anew = shows_reset and rows.integer("reset", row)
            return Cell("reset", "warn") if anew else _UNKNOWN
        if any(rows.real(f"{counter}_delta", row) > 0 for counter in alarm):
            return Cell(f"{signed(change)}{ALARM}", "alarm")
        return Cell(signed(change), "" if change else "dim")

    return cell


def _text(name: str) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        text = rows.text(name, row)
        return Cell(text, "dim") if text else _UNKNOWN

    return cell


def _by_interface(rows: Table) -> Numbers:
    """Interfaces of one network namespace stay together."""
    return np.column_stack([order_of(rows.strings("namespace")), natural_ranks(rows)])


def _by_size(name: str) -> Callable[[Table], Numbers]:
    """By a number of which -1 or the largest stands for unknown, which comes last either way."""

    def order(rows: Table) -> Numbers:
        sizes = rows.numbers(name).astype(np.float64)
        return np.where((sizes < 0) | (sizes == UNKNOWN_NUMBER), np.nan, sizes)

    return order


def _by_peak(name: str) -> Callable[[Table], Numbers]:
    def order(rows: Table) -> Numbers:
        peaks: Numbers = np.fmax.reduce(rows.numbers(name), axis=1)
        return peaks

    return order


def _moving(
    name: str,
    title: str,
    cell: Callable[[Table, int], Cell],
    order: Callable[[Table], Numbers],
    *,
    width: int = 6,
    priority: int,
) -> Column:
    """A column of a number that changes with every tick."""
    return Column(
        name,
        title,
        width,
        cell,
        order,
        priority=priority,
        align="right",
        minimum=width,
        descending=True,
        search=search.nowhere,
    )


def _traffic(way: str, title: str) -> tuple[Column, ...]:
    rate, history = f"{way}_rate", f"{way}_history"
    return (
        _moving(rate, f"{title} B/s", real_cell(rate), ordering.numbers(rate), priority=2),
        _moving(
            f"{way}_trend", f"{title} trend", _trend(history), _by_peak(history), width=SPARK, priority=10
        ),
    )


def _packets(way: str, title: str) -> Column:
    rate = f"{way}_packet_rate"
    return _moving(rate, f"{title} p/s", real_cell(rate), ordering.numbers(rate), priority=7)


def _changes(way: str, title: str) -> tuple[Column, ...]:
    def column(kind: str, priority: int, alarm: tuple[str, ...] = ()) -> Column:
        name = f"{way}_{kind}"
        cell = _moved(name, alarm, shows_reset=kind == "ok")
        return _moving(
            name, f"{title}-{kind.upper()}", cell, ordering.numbers(f"{name}_delta"), priority=priority
        )

    return (
        column("ok", 8),
        column("err", 3, (f"{way}_errors",)),
        column("drp", 3, ("rx_missed_errors",) if way == "rx" else ()),
        column("ovr", 9, (f"{way}_fifo_errors",)),
    )


COLUMNS = (
    Column(
        "interface",
        "Iface",
        9,
        _name,
        _by_interface,
        priority=1,
        minimum=5,
        grow=1,
        search=search.texts("name"),
        filter="iface",
    ),
    namespaces.NAMESPACE,
    text_column("state", "State", 8, _state, "state", priority=1, minimum=7),
    text_column("flags", "Flags", 7, _flags, "letters", priority=5, minimum=6, filter="flag"),
    Column(
        "mtu",
        "MTU",
        5,
        _mtu,
        _by_size("mtu"),
        priority=6,
        align="right",
        minimum=5,
        descending=True,
        search=search.numbers("mtu"),
    ),
    *_traffic("rx", "RX"),
    *_traffic("tx", "TX"),
    _moving("use", "Use", _use, ordering.numbers("use"), width=4, priority=4),
    _packets("rx", "RX"),
    _packets("tx", "TX"),
    *_changes("rx", "RX"),
    *_changes("tx", "TX"),
    Column(
        "speed",
        "Speed",
        5,
        _speed,
        _by_size("speed_mbps"),
        priority=11,
        align="right",
        minimum=5,
        descending=True,
        search=search.nowhere,
    ),
    text_column("kind", "Kind", 8, _text("kind"), "kind", priority=12, minimum=8),
    text_column(
        "addresses",
        "Addresses",
        24,
        _text("addresses"),
        "addresses",
        priority=13,
        minimum=18,
        grow=2,
        filter="addr",
    ),
    text_column("alias", "Alias", 16, _text("alias"), "alias", priority=14, minimum=12, grow=1),
)


def _count(name: str) -> Field:
    def value(rows: Table, row: int) -> object:
        total = rows.integer(name, row)
        return None if total == UNKNOWN_COUNT else total

    return Field(name, value)


def _mtu_value(rows: Table, row: int) -> object:
    mtu = rows.integer("mtu", row)
    return None if mtu == UNKNOWN_NUMBER else mtu


def _operstate_value(rows: Table, row: int) -> object:
    number = rows.integer("operstate", row)
    return OPERSTATES[number] if number < len(OPERSTATES) else str(number)


def _addresses_value(rows: Table, row: int) -> object:
    return (rows.text("addresses", row) or "").split()


FIELDS = (
    Field("interface", lambda rows, row: rows.text("name", row)),
    Field("mtu", _mtu_value),
    *map(_count, ("rx_ok", "rx_err", "rx_drp", "rx_ovr", "tx_ok", "tx_err", "tx_drp", "tx_ovr")),
    _count("rx_bytes"),
    _count("tx_bytes"),
    Field("flags", lambda rows, row: rows.text("letters", row)),
    Field("operstate", _operstate_value),
    Field("mac", lambda rows, row: rows.text("mac", row)),
    Field("addresses", _addresses_value),
    Field("speed_mbps", known("speed_mbps")),
    *namespaces.FIELDS,
)


def _empty(store: Store) -> str:
    links = store.now("links")
    if links is not None and len(links):
        return "every interface is hidden, because it is down or virtual"
    for note in store.notes("links"):
        return f"no interface could be read: {note.why}"
    return "there is no interface" if links is not None else "waiting for the first look at the interfaces"


INTERFACES = TabView(
    id="interfaces",
    columns=COLUMNS,
    fields=FIELDS,
    filters=filterfields.INTERFACES,
    sort=("interface", False),
    details=details_in("interface_details"),
    empty=_empty,
    noun="interfaces",
)
