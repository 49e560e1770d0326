"""Destinations and gateways of routes as text: one at a time for the screen, all at once for the search."""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.route_flags import RTCF_REDIRECTED
from sockscope.app.view.format import duration
from sockscope.app.view.search import in_text

V4, V6 = socket.AF_INET, socket.AF_INET6


def address(family: int, raw: bytes) -> str:
    """An address from its 16 bytes as ip(8) writes it; IPv4-mapped ones, being of IPv6, stay so."""
    return socket.inet_ntop(family, raw[:4] if family == V4 else raw[:16])


def prefix(family: int, raw: bytes, length: int) -> str:
    """An address and the length of its prefix: `10.0.0.0/24`, `::/0`."""
    return f"{address(family, raw)}/{length}"


def destination(rows: Table, row: int) -> str:
    """`default` or address/length, as in JSON."""
    length = rows.integer("destination_length", row)
    if not length:
        return "default"
    return prefix(rows.integer("family", row), rows.numbers("destination")[row].tobytes(), length)


def source_prefix(rows: Table, row: int) -> str | None:
    """The prefix that a packet must come from, None where any will do."""
    length = rows.integer("source_length", row)
    if not length:
        return None
    return prefix(rows.integer("family", row), rows.numbers("source_prefix")[row].tobytes(), length)


TICKS = 100
"""In a second (USER_HZ), in which the kernel tells lifetimes."""


def _learnt(rows: Table, row: int) -> str:
    """What a cached exception says of its destination, and for how long: `mtu 1300 9m58s`."""
    mtu, left = rows.integer("mtu", row), rows.integer("expires", row)
    words = ["redirect"] if redirected(rows, row) else []
    if mtu:
        words.append(f"mtu {mtu}")
    if left > 0:
        words.append(duration(left / TICKS))
    return " ".join(words)


def redirected(rows: Table, row: int) -> bool:
    """Whether a cached exception comes from a redirect. Of IPv6 the kernel does not tell, but has no other
    reason than a path MTU."""
    if rows.integer("family", row) == V4:
        return bool(rows.integer("flags", row) & RTCF_REDIRECTED)
    return not rows.integer("mtu", row)


def qualified(rows: Table, row: int) -> str:
    """The destination with what else a packet must have, or what is cached of it: `default from fd00::/64`,
    `10.0.0.0/8 tos 0x10`, `10.0.0.9 mtu 1300 9m58s`."""
    if rows.numbers("cached")[row]:
        where = address(rows.integer("family", row), rows.numbers("destination")[row].tobytes())
        return f"{where} {_learnt(rows, row)}"
    text = destination(rows, row)
    source = source_prefix(rows, row)
    tos = rows.integer("tos", row)
    if source is not None:
        text += f" from {source}"
    return f"{text} tos {tos:#04x}" if tos else text


def gateway(rows: Table, row: int) -> str | None:
    """The gateway's address, None without one."""
    family = rows.integer("gateway_family", row)
    return address(family, rows.numbers("gateway")[row].tobytes()) if family else None


def preferred_source(rows: Table, row: int) -> str | None:
    """The address that packets leave with unless the program chose one, None where the kernel chooses."""
    if not rows.integer("preferred_source_known", row):
        return None
    return address(rows.integer("family", row), rows.numbers("preferred_source")[row].tobytes())


def genmask(rows: Table, row: int) -> str | None:
    """The prefix length as a dotted mask, None for IPv6."""
    if rows.integer("family", row) != V4:
        return None
    mask = 0xFFFFFFFF << (32 - rows.integer("destination_length", row)) & 0xFFFFFFFF
    return address(V4, mask.to_bytes(4, "big"))


class AddressSearch:
    """Finds what is sought in a column of addresses, whose family is in another column (0: there is none),
    and with the length of a prefix behind them if a column of lengths is named. `known` names a column that
    tells whether there is an address at all. The text is made once for as long as the column is the same
    object."""

    def __init__(self, column: str, family: str, length: str | None = None, known: str | None = None) -> None:
        self._names = (column, family, length, known)
        self._column: Numbers | None = None
        self._text = (b"", np.empty(0, np.intp))

    def __call__(self, rows: Table, sought: Matcher) -> Matches:
        """Rows whose address contains what is sought."""
        name, family, length, known = self._names
        column = rows.numbers(name)
        if column is not self._column:
            lengths = None if length is None else rows.numbers(length)
            families = rows.numbers(family) if known is None else rows.numbers(family) * rows.numbers(known)
            self._text = _text(families, column, lengths)
            self._column = column
        return in_text(*self._text, sought)


def _text(family: Numbers, raw: Numbers, lengths: Numbers | None) -> tuple[bytes, NDArray[np.intp]]:
    """One line a row, empty where the family is 0, and where each line starts."""
    whole = np.zeros((len(family), 18), dtype=np.uint8)
    whole[:, :16] = raw
    whole[:, 16] = family
    whole[:, 17] = 0 if lengths is None else lengths
    read = _plain if lengths is None else _prefix
    lines = [read(line) for line in whole.view("V18").ravel().tolist()]
    sizes = np.fromiter(map(len, lines), np.intp, len(lines)) + 1
    starts = np.cumsum(sizes) - sizes
    return "\n".join(lines).encode() + b"\n", starts


def _plain(line: bytes) -> str:
    return address(line[16], line[:16]) if line[16] else ""


def _prefix(line: bytes) -> str:
    if not line[16]:
        return ""
    return prefix(line[16], line[:16], line[17]) if line[17] else "default"
