"""Finding words and patterns in columns: per distinct value or in one long text, never row by row."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.hosts import Address
from sockscope.app.model.endpoints import Addresses, addresses
from sockscope.app.model.filters.match import Matcher, Matches

_END = ord("\n")


def in_strings(column: Strings, sought: Matcher) -> Matches:
    """Rows whose text contains what is sought."""
    found: Matches = column.lookup(sought.matches(column.values), False, np.bool_)
    return found


def in_numbers(values: Numbers, sought: Matcher) -> Matches:
    """Rows whose number, written in digits without its sign, contains what is sought."""
    if not sought.in_digits:
        return np.zeros(len(values), dtype=np.bool_)
    distinct, place = np.unique(values, return_inverse=True)
    if not len(distinct):
        return np.zeros(0, dtype=np.bool_)
    width = max(len(str(value)) for value in (distinct[0], distinct[-1]))
    digits = distinct.astype(f"S{width}")
    starts = np.arange(len(distinct)) * width
    ends = starts + np.char.str_len(digits)
    found: Matches = sought.in_lines(digits.tobytes(), starts + (distinct < 0), ends)
    return found[place]


def in_names(codes: Numbers, names: Mapping[int, str], sought: Matcher) -> Matches:
    """Rows whose code has a name that contains what is sought."""
    hit = sought.matches(list(names.values()))
    return np.isin(codes, [code for code, found in zip(names, hit.tolist(), strict=True) if found])


def nowhere(rows: Table, sought: Matcher) -> Matches:  # noqa: ARG001
    """No row: for numbers that change so often that rows would flicker in and out."""
    return np.zeros(len(rows), dtype=np.bool_)


def in_hosts(rows: Table, ends: Iterable[tuple[str, str]], named: Iterable[Address]) -> Matches:
    """Rows with one of these addresses in a pair of columns, family (0: there is none) and address."""
    found = np.zeros(len(rows), np.bool_)
    known = list(named)
    if not known:
        return found
    raw = np.frombuffer(b"".join(raw for _, raw in known), np.uint8).reshape(-1, 16)
    wanted = addresses(np.array([family for family, _ in known]), raw)
    pairs = _pairs(wanted)
    for family, column in ends:
        families = rows.numbers(family)
        where = addresses(families, rows.numbers(column))
        near = np.flatnonzero(np.isin(where.low, wanted.low) & (families != 0))
        found[near[np.isin(_pairs(Addresses(where.high[near], where.low[near])), pairs)]] = True
    return found


def _pairs(where: Addresses) -> NDArray[np.bytes_]:
    """Both words of each address as one value that can be compared."""
    whole: NDArray[np.bytes_] = np.column_stack([where.high, where.low]).view("S16").ravel()
    return whole


def in_text(text: bytes, starts: NDArray[np.intp], sought: Matcher) -> Matches:
    """Rows that contain what is sought, of a text with one line a row that begins at `starts`."""
    return sought.in_lines(text, starts, np.append(starts[1:], len(text)) - 1)


def in_local(rows: Table, sought: Matcher) -> Matches:
    """Rows whose local address and port contain what is sought."""
    return in_text(*_endpoints(rows, "local"), sought)


def in_remote(rows: Table, sought: Matcher) -> Matches:
    """Rows whose remote address and port contain what is sought."""
    return in_text(*_endpoints(rows, "remote"), sought)


@lru_cache(maxsize=2)
def _endpoints(rows: Table, end: str) -> tuple[bytes, NDArray[np.intp]]:
    return endpoint_text(rows.numbers("family"), rows.numbers(f"{end}_address"), rows.numbers(f"{end}_port"))


def endpoint_text(family: Numbers, raw: Numbers, port: Numbers) -> tuple[bytes, NDArray[np.intp]]:
    """All endpoints as text, one a line as `view.format.endpoint` writes them, and where each line starts.

    Digits come from look-up tables, column by column; what is not needed is squeezed out in one pass.
    """
    if not len(family):
        return b"", np.empty(0, np.intp)
    where = addresses(family, raw)
    v4 = where.ipv4
    width = 15
    v6_texts, v6_places = _ipv6(where.high[~v4], where.low[~v4])
    if len(v6_texts):
        width = max(width, v6_texts.shape[1])
    cells = np.zeros((len(family), width + 7), dtype=np.uint8)
    octets = where.low[v4].astype(">u4").view(np.uint8).reshape(-1, 4)
    for place in range(4):
        cells[v4, place * 4 : place * 4 + 3] = _OCTETS[octets[:, place]]
        if place < 3:
            cells[v4, place * 4 + 3] = ord(".")
    if len(v6_texts):
        cells[~v4, : v6_texts.shape[1]] = v6_texts[v6_places]
    cells[:, width] = ord(":")
    cells[:, width + 1 : width + 6] = _ports()[port]
    cells[:, width + 6] = _END
    used = cells != 0
    starts = np.zeros(len(family), dtype=np.intp)
    np.cumsum(used.sum(axis=1)[:-1], out=starts[1:])
    return cells[used].tobytes(), starts


def _ipv6(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """The distinct addresses as rows of characters, NUL padded, and each row's place among them."""
    pairs = np.stack([high, low], axis=1)
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)
    texts = [f"[{IPv6Address((int(pair[0]) << 64) | int(pair[1]))}]".encode() for pair in distinct.tolist()]
    if not texts:
        return np.empty((0, 0), np.uint8), place.ravel()
    width = max(map(len, texts))
    return np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8).reshape(-1, width), (
        place.ravel()
    )


def _digits(number: int, width: int) -> NDArray[np.uint8]:
    """The numbers below `number` in digits, one a row, NUL padded."""
    text: NDArray[np.uint8] = np.arange(number).astype(f"S{width}").view(np.uint8).reshape(-1, width)
    return text


_OCTETS = _digits(256, 3)


@lru_cache(maxsize=1)
def _ports() -> NDArray[np.uint8]:
    table = _digits(65536, 5)
    table[0] = np.frombuffer(b"*\0\0\0\0", dtype=np.uint8)
    return table


PROTOCOLS: dict[tuple[int, int], str] = {
    (socket.AF_INET, socket.IPPROTO_TCP): "tcp",
    (socket.AF_INET6, socket.IPPROTO_TCP): "tcp6",
    (socket.AF_INET, socket.IPPROTO_UDP): "udp",
    (socket.AF_INET6, socket.IPPROTO_UDP): "udp6",
    (socket.AF_INET, IPPROTO_UDPLITE): "udplite",
    (socket.AF_INET6, IPPROTO_UDPLITE): "udplite6",
    (socket.AF_INET, socket.IPPROTO_RAW): "raw",
    (socket.AF_INET6, socket.IPPROTO_RAW): "raw6",
    (socket.AF_INET, IPPROTO_SCTP): "sctp",
    (socket.AF_INET6, IPPROTO_SCTP): "sctp6",
    (socket.AF_INET, IPPROTO_MPTCP): "mptcp",
    (socket.AF_INET6, IPPROTO_MPTCP): "mptcp6",
}
"""netstat's words for family and protocol, and ss's for what netstat does not know."""


def in_protocol(rows: Table, sought: Matcher) -> Matches:
    """Rows whose protocol's name contains it; a connection of MPTCP comes with what carries it."""
    codes = rows.numbers("family").astype(np.int64) * 1000 + rows.numbers("protocol")
    names = {int(family) * 1000 + protocol: name for (family, protocol), name in PROTOCOLS.items()}
    named = in_names(codes, names, sought)
    return named | rows.numbers("carrier") if sought.matches(["mptcp"])[0] else named
