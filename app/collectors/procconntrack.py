"""Tracked connections as /proc/net/nf_conntrack tells them: for where ctnetlink is refused.

Layout: ct_seq_show in the kernel's net/netfilter/nf_conntrack_standalone.c. The file has no identifiers,
names only some bits of the status, and tells no start.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sockscope.app.frames.conntrack import ADDRESSES, DIRECTIONS, NUMBERS, STATES, Status
from sockscope.app.frames.table import Column, Table

_WORDS = {
    "[ASSURED]": Status.ASSURED,
    "[OFFLOAD]": Status.OFFLOAD,
    "[HW_OFFLOAD]": Status.OFFLOAD | Status.HW_OFFLOAD,
}
_SIDES = {"src": "source", "dst": "destination"}
_OF_WAY = {
    "sport": ("source_port", 0),
    "dport": ("destination_port", 0),
    "id": ("source_port", 0),
    "code": ("destination_port", 0),
    "type": ("destination_port", 8),
    "srckey": ("source_port", 0),
    "dstkey": ("destination_port", 0),
    "packets": ("packets", 0),
    "bytes": ("bytes", 0),
}
"""Words of each tuple: their column, and by how many bits they are shifted in it."""
_ZONES = {"zone": 0, "zone-orig": 1, "zone-reply": 2}
_UNTOLD = {"timeout": -1, "started": -1, "state": -1} | {
    f"{way}_{what}": -1 for way in DIRECTIONS for what in ("packets", "bytes")
}


class _Row(NamedTuple):
    """One entry: its numbers and its addresses by the names of their columns."""

    numbers: dict[str, int]
    addresses: dict[str, bytes]


def entries(text: str) -> Table:
    """Table `conntrack` without its time; lines that cannot be read are left out."""
    rows = list(_rows(text))
    columns: dict[str, Column] = {
        name: np.array([row.numbers[name] for row in rows], dtype=kind) for name, kind in NUMBERS.items()
    }
    for name in ADDRESSES:
        raw = b"".join(row.addresses[name] for row in rows)
        columns[name] = np.frombuffer(raw, np.uint8).reshape(len(rows), 16)
    return Table(columns)


def _rows(text: str) -> Iterator[_Row]:
    for line in text.splitlines():
        with contextlib.suppress(ValueError, LookupError, OSError, StopIteration):
            row = _row(line.split())
            if all(np.iinfo(NUMBERS[name]).max >= number for name, number in row.numbers.items()):
                yield row


def _row(words: list[str]) -> _Row:
    """One entry; ValueError, LookupError, OSError or StopIteration where it is none."""
    family, protocol = int(words[1]), int(words[3])
    head = next(place for place, word in enumerate(words) if word.startswith("src="))
    row = dict.fromkeys(NUMBERS, 0) | _UNTOLD | {"family": family, "protocol": protocol}
    addresses: dict[str, bytes] = {}
    for word in words[4:head]:
        if word.isdecimal():
            row["timeout"] = int(word)
        elif protocol in STATES:
            row["state"] = STATES[protocol].index(word)
    status = Status.CONFIRMED | Status.SEEN_REPLY
    ways = iter(DIRECTIONS)
    way = ""
    for word in words[head:]:
        name, equals, value = word.partition("=")
        if not equals:
            status = status & ~Status.SEEN_REPLY if word == "[UNREPLIED]" else status | _WORDS.get(word, 0)
            continue
        if name == "src":
            way = next(ways)
        if name in _SIDES:
            addresses[f"{way}_{_SIDES[name]}"] = socket.inet_pton(family, value).ljust(16, b"\0")
        elif name in _OF_WAY:
            column, shift = _OF_WAY[name]
            row[f"{way}_{column}"] = max(0, row[f"{way}_{column}"]) | _natural(value) << shift
        elif name in _ZONES:
            row |= {"zone": _natural(value), "zone_of": _ZONES[name]}
        elif name == "mark":
            row["mark"] = _natural(value)
    if len(addresses) < len(ADDRESSES):
        raise ValueError("a tuple is missing")
    return _Row(row | {"status": int(status)}, addresses)


def _natural(text: str) -> int:
    """A decimal number, or a hexadecimal one after 0x; ValueError for anything else."""
    if not text[:1].isdecimal():
        raise ValueError(text)
    return int(text, 0)
