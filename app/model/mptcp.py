"""MPTCP connections and the TCP sockets that carry them, joined by token, or by inode where tokens are not
told."""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.inet import IPPROTO_MPTCP
from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Strings, Table, repeated

FELL_BACK = 0x1
"""MPTCP_INFO_FLAG_FALLBACK."""
JOINED = 0x4 | 0x8
"""MPTCP_SUBFLOW_FLAG_JOIN_*: added to a connection that another subflow began."""
BACKUP = 0x10 | 0x20
"""MPTCP_SUBFLOW_FLAG_BKUP_*."""


def carriers(sockets: Table, mptcp: Table | None) -> NDArray[np.bool_]:
    """Which sockets are TCP sockets that carry an MPTCP connection, or listen for such.

    Those that a program can hold have the inode of the connection.
    """
    if mptcp is None or not len(mptcp):
        return repeated(np.False_, len(sockets))
    protocol, inode = sockets.numbers("protocol"), sockets.numbers("inode")
    theirs = inode[protocol == IPPROTO_MPTCP]
    known = mptcp.numbers("cookie")[mptcp.numbers("subflow") == 1]
    carrying = np.isin(sockets.numbers("cookie"), known) | (np.isin(inode, theirs) & (inode > 0))
    found: NDArray[np.bool_] = (protocol == socket.IPPROTO_TCP) & carrying
    return found


def tokens(sockets: Table, mptcp: Table | None) -> Strings:
    """The token of the connection that a socket is or carries, in hexadecimal digits; unknown without one."""
    if mptcp is None or not len(mptcp):
        return Strings(repeated(np.int32(-1), len(sockets)), ())
    place = find(sockets.numbers("cookie"), mptcp.numbers("cookie"))
    token = np.where(place >= 0, mptcp.numbers("token")[place], 0)
    distinct, codes = np.unique(token, return_inverse=True)
    known = np.where(token > 0, codes, -1).astype(np.int32)
    return Strings(known, tuple(f"{number:08x}" for number in distinct.tolist()))
