"""Rows of the Listening tab: who accepts connections, on which address, and how full the queues are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model import sockets
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.listeners import LISTEN, SYN_RECV
from sockscope.app.model.socketinterfaces import UsedInterfaces
from sockscope.app.model.sockets import Sockets, count_by, is_listener
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

REACHES = ("any v4", "any v4+v6", "any v6", "loopback", "link-local", "one address")
ANY4, ANY, ANY6, LOOPBACK, LINK_LOCAL, ONE = range(6)

NEARLY_FULL = 0.8
"""Share of the backlog from which a queue is worth a look."""


class ListeningModel:
    """TCP listeners and bound UDP sockets."""

    needs = sockets.NEEDS

    def __init__(self, shared: Sockets) -> None:
        self._sockets = shared
        self._interfaces = UsedInterfaces()
        self._count: int | None = None
        self._attention = 0

    def advance(self, store: Store) -> None:
        """Keep the count while no rows are collected."""
        rows = self._sockets.rows(store) if store.now("sockets") is not None else None
        if rows is None:
            return
        queues = _listening(Table({name: rows.columns[name] for name in _QUEUES}, rows.taken))
        self._count = len(queues)
        self._attention = int((queue_full(queues) | synq_near(queues)).sum())

    def rows(self, store: Store, options: Options) -> Table | None:
        """The columns of model/sockets.py, the interface (socketinterfaces.py), `reach` (u1, index into
        REACHES), `syn_recv` (i8, -1 for UDP): connections that wait for the last step of their handshake."""
        rows = self._sockets.rows(store, options)
        if rows is None:
            return None
        listening = _listening(rows)
        return self._interfaces.put(listening.with_columns(reach=_reach(listening)), store)

    def count(self, store: Store) -> int | None:  # noqa: ARG002
        """Listeners when sockets were last collected."""
        return self._count

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """Listeners whose accept queue or SYN queue is nearly full."""
        return self._attention


_QUEUES = ("protocol", "state", "local_port", "listener", "rx_queue", "tx_queue", "cookie")
"""What tells listeners, and which of them want looking at."""


def _listening(rows: Table) -> Table:
    """Listeners, with `syn_recv`."""
    waiting = rows.numbers("listener")[rows.numbers("state") == SYN_RECV]
    half_open = count_by(waiting, len(rows))
    chosen = np.flatnonzero(is_listener(rows))
    listening = rows.take(chosen)
    tcp = listening.numbers("state") == LISTEN
    return listening.with_columns(syn_recv=np.where(tcp, half_open[chosen], -1).astype(np.int64))


def _reach(listening: Table) -> NDArray[np.uint8]:
    family = listening.numbers("family")
    where = addresses(family, listening.numbers("local_address"))
    any6 = np.where(listening.numbers("v6only") == 1, ANY6, ANY)
    anything = np.where(family == 2, ANY4, any6)
    one = np.where(where.loopback, LOOPBACK, np.where(where.link_local, LINK_LOCAL, ONE))
    return np.where(where.wildcard, anything, one).astype(np.uint8)


def queue_full(listening: Table) -> NDArray[np.bool_]:
    """TCP listeners whose accept queue has reached its limit (the kernel lets one more in)."""
    tcp = listening.numbers("state") == LISTEN
    waiting, limit = listening.numbers("rx_queue"), listening.numbers("tx_queue")
    told = (limit > 0) | (listening.numbers("cookie") > 0)  # /proc/net has no limits: it says 0
    full: NDArray[np.bool_] = tcp & told & (waiting > 0) & (waiting >= limit)
    return full


def synq_near(listening: Table) -> NDArray[np.bool_]:
    """TCP listeners with as many half-open connections as their backlog nearly allows."""
    tcp = listening.numbers("state") == LISTEN
    half_open, limit = listening.numbers("syn_recv"), listening.numbers("tx_queue")
    told = (limit > 0) | (listening.numbers("cookie") > 0)
    near: NDArray[np.bool_] = tcp & told & (half_open > 0) & (half_open >= NEARLY_FULL * limit)
    return near
