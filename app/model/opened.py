"""The socket whose details are open: what the kernel was asked of it alone, beside what is known of all."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.health import with_health
from sockscope.app.model.presence import GONE
from sockscope.app.model.socketunits import units
from sockscope.app.model.store import Store

TRACED = ("rtt", "rx_rate", "tx_rate")
"""What the history of the open row holds."""


def known(store: Store, rows: Table, row: int) -> Table:
    """That row alone, with the columns of `with_health`, mark and unit as far as the kernel told them: out of
    the tables of all sockets where these are collected, else out of `asked_sockets` and `asked_tcp_info`
    (collectors/onesocket.py). A row that is gone is as it was when last watched."""
    if _gone(rows, row):
        last = store.trace.last(rows.integer("key", row))
        if last is not None:
            return last
    one = rows.take(np.array([row]))
    if store.now("tcp_info") is None:
        one = with_health(one, store, "asked_tcp_info")
    elif "rtt" not in one:
        one = with_health(one, store)
    told = store.now("asked_sockets")
    return one if told is None else _with_unit(_with_mark(one, told, store), told, store)


def watch(store: Store, rows: Table, row: int) -> None:
    """Note one more sample of the row whose details are open."""
    if _gone(rows, row):
        return
    key, one = rows.integer("key", row), known(store, rows, row)
    store.trace.keep(key, one)
    whole = store.now("tcp_info")
    info = store.now("asked_tcp_info") if whole is None else whole
    if info is not None:
        store.trace.add(key, info.taken, {name: one.real(name, 0) for name in TRACED})


def _gone(rows: Table, row: int) -> bool:
    return "presence" in rows and rows.integer("presence", row) == GONE


def _with_mark(one: Table, told: Table, store: Store) -> Table:
    place = _place(told, one.integer("cookie", 0))
    if store.now("marks") is not None or place < 0:
        return one
    return one.with_columns(mark=told.numbers("mark")[[place]])


def _with_unit(one: Table, told: Table, store: Store) -> Table:
    """That of the listener for what has not been accepted yet."""
    listener, sockets = one.integer("listener", 0), store.now("sockets")
    waits = sockets is not None and 0 <= listener < len(sockets)
    source = sockets if sockets is not None and waits else one
    place = _place(told, source.integer("cookie", listener if waits else 0))
    if store.now("cgroups") is not None or place < 0 or told.text("path", place) is None:
        return one
    ids = told.numbers("cgroup")[[place]]
    paths = Table({"id": ids, "path": told.strings("path").take(np.array([place]))})
    return one.with_columns(**units(one.numbers("pid"), store.now("processes"), ids, paths))


def _place(told: Table, cookie: int) -> int:
    """The row of that cookie, -1 if there is none."""
    found = np.flatnonzero(told.numbers("cookie") == np.uint64(cookie))
    return int(found[0]) if len(found) and cookie else -1
