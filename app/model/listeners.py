"""Which listener a connection came in through.

A SYN_RECV row has no process and no inode, and a connection nobody has accepted yet has no owner either: both
belong to the listener with their local address and port, or to the one that listens on any address.
"""

from __future__ import annotations

import socket
from copy import copy

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import places
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
    candidates = listening(sockets)
    if "netns" not in sockets:
        return _listener_of(sockets, rows, candidates)
    netns = sockets.numbers("netns")
    found = np.full(len(rows), -1, dtype=np.intp)
    for inode in np.unique(netns[rows]):
        here = netns[rows] == inode
        found[here] = _listener_of(sockets, rows[here], candidates[netns[candidates] == inode])
    return found


def _listener_of(sockets: Table, rows: NDArray[np.intp], candidates: NDArray[np.intp]) -> NDArray[np.intp]:
    """The same where all are of one network namespace."""
    if not len(rows) or not len(candidates):
        return np.full(len(rows), -1, dtype=np.intp)
    theirs, ours = _Endpoints(sockets, candidates), _Endpoints(sockets, rows)
    anywhere = theirs.where.wildcard
    found = _at_any_address(theirs.port[anywhere], candidates[anywhere], ours.port)
    exact = _at_one_address(theirs.take(~anywhere), candidates[~anywhere], ours)
    found[exact >= 0] = exact[exact >= 0]
    return found


_PORTS = 1 << 17
"""Ports of both families."""


class _Endpoints:
    """Local addresses, and ports as numbers below _PORTS in which the family is the highest bit."""

    def __init__(self, sockets: Table, rows: NDArray[np.intp]) -> None:
        family = sockets.numbers("family")[rows]
        port = sockets.numbers("local_port")[rows].astype(np.int64)
        self.port: NDArray[np.int64] = port + np.where(family == socket.AF_INET6, 1 << 16, 0)
        self.where: Addresses = addresses(family, sockets.numbers("local_address")[rows])

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> _Endpoints:
        """Only those rows."""
        taken = copy(self)
        taken.port = self.port[rows]
        taken.where = Addresses(self.where.high[rows], self.where.low[rows])
        return taken


def _at_any_address(
    ports: NDArray[np.int64], listeners: NDArray[np.intp], wanted: NDArray[np.int64]
) -> NDArray[np.intp]:
    first = np.full(_PORTS, -1, dtype=np.intp)
    first[ports[::-1]] = listeners[::-1]  # the last one written stays, so the first listener counts
    found: NDArray[np.intp] = first[wanted]
    return found


def _at_one_address(theirs: _Endpoints, listeners: NDArray[np.intp], ours: _Endpoints) -> NDArray[np.intp]:
    found = np.full(len(ours.port), -1, dtype=np.intp)
    served = np.zeros(_PORTS, dtype=np.bool_)
    served[theirs.port] = True
    rows = np.flatnonzero(served[ours.port])
    high, low = np.unique(theirs.where.high), np.unique(theirs.where.low)

    def packed(ends: _Endpoints) -> NDArray[np.int64]:
        """One number an endpoint, the same only for the same port and address; below 0 for an address at
        which nobody listens."""
        upper, lower = places(high, ends.where.high), places(low, ends.where.low)
        code = (upper * len(low) + lower) * _PORTS + ends.port
        return np.where((upper < 0) | (lower < 0), -1, code)

    known, first = np.unique(packed(theirs), return_index=True)
    place = places(known, packed(ours.take(rows)))
    found[rows[place >= 0]] = listeners[first[place[place >= 0]]]
    return found
