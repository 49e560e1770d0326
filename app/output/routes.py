"""Routes as netstat prints them; rows are those of model/routes.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import LOCAL, MAIN, REJECTING
from sockscope.app.output.names import NUMBERS, Names
from sockscope.app.output.namespaces import front, front_title
from sockscope.app.settings import Settings
from sockscope.app.view.format import address
from sockscope.app.view.route_text import TICKS, V4, V6, gateway, genmask, prefix

_BROADCAST, _MULTICAST = 3, 5
_NONE = "-"
_HOST = 32
"""Length of the prefix of a route to one host."""
_HEADER_BYTES = 40
"""netstat's MSS is the kernel's advertised one and the least headers of IPv4 and TCP."""


def chosen(rows: Table, settings: Settings) -> NDArray[np.bool_]:
    """For programs every route of every table, its hops being told with it; as text the lines that netstat
    has: IPv4 of table main unless IPv6 is asked for, of which it shows every table. Of the cache every
    exception."""
    route: NDArray[np.bool_] = ~rows.numbers("heading").astype(np.bool_)
    route &= rows.numbers("cached") == settings.cache
    family = rows.numbers("family")
    if settings.format != "text":
        route &= rows.numbers("parent") < 0
        return route & np.isin(family, _families(settings, (4, 6)))
    if settings.cache:
        return route & np.isin(family, _families(settings, (4,)))
    listed = (rows.numbers("table") == MAIN) & ~np.isin(rows.numbers("type"), (_BROADCAST, _MULTICAST))
    route &= listed | (family == V6)
    return route & np.isin(family, _families(settings, (4,)))


def _families(settings: Settings, usual: tuple[int, ...]) -> list[int]:
    return [V4 if family == 4 else V6 for family in settings.families or usual]


def lines(rows: Table, order: NDArray[np.intp], settings: Settings, names: Names = NUMBERS) -> Iterator[str]:
    """A heading, the names of the columns, and a line a route, for each family; a line for each hop of a
    multipath route."""
    shown = order[rows.numbers("hops")[order] == 0]
    family = rows.numbers("family")[shown]
    asked = _families(settings, (4,))
    if settings.cache:
        yield from _cache(rows, shown, asked, settings)
        return
    if V4 in asked:
        yield "Kernel IP routing table"
        yield from _ipv4(rows, shown[family == V4], settings, names)
    if V6 in asked:
        yield "Kernel IPv6 routing table"
        yield from _ipv6(rows, shown[family == V6], settings)


def _cache(rows: Table, shown: NDArray[np.intp], asked: list[int], settings: Settings) -> Iterator[str]:
    """As `netstat -rC` had it when there was a route cache; its MSS is now the MTU, and Source, Window and
    irtt, which exceptions do not have, give way to the time left."""
    family = rows.numbers("family")[shown]
    of, above = front(rows, settings), front_title(rows, settings)
    for each, name, width in ((V4, "IP", 15), (V6, "IPv6", 38)):
        if each in asked:
            yield f"Kernel {name} routing cache"
            yield f"{above}{'Destination':<{width}} {'Gateway':<{width}} Flags    MTU Expires Iface"
            for row in shown[family == each].tolist():
                where = address(each, rows.numbers("destination")[row].tobytes())
                left = rows.integer("expires", row)
                yield of(row) + (
                    f"{where:<{width}} {gateway(rows, row) or '*':<{width}} {rows.text('letters', row):<6}"
                    f" {rows.integer('mtu', row) or _NONE:>5} {left // TICKS if left > 0 else _NONE:>7}"
                    f" {rows.text('interface', row) or '*'}"
                )


def _ipv4(rows: Table, shown: NDArray[np.intp], settings: Settings, names: Names) -> Iterator[str]:
    """Gateways and routes to one host by name."""
    of = rows.take(shown)
    names.want(of.numbers("family"), of.numbers("destination"), of.numbers("gateway"))
    head, tail = _LAYOUTS[min(settings.extend, 2)]
    begin = front(rows, settings)
    yield f"{front_title(rows, settings)}{'Destination':<15} {'Gateway':<15} {'Genmask':<15} {head}"
    for row in shown.tolist():
        length = rows.integer("destination_length", row)
        raw = rows.numbers("destination")[row].tobytes()
        where = (names.name(V4, raw) if length == _HOST else "") or address(V4, raw)
        destination = where if length or settings.numeric_hosts else "default"
        closed = _closed(rows, row)
        through = _NONE if closed else _named_gateway(rows, row, names) or "0.0.0.0"  # noqa: S104 - a text
        letters = rows.text("shown_letters", row) or ""
        device = _NONE if closed else rows.text("interface", row) or "*"
        start = f"{begin(row)}{destination:<15} {through:<15} {genmask(rows, row) or _NONE:<15} {letters:<5}"
        yield f"{start} {tail(rows, row, device)}"


def _named_gateway(rows: Table, row: int, names: Names) -> str | None:
    family = rows.integer("gateway_family", row)
    return names.name(family, rows.numbers("gateway")[row].tobytes()) or gateway(rows, row)


def _ipv6(rows: Table, shown: NDArray[np.intp], settings: Settings) -> Iterator[str]:
    of = front(rows, settings)
    yield f"{front_title(rows, settings)}{'Destination':<30} {'Next Hop':<26} Flag Met Ref  Use If"
    anything = "::" if settings.numeric_hosts else "[::]"
    for row in shown.tolist():
        length = rows.integer("destination_length", row)
        destination = prefix(V6, rows.numbers("destination")[row].tobytes(), length)
        if not length:
            destination = f"{anything}/0"
        letters = rows.text("shown_letters", row) or ""
        metric = int(rows.numbers("metric")[row].astype(np.int32))
        yield of(row) + (
            f"{destination:<30} {gateway(rows, row) or anything:<26} {letters:<4} {metric:<3} {_NONE} {0:>6}"
            f" {rows.text('interface', row) or '*'}{_table(rows, row)}"
        )


def _table(rows: Table, row: int) -> str:
    """netstat lists IPv6 routes of every table as if they were of one."""
    if rows.integer("table", row) in (MAIN, LOCAL):
        return ""
    return f" table {rows.text('table_name', row)}"


def _closed(rows: Table, row: int) -> bool:
    """Whether nothing gets through."""
    return rows.integer("type", row) in REJECTING


def _metrics(rows: Table, row: int) -> tuple[int | str, int | str, int | str]:
    """MSS, Window and irtt (ms); 0 where the route sets none."""
    if _closed(rows, row):
        return _NONE, _NONE, _NONE
    advertised = rows.integer("advmss", row)
    mss = advertised + _HEADER_BYTES if advertised else 0
    return mss, rows.integer("window", row), rows.integer("rtt", row) // 8


def _plain(rows: Table, row: int, device: str) -> str:
    mss, window, irtt = _metrics(rows, row)
    return f"{mss:>5} {window:<5} {irtt:>6} {device}"


def _extended(rows: Table, row: int, device: str) -> str:
    """The kernel counts neither references nor uses of IPv4 routes any more."""
    references = _NONE if _closed(rows, row) else "0"
    return f"{rows.integer('metric', row):<6} {references:<2} {0:>7} {device}"


def _whole(rows: Table, row: int, device: str) -> str:
    mss, window, irtt = _metrics(rows, row)
    return f"{_extended(rows, row, f'{device:<8}')} {mss:<5} {window:<6} {irtt}"


_LAYOUTS: tuple[tuple[str, Callable[[Table, int, str], str]], ...] = (
    ("Flags   MSS Window  irtt Iface", _plain),
    ("Flags Metric Ref    Use Iface", _extended),
    ("Flags Metric Ref    Use Iface    MSS   Window irtt", _whole),
)
"""Of -r, -re and -ree."""
