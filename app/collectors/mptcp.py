"""MPTCP connections and their subflows (RFC 8684): table `mptcp`, a row for each socket of either kind.

Columns cookie u8 (as in table `sockets`), subflow u1 (1: a TCP socket that carries a connection, 0: the
connection itself), token u4 (the connection's own token, in a subflow that of the connection it belongs to; 0
where there is none), flags u4 (connections: MPTCP_INFO_FLAG_*, subflows: MPTCP_SUBFLOW_FLAG_*), local_id and
remote_id u1 (address ids of a subflow).

Layouts: linux/mptcp.h (struct mptcp_info, MPTCP_SUBFLOW_ATTR_*), linux/inet_diag.h (INET_ULP_INFO_*).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import inetdiag, netlink
from sockscope.app.collectors.netlink import Dump
from sockscope.app.frames.table import Table

_INFO_FLAGS, _INFO_TOKEN = 8, 12
"""Offsets in struct mptcp_info."""

INET_DIAG_ULP_INFO = 19
_ULP_NAME, _ULP_MPTCP = 1, 3
_COLUMNS = {"token": 2, "flags": 8, "local_id": 10, "remote_id": 9}
"""Columns of subflows and their MPTCP_SUBFLOW_ATTR_*."""
_WORDS = (2, 8)
_NAME = np.dtype("S6")
_MINI = (3, 6)
"""SYN_RECV and TIME_WAIT have no attributes."""


def connections(dump: Dump) -> Table:
    """The rows of a dump of IPPROTO_MPTCP that was asked for with INFO."""
    info = netlink.attributes(dump, inetdiag.MESSAGE.itemsize, (inetdiag.INET_DIAG_INFO,))[
        inetdiag.INET_DIAG_INFO
    ]
    told = info.present & (info.lengths >= _INFO_TOKEN + 4)

    def number(at: int) -> NDArray[np.uint32]:
        numbers = np.zeros(len(dump), dtype=np.uint32)
        numbers[told] = netlink.gather(dump.buffer, info.offsets[told] + at, np.uint32)
        return numbers

    nothing = np.zeros(len(dump), dtype=np.uint8)
    return Table(
        {
            "cookie": inetdiag.cookies(dump),
            "subflow": nothing,
            "token": number(_INFO_TOKEN),
            "flags": number(_INFO_FLAGS),
            "local_id": nothing,
            "remote_id": nothing,
        }
    )


def subflows(dump: Dump) -> Table:
    """The rows of those TCP sockets of a dump that carry an MPTCP connection, or listen for such.

    Their tokens are told to CAP_NET_ADMIN only.
    """
    rows = np.flatnonzero(~np.isin(inetdiag.tcp_state(dump), _MINI))
    ulp = netlink.attributes(dump, inetdiag.MESSAGE.itemsize, (INET_DIAG_ULP_INFO,), rows)[INET_DIAG_ULP_INFO]
    having = np.flatnonzero(ulp.present)
    dump = dump.take(having)
    start = ulp.offsets[having]
    inside = netlink.nested(dump.buffer, start, start + ulp.lengths[having], (_ULP_NAME, _ULP_MPTCP))
    carrying = np.flatnonzero(netlink.values(dump.buffer, inside[_ULP_NAME], _NAME, b"") == b"mptcp")
    dump = dump.take(carrying)
    context = inside[_ULP_MPTCP]
    start = context.offsets[carrying]
    told = netlink.nested(dump.buffer, start, start + context.lengths[carrying], _COLUMNS.values())
    columns = {
        name: netlink.values(dump.buffer, told[kind], np.uint32 if kind in _WORDS else np.uint8, 0)
        for name, kind in _COLUMNS.items()
    }
    one = np.ones(len(dump), dtype=np.uint8)
    return Table({"cookie": inetdiag.cookies(dump), "subflow": one, **columns})
