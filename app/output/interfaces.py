"""Interfaces as netstat prints them."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.links import UNKNOWN_COUNT, UNKNOWN_NUMBER, Flag
from sockscope.app.frames.table import Table
from sockscope.app.model.interfaces import address_text
from sockscope.app.model.linkfacts import total
from sockscope.app.model.store import Store
from sockscope.app.output.namespaces import front, front_title
from sockscope.app.settings import Settings

_COUNTERS = ("rx_ok", "rx_err", "rx_drp", "rx_ovr", "tx_ok", "tx_err", "tx_drp", "tx_ovr")
_FRAME = ("rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors")
_CARRIER = ("tx_carrier_errors", "tx_aborted_errors", "tx_window_errors", "tx_heartbeat_errors")
_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}


def lines(rows: Table, order: NDArray[np.intp], settings: Settings, store: Store) -> Iterator[str]:
    """The heading, the names of the columns, and a line an interface, another for each further name that an
    address of it carries (`eth0:1`); with -e a paragraph an interface. `-` is not known."""
    yield "Kernel Interface table"
    addresses = _Addresses(store.now("addresses"))
    of = front(rows, settings)
    if settings.extend:
        yield from _long(rows, order, addresses)
        return
    yield front_title(rows, settings) + _line(
        "Iface", "MTU", [name.upper().replace("_", "-") for name in _COUNTERS], "Flg"
    )
    for row in order.tolist():
        name, mtu = _name(rows, row), _number(rows.integer("mtu", row))
        letters = rows.text("letters", row)
        flags = "-" if letters is None else letters or "[NO FLAGS]"
        yield of(row) + _line(name, mtu, [_count(rows.integer(counter, row)) for counter in _COUNTERS], flags)
        for alias in addresses.aliases(_place(rows, row), name):
            yield of(row) + _line(alias, mtu, ["-"] * len(_COUNTERS), flags)


class _Addresses:
    """Addresses by the network namespace and the index of their interface."""

    def __init__(self, table: Table | None) -> None:
        self._of: dict[tuple[int, int], list[tuple[str, str]]] = {}
        if table is not None:
            for row in range(len(table)):
                told = table.text("label", row) or "", _address(table, row)
                self._of.setdefault(_place(table, row), []).append(told)

    def aliases(self, place: tuple[int, int], name: str) -> list[str]:
        """Labels that are not the interface's name."""
        return sorted({label for label, _ in self._of.get(place, ()) if label not in ("", name)})

    def texts(self, place: tuple[int, int], name: str) -> Iterator[str]:
        """Each address in words."""
        for label, text in self._of.get(place, ()):
            yield text if label in ("", name) else f"{text} label {label}"


def _place(rows: Table, row: int) -> tuple[int, int]:
    return (rows.integer("netns", row) if "netns" in rows else 0), rows.integer("index", row)


def _address(addresses: Table, row: int) -> str:
    """An address, its prefix, what is at the other end or its broadcast address, its scope."""
    family, prefix = addresses.integer("family", row), addresses.integer("prefix", row)
    address, peer, broadcast = (
        address_text(family, addresses.numbers(column)[row].tobytes())
        for column in ("address", "peer", "broadcast")
    )
    if family == socket.AF_INET:
        words = ["inet", address, "netmask", str(ipaddress.IPv4Network((0, prefix)).netmask)]
    else:
        words = ["inet6", address, "prefixlen", str(prefix)]
    if peer != address:
        words += ["peer", peer]
    if addresses.numbers("broadcast")[row].any():
        words += ["broadcast", broadcast]
    scope = addresses.integer("scope", row)
    return " ".join([*words, "scope", _SCOPES.get(scope, str(scope))])


def _long(rows: Table, order: NDArray[np.intp], addresses: _Addresses) -> Iterator[str]:
    """What each is, its addresses, and its counters, which add up as in netstat."""
    frame, carrier = total(rows, _FRAME), total(rows, _CARRIER)
    for row in order.tolist():
        name = _name(rows, row)
        mtu, queue = (_number(rows.integer(column, row)) for column in ("mtu", "txqlen"))
        yield f"{name}: <{_flags(rows.integer('flags', row))}> mtu {mtu} txqueuelen {queue}"
        yield "    " + " ".join(filter(None, (rows.text("kind", row) or "-", rows.text("mac", row))))
        if "netns" in rows:
            yield f"    netns {rows.text('namespace', row) or '-'}"
        yield from (f"    {text}" for text in addresses.texts(_place(rows, row), name))
        yield f"{_way(rows, row, 'rx')} frame {_count(int(frame[row]))}"
        collisions = _count(rows.integer("collisions", row))
        yield f"{_way(rows, row, 'tx')} carrier {_count(int(carrier[row]))} collisions {collisions}"
        yield ""


def _flags(flags: int) -> str:
    return "-" if flags == UNKNOWN_NUMBER else ",".join(str(bit.name) for bit in Flag if flags & bit)


def _way(rows: Table, row: int, way: str) -> str:
    """What came in, or went out."""
    columns = {"packets": "ok", "bytes": "bytes", "errors": "err", "dropped": "drp", "overruns": "ovr"}
    told = (f"{word} {_count(rows.integer(f'{way}_{column}', row))}" for word, column in columns.items())
    return f"    {way.upper()} {' '.join(told)}"


def _name(rows: Table, row: int) -> str:
    return rows.text("name", row) or f"if{rows.integer('index', row)}"


def _number(value: int) -> str:
    return "-" if value == UNKNOWN_NUMBER else str(value)


def _count(value: int) -> str:
    return "-" if value == UNKNOWN_COUNT else str(value)


def _line(name: str, mtu: str, counts: list[str], flags: str) -> str:
    rx_ok, rx_err, rx_drp, rx_ovr, tx_ok, tx_err, tx_drp, tx_ovr = counts
    return (
        f"{name:<15} {mtu:>5} {rx_ok:>8} {rx_err:>6} {rx_drp:>6} {rx_ovr:<6}"
        f" {tx_ok:>8} {tx_err:>6} {tx_drp:>6} {tx_ovr:>6} {flags}"
    )
