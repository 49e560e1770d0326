"""Which listener a connection came in through.

A SYN_RECV row has no process and no inode, and a connection nobody has accepted yet has no owner either: both
belong to the listener with their local address and port, or to the one that listens on any address.
"""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.endpoints import Addresses, addresses

LISTEN = 10
SYN_RECV = 3


def listening(sockets: Table) -> NDArray[np.intp]:
    """Rows of TCP listeners."""
    tcp = sockets.numbers("protocol") == socket.IPPROTO_TCP
    return np.flatnonzero(tcp & (sockets.numbers("state") == LISTEN))


def embryonic(sockets: Table) -> NDArray[np.intp]:
    """Rows of connections still on their way to accept(): SYN_RECV, and full sockets without inode."""
    tcp = sockets.numbers("protocol") == socket.IPPROTO_TCP
    state = sockets.numbers("state")
    unaccepted = np.isin(state, _MAY_WAIT) & (sockets.numbers("inode") == 0)
    return np.flatnonzero(tcp & ((state == SYN_RECV) | unaccepted))


_MAY_WAIT = (1, 8)
"""ESTABLISHED and CLOSE_WAIT: states that a connection can have before it is accepted; in every other one a
socket without inode is an orphan."""


def listener_of(sockets: Table, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each of `rows` the row of its listener, -1 where there is none.

    A connection has the family of its listener, whatever its addresses are mapped to. The exact address wins
    over the wildcard; of several that share a port (SO_REUSEPORT) the first stands for all.
    """
    found = np.full(len(rows), -1, dtype=np.intp)
    if not len(rows):
        return found
    candidates = listening(sockets)
    theirs = _Endpoints(sockets, candidates)
    wildcard = theirs.where.wildcard
    ours = _Endpoints(sockets, rows)
    for place in np.argsort(wildcard, kind="stable"):  # few: one pass over the rows for each listener
        taken = (ours.port == theirs.port[place]) & (ours.family == theirs.family[place]) & (found < 0)
        if not wildcard[place]:
            taken &= (ours.where.high == theirs.where.high[place]) & (
                ours.where.low == theirs.where.low[place]
            )
        found[taken] = candidates[place]
    return found


class _Endpoints:
    def __init__(self, sockets: Table, rows: NDArray[np.intp]) -> None:
        self.family = sockets.numbers("family")[rows]
        self.port = sockets.numbers("local_port")[rows]
        self.where: Addresses = addresses(self.family, sockets.numbers("local_address")[rows])
