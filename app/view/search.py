"""Finding words and patterns in columns: per distinct value or in one long text, never row by row."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.hosts import Address
from sockscope.app.model.endpoints import Addresses, addresses
from sockscope.app.model.filters.match import Matcher, Matches

Search = Callable[[Table, Matcher], Matches]

NARROW = 1 << 16
"""How far apart numbers may be at least for each between them to be counted rather than all be sorted."""


def in_strings(column: Strings, sought: Matcher) -> Matches:
    """Rows whose text contains what is sought."""
    found: Matches = column.lookup(sought.matches(column.values), False, np.bool_)
    return found


def in_numbers(values: Numbers, sought: Matcher) -> Matches:
    """Rows whose number, written in digits without its sign, contains what is sought."""
    if not sought.in_digits or not len(values):
        return np.zeros(len(values), dtype=np.bool_)
    least = values.min()
    span = int(values.max()) - int(least) + 1
    if span > max(NARROW, len(values)):
        distinct, rows = np.unique(values, return_inverse=True)
        return _in_digits(distinct, sought)[rows]
    place = values.astype(np.int64) - least.astype(np.int64)
    found: Matches = np.zeros(span, np.bool_)
    found[place] = True
    there = np.flatnonzero(found)
    found[there] = _in_digits(there.astype(values.dtype) + least, sought)
    matches: Matches = found[place]
    return matches


def _in_digits(distinct: Numbers, sought: Matcher) -> Matches:
    """Which of ascending numbers contain it."""
    width = max(len(str(value)) for value in (distinct[0], distinct[-1]))
    digits = distinct.astype(f"S{width}")
    starts = np.arange(len(distinct)) * width
    ends = starts + np.char.str_len(digits)
    return sought.in_lines(digits.tobytes(), starts + (distinct < 0), ends)


def in_names(codes: Numbers, names: Mapping[int, str], sought: Matcher) -> Matches:
    """Rows whose code has a name that contains what is sought."""
    hit = sought.matches(list(names.values()))
    return np.isin(codes, [code for code, found in zip(names, hit.tolist(), strict=True) if found])


def texts(name: str) -> Search:
    """Finds what is sought in a column of text."""
    return lambda rows, sought: in_strings(rows.strings(name), sought)


def numbers(name: str) -> Search:
    """Finds what is sought in the digits of a column of numbers."""
    return lambda rows, sought: in_numbers(rows.numbers(name), sought)


def names(name: str, words: Mapping[int, str]) -> Search:
    """Finds what is sought in the words for a column of codes."""
    return lambda rows, sought: in_names(rows.numbers(name), words, sought)


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
