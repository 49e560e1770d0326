"""Translated connections as netstat -M printed them; rows are those of model/conntrack.py."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.conntrack import DESTINATION
from sockscope.app.output.names import NUMBERS, Names
from sockscope.app.output.namespaces import front, front_title
from sockscope.app.settings import Settings
from sockscope.app.view import conntrack_text as text
from sockscope.app.view.services import service

_V4 = 2
_ENDS = ("original_source", "original_destination")


def chosen(rows: Table, settings: Settings) -> NDArray[np.bool_]:
    """Connections of the families and protocols asked for."""
    keep: NDArray[np.bool_] = np.ones(len(rows), dtype=np.bool_)
    if settings.families:
        family = rows.numbers("family")
        keep &= np.where(family == _V4, 4 in settings.families, 6 in settings.families)
    if settings.sections:
        wanted = [number for number, name in text.PROTOCOLS.items() if name in settings.sections]
        keep &= np.isin(rows.numbers("protocol"), wanted)
    return keep


def lines(rows: Table, order: NDArray[np.intp], settings: Settings, names: Names = NUMBERS) -> Iterator[str]:
    """The heading, the names of the columns, and a line a connection.

    The port in parentheses is the one that the other side sees. Where the destination was rewritten, netstat
    having no place for that, the new one follows.
    """
    yield "IP masquerading entries"
    yield front_title(rows, settings) + _line("prot", "expire", "source", "destination", "ports")
    of, shown = front(rows, settings), rows.take(order)
    names.want(shown.numbers("family"), *(shown.numbers(end) for end in _ENDS))
    for row in order.tolist():
        source, destination = (
            names.name(*text.where(rows, row, end)) or text.host(rows, row, end) for end in _ENDS
        )
        name, expire = text.protocol(rows.integer("protocol", row)), _expire(rows.integer("timeout", row))
        ports = _ports(rows, row, settings) + _rewritten(rows, row)
        yield of(row) + _line(name, expire, source, destination, ports)


def _line(protocol: str, expire: str, source: str, destination: str, ports: str) -> str:
    return f"{protocol:<6} {expire:>10} {source:<20} {destination:<20} {ports}"


def _expire(seconds: int) -> str:
    """Minutes, seconds and hundredths, of which the kernel tells none."""
    return "-" if seconds < 0 else f"{seconds // 60}:{seconds % 60:02}.00"


def _ports(rows: Table, row: int, settings: Settings) -> str:
    ends = ("original_source", "original_destination", "reply_destination")
    if not text.has_ports(rows, row):
        return text.icmp(rows, row) or "-"
    name = text.protocol(rows.integer("protocol", row))
    source, destination, seen = (_port(rows.integer(f"{end}_port", row), name, settings) for end in ends)
    return f"{source} -> {destination} ({seen})"


def _port(number: int, protocol: str, settings: Settings) -> str:
    return str(number) if settings.numeric_ports else service(number, protocol) or str(number)


def _rewritten(rows: Table, row: int) -> str:
    if not rows.integer("translated", row) & DESTINATION:
        return ""
    return f" => {text.place(rows, row, 'reply_source')}"
