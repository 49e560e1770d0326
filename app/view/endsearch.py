"""Finding words and patterns in endpoints: what is the same in many rows is looked at once.

A word is looked for in the distinct addresses and in the ports; only a pattern needs the distinct endpoints
written out one by one.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.filters.match import Matcher, Matches, Word
from sockscope.app.model.identity import alike, mix
from sockscope.app.record import dataclass
from sockscope.app.view.search import in_text

_END = ord("\n")
_WIDTH_V4 = 15
PORTS = 65536
_PORT = 5
"""Digits of a port at the most."""


def in_local(rows: Table, sought: Matcher) -> Matches:
    """Rows whose local address and port contain what is sought."""
    return _in_end(rows, "local", sought)


def in_remote(rows: Table, sought: Matcher) -> Matches:
    """Rows whose remote address and port contain what is sought."""
    return _in_end(rows, "remote", sought)


def _in_end(rows: Table, end: str, sought: Matcher) -> Matches:
    where, port = rows.numbers(f"{end}_address"), rows.numbers(f"{end}_port")
    return in_endpoints(rows.numbers("family"), where, port, sought)


def in_endpoints(family: Numbers, raw: Numbers, port: Numbers, sought: Matcher) -> Matches:
    """Which endpoints, as `view.format.endpoint` writes them, contain what is sought."""
    if not isinstance(sought, Word):
        written = _written(_Same(family, raw, port))
        return in_text(written.text, written.starts, sought)[written.places]
    distinct = _distinct(_Same(family, raw))
    text, starts, places = distinct.text, distinct.starts, distinct.places
    found: Matches = in_text(text, starts, sought)[places] | _in_port(sought.text)[port]
    beyond = np.append(starts[1:], len(text))
    for head, tail in sought.around(":"):
        found |= Word(f"{head}\n").in_lines(text, starts, beyond)[places] & _begins(tail)[port]
    return found


@dataclass(frozen=True, eq=False, slots=True)
class _Distinct:
    """What occurs, addresses or endpoints, one a line of `text` beginning at `starts`; `places` tells that of
    each row."""

    text: bytes
    starts: NDArray[np.intp]
    places: NDArray[np.intp]


class _Same:
    """Columns as a key: two are equal where they are the same columns, not where they hold the same."""

    def __init__(self, *columns: Numbers) -> None:
        self.columns = columns

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.columns)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and all(
            mine is theirs for mine, theirs in zip(self.columns, other.columns, strict=True)
        )


@lru_cache(maxsize=2)
def _distinct(key: _Same) -> _Distinct:
    """The rows' columns stay what they are from tick to tick as long as no socket comes or goes."""
    family, raw = key.columns
    where = addresses(family, raw)
    words: Numbers = where.low
    if not where.ipv4.all():
        low, places = np.unique(where.low, return_inverse=True)
        words = np.unique(where.high, return_inverse=True)[1] * len(low) + places
    _, first, places = np.unique(words, return_index=True, return_inverse=True)
    return _Distinct(*endpoint_text(family[first], raw[first]), places)


@lru_cache(maxsize=4)
def _written(key: _Same) -> _Distinct:
    """The same with ports: a server has few endpoints of its own, and callers many."""
    family, raw, port = key.columns
    first, places = alike(mix(family, raw, port))
    return _Distinct(*endpoint_text(family[first], raw[first], port[first]), places)


@lru_cache(maxsize=8)
def _in_port(word: str) -> Matches:
    """Which of all ports, 0 written as `*`, contain the word."""
    return in_text(*_port_lines(), Word(word))


def _begins(word: str) -> Matches:
    """Which of all ports, 0 written as `*`, begin with the word."""
    found = np.full(PORTS, not word)
    found[0] = word in ("", "*")
    if word.isascii() and word.isdecimal() and not word.startswith("0"):
        for more in range(_PORT + 1 - len(word)):
            found[int(word) * 10**more : (int(word) + 1) * 10**more] = True
    return found


@lru_cache(maxsize=1)
def _port_lines() -> tuple[bytes, NDArray[np.intp]]:
    cells = np.full((PORTS, _PORT + 1), _END, np.uint8)
    cells[:, :-1] = _ports()
    return _squeezed(cells)


def endpoint_text(
    family: Numbers, raw: Numbers, port: Numbers | None = None
) -> tuple[bytes, NDArray[np.intp]]:
    """All endpoints, or addresses where no ports are given, as text, one a line as `view.format.endpoint`
    writes them, and where each line starts.

    Digits come from look-up tables, column by column; what is not needed is squeezed out in one pass.
    """
    if not len(family):
        return b"", np.empty(0, np.intp)
    where = addresses(family, raw)
    v4 = where.ipv4
    width = _WIDTH_V4
    v6_texts, v6_places = _ipv6(where.high[~v4], where.low[~v4])
    if len(v6_texts):
        width = max(width, v6_texts.shape[1])
    cells = np.zeros((len(family), width + _PORT + 2), dtype=np.uint8)
    octets = where.low[v4].astype(">u4").view(np.uint8).reshape(-1, 4)
    for place in range(4):
        cells[v4, place * 4 : place * 4 + 3] = _OCTETS[octets[:, place]]
        if place < 3:
            cells[v4, place * 4 + 3] = ord(".")
    if len(v6_texts):
        cells[~v4, : v6_texts.shape[1]] = v6_texts[v6_places]
    if port is not None:
        cells[:, width] = ord(":")
        cells[:, width + 1 : width + 1 + _PORT] = _ports()[port]
    cells[:, -1] = _END
    return _squeezed(cells)


def _squeezed(cells: NDArray[np.uint8]) -> tuple[bytes, NDArray[np.intp]]:
    """Lines of characters (shape: lines, cells) as one text without NUL, and where each line starts."""
    used = cells != 0
    starts = np.zeros(len(cells), dtype=np.intp)
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
    """The numbers below `number` in digits, one a row, with NUL before the first."""
    powers = 10 ** np.arange(width)[::-1]
    numbers = np.arange(number)[:, np.newaxis]
    text = (numbers // powers % 10 + ord("0")).astype(np.uint8)
    text[:, :-1][numbers < powers[:-1]] = 0
    return text


_OCTETS = _digits(256, 3)


@lru_cache(maxsize=1)
def _ports() -> NDArray[np.uint8]:
    table = _digits(PORTS, _PORT)
    table[0] = np.frombuffer(b"*\0\0\0\0", dtype=np.uint8)
    return table
