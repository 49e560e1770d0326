"""What the columns of the tables `conntrack` and `conntrack_use` are called and mean.

`conntrack`, one row a tracked connection: family u1 (2, 10), protocol u1 (IPPROTO_), id u4 (0: not told), of
each tuple, `original` and `reply`: _source and _destination (n, 16) u1, _source_port and _destination_port u2
(of ICMP: the id, and type << 8 | code; of GRE its keys; 0 where the protocol has none), _packets and _bytes
i8; state i1 (a place in STATES), status u4 (Status), timeout i8 (seconds left), started i8 (ns since the
epoch), mark u4, zone u2, zone_of u1 (the direction that is in the zone: 0 both, 1 original, 2 reply). -1 is
not told.

`conntrack_use`, one row: count, limit, buckets, accounting (1: packets and bytes are counted), drop,
early_drop, insert_failed, all i8, -1 where it is not known.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from enum import IntFlag
from typing import Any

import numpy as np

from sockscope.app.frames.table import Column, Table

DIRECTIONS = ("original", "reply")
TCP, DCCP, SCTP = socket.IPPROTO_TCP, 33, socket.IPPROTO_SCTP

STATES: Mapping[int, tuple[str, ...]] = {
    TCP: (
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "SYN_SENT2",
    ),
    DCCP: (
        "NONE",
        "REQUEST",
        "RESPOND",
        "PARTOPEN",
        "OPEN",
        "CLOSEREQ",
        "CLOSING",
        "TIMEWAIT",
        "IGNORE",
        "INVALID",
    ),
    SCTP: (
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT",
        "HEARTBEAT_ACKED",
    ),
}
"""Names of the states of each protocol, as /proc/net/nf_conntrack has them (nf_conntrack_tcp.h, _sctp.h,
nf_conntrack_dccp.h)."""


class Status(IntFlag):
    """Bits of `status` (enum ip_conntrack_status, linux/netfilter/nf_conntrack_common.h)."""

    EXPECTED = 1 << 0
    SEEN_REPLY = 1 << 1
    ASSURED = 1 << 2
    CONFIRMED = 1 << 3
    SRC_NAT = 1 << 4
    DST_NAT = 1 << 5
    SEQ_ADJUST = 1 << 6
    SRC_NAT_DONE = 1 << 7
    DST_NAT_DONE = 1 << 8
    DYING = 1 << 9
    FIXED_TIMEOUT = 1 << 10
    TEMPLATE = 1 << 11
    NAT_CLASH = 1 << 12
    HELPER = 1 << 13
    OFFLOAD = 1 << 14
    HW_OFFLOAD = 1 << 15


NUMBERS: Mapping[str, type[np.integer[Any]]] = {
    "family": np.uint8,
    "protocol": np.uint8,
    "id": np.uint32,
    "state": np.int8,
    "status": np.uint32,
    "timeout": np.int64,
    "started": np.int64,
    "mark": np.uint32,
    "zone": np.uint16,
    "zone_of": np.uint8,
    **{f"{way}_{end}_port": np.uint16 for way in DIRECTIONS for end in ("source", "destination")},
    **{f"{way}_{what}": np.int64 for way in DIRECTIONS for what in ("packets", "bytes")},
}
"""Columns of `conntrack` but for the addresses, with their types."""

ADDRESSES = tuple(f"{way}_{end}" for way in DIRECTIONS for end in ("source", "destination"))

USE = ("count", "limit", "buckets", "accounting", "drop", "early_drop", "insert_failed")


def no_entries() -> Table:
    """Table `conntrack` without a row."""
    columns: dict[str, Column] = {name: np.empty(0, kind) for name, kind in NUMBERS.items()}
    columns |= {name: np.empty((0, 16), np.uint8) for name in ADDRESSES}
    return Table(columns)
