"""What there is to say of an MPTCP connection and of the TCP sockets that carry it (RFC 8684), in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sockscope.app.frames.inet import IPPROTO_MPTCP
from sockscope.app.frames.table import Table
from sockscope.app.model.mptcp import BACKUP, FELL_BACK, JOINED
from sockscope.app.model.store import Store
from sockscope.app.view import sockets
from sockscope.app.view.columns import Fact

_LISTED = 8
"""Subflows that are named one by one; the kernel's own limit is 8 beside the first."""


def facts(store: Store, rows: Table, row: int) -> Iterator[Fact]:
    """Nothing where the socket has no part in MPTCP."""
    told = store.now("mptcp")
    place = -1 if told is None else _place(told, rows.integer("cookie", row))
    if rows.integer("protocol", row) == IPPROTO_MPTCP:
        yield from _connection(told, place, rows, row)
    elif rows.numbers("carrier")[row]:
        yield from _subflow(told, place, rows, row)


def _place(told: Table, cookie: int) -> int:
    found = np.flatnonzero(told.numbers("cookie") == np.uint64(cookie))
    return int(found[0]) if len(found) else -1


def _connection(told: Table | None, place: int, rows: Table, row: int) -> Iterator[Fact]:
    token = rows.text("token", row)
    if token is not None:
        yield Fact("token", token)
    if told is not None and place >= 0 and told.integer("flags", place) & FELL_BACK:
        yield Fact("fell back", "to plain TCP: the other side, or something between, has no MPTCP", "warn")
    carrying = np.flatnonzero(_carriers(rows, row))
    label = "carried by"
    for each in carrying[:_LISTED].tolist():
        yield Fact(label, f"{sockets.local(rows, each)} → {sockets.remote(rows, each)}")
        label = ""
    if len(carrying) > _LISTED:
        yield Fact("", f"and {len(carrying) - _LISTED} more")


def _carriers(rows: Table, row: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The TCP sockets with the token of this connection, or with its inode."""
    carrier = rows.numbers("carrier")
    codes = rows.strings("token").codes
    same = carrier & (rows.numbers("inode") == rows.numbers("inode")[row]) & (rows.numbers("inode") > 0)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = same | (
        carrier & (codes >= 0) & (codes == codes[row])
    )
    return found


def _subflow(told: Table | None, place: int, rows: Table, row: int) -> Iterator[Fact]:
    token = rows.text("token", row)
    if rows.integer("remote_port", row) == 0:
        yield Fact("carries", "connections of the MPTCP listener at the same port")
        return
    yield Fact("carries", "a connection of MPTCP" if token is None else f"MPTCP connection {token}")
    if told is None or place < 0:
        return
    flags = told.integer("flags", place)
    if flags & JOINED:
        yield Fact("joined", "as a further path of a connection that another subflow began")
    if flags & BACKUP:
        yield Fact("backup", "used only while no other path works")
    if told.integer("local_id", place) or told.integer("remote_id", place):
        yield Fact(
            "address ids", f"{told.integer('local_id', place)} here, {told.integer('remote_id', place)} there"
        )
