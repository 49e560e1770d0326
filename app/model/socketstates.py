"""What the state of an internet socket is called, whatever its protocol."""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP
from sockscope.app.frames.table import Table
from sockscope.app.model.states import ESTABLISHED, NAMES

_ASSOCIATIONS = (
    "CLOSED",
    "COOKIE_WAIT",
    "COOKIE_ECHOED",
    "ESTABLISHED",
    "SHUTDOWN_PENDING",
    "SHUTDOWN_SENT",
    "SHUTDOWN_RECEIVED",
    "SHUTDOWN_ACK_SENT",
)
"""States of an SCTP association (RFC 9260; linux/sctp.h, enum sctp_sstat_state), by number."""

_CONNECTED = (socket.IPPROTO_TCP, IPPROTO_MPTCP)
"""Protocols with TCP's states."""


def state_name(rows: Table, row: int) -> str:
    """netstat's word; empty for UDP and raw sockets that are not connected."""
    protocol, code = rows.integer("protocol", row), rows.integer("state", row)
    if protocol == IPPROTO_SCTP and rows.integer("remote_port", row):
        return _ASSOCIATIONS[code] if code < len(_ASSOCIATIONS) else str(code)
    if protocol in (*_CONNECTED, IPPROTO_SCTP) or code == ESTABLISHED:
        return NAMES.get(code, str(code))
    return ""


def tcp_code(rows: Table, row: int) -> int:
    """The state of a row that has one of TCP's, else 0."""
    return rows.integer("state", row) if rows.integer("protocol", row) in _CONNECTED else 0


def tcp_like(rows: Table) -> NDArray[np.uint8]:
    """The state of each row that has one of TCP's, 0 of all others."""
    has = np.isin(rows.numbers("protocol"), _CONNECTED)
    return np.where(has, rows.numbers("state"), 0).astype(np.uint8)
