"""One dump of one protocol of sock_diag's inet_diag: its requests, and its messages as rows.

Layouts: linux/inet_diag.h (struct inet_diag_req_v2, struct inet_diag_msg). The columns of the rows are
described in collectors/sockets.py.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, skmeminfo
from sockscope.app.collectors.netlink import Dump
from sockscope.app.frames.table import Table

TCPDIAG_GETSOCK = 18
SOCK_DIAG_BY_FAMILY = 20

CLOSE = 7
LISTEN = 10
BOUND_INACTIVE = 13

INET_DIAG_INFO = 2
INET_DIAG_CONG = 4
INET_DIAG_SKMEMINFO = 7
INET_DIAG_SKV6ONLY = 11
INET_DIAG_MARK = 15
INET_DIAG_CGROUP_ID = 21
ASK_INFO = 1 << (INET_DIAG_INFO - 1)
ASK_CONG = 1 << (INET_DIAG_CONG - 1)
ASK_SKMEMINFO = 1 << (INET_DIAG_SKMEMINFO - 1)
_REQ_PROTOCOL = struct.Struct("=HHI")
_INET_DIAG_REQ_PROTOCOL = 3

_REQUEST = struct.Struct("=BBBxI48s")
_ENDS = struct.Struct("!HH16s16s")
_REST = struct.Struct("=IQ")
_BOTH_FAMILIES = struct.Struct("=xxxB48xI4x")
"""struct inet_diag_req: the older request walks the tables once for IPv4 and IPv6 together."""
_ANY_COOKIE = 2**64 - 1
ANY_STATE = 0xFFFFFFFF
"""The bits of all states."""
MESSAGE = np.dtype(
    [
        ("family", "u1"),
        ("state", "u1"),
        ("timer", "u1"),
        ("retrans", "u1"),
        ("local_port", ">u2"),
        ("remote_port", ">u2"),
        ("local_address", "u1", 16),
        ("remote_address", "u1", 16),
        ("interface", "u4"),
        ("cookie", "u8"),
        ("expires", "u4"),
        ("rx_queue", "u4"),
        ("tx_queue", "u4"),
        ("uid", "u4"),
        ("inode", "u4"),
    ]
)
_COLUMNS = {
    name: np.dtype(kind)
    for name, kind in {
        "family": "u1",
        "state": "u1",
        "timer": "u1",
        "retrans": "u1",
        "interface": "u4",
        "cookie": "u8",
        "expires": "u4",
        "rx_queue": "u4",
        "tx_queue": "u4",
        "uid": "u4",
        "local_address": "(16,)u1",
        "remote_address": "(16,)u1",
        "local_port": "u2",
        "remote_port": "u2",
        "inode": "u8",
    }.items()
}
"""Columns that are fields of the fixed header, and their types."""
_BLOCK = 4096
"""Messages taken apart at once: so many headers stay in the processor's cache, however many there are."""


def socket_id(
    ports: tuple[int, int] = (0, 0),
    addresses: tuple[bytes, bytes] = (b"", b""),
    interface: int = 0,
    cookie: int = _ANY_COOKIE,
) -> bytes:
    """struct inet_diag_sockid of the local and the remote end; struct.error where a number is too large. A
    dump heeds the ports alone, 0 being any."""
    return _ENDS.pack(*ports, *addresses) + _REST.pack(interface, cookie)


_ANY_SOCKET = socket_id()


def request(family: int, protocol: int, states: int, extensions: int, which: bytes = _ANY_SOCKET) -> bytes:
    """Payload of SOCK_DIAG_BY_FAMILY for the sockets of a protocol whose state's bit is set, as far as their
    `socket_id` is `which`.

    A protocol above 255 goes into an attribute; kernels before 5.9 do not know that and go by its low byte.
    """
    plain = _REQUEST.pack(family, protocol & 0xFF, extensions, states, which)
    if protocol < 0x100:
        return plain
    return plain + _REQ_PROTOCOL.pack(_REQ_PROTOCOL.size, _INET_DIAG_REQ_PROTOCOL, protocol)


def request_both(states: int, extensions: int) -> bytes:
    """Payload of TCPDIAG_GETSOCK for TCP sockets of both families."""
    return _BOTH_FAMILIES.pack(extensions, states)


def each_once(dump: Dump) -> Dump:
    """A dump walks its hash table in steps, so a socket that changed state may be met twice: the later
    message counts."""
    return netlink.each_once(dump, cookies(dump))


def cookies(dump: Dump) -> NDArray[np.uint64]:
    """The cookie of each message."""
    return netlink.gather(dump.buffer, dump.offsets + _at("cookie"), np.uint64)


def _at(field: str) -> int:
    """Distance of a field from its nlmsghdr."""
    return netlink.HEADER.size + _OFFSETS[field]


_OFFSETS = {name: place[1] for name, place in (MESSAGE.fields or {}).items()}


def tcp_state(dump: Dump) -> NDArray[np.uint8]:
    """The state of each message; the kernel says CLOSE for what is bound and inactive."""
    state = netlink.gather(dump.buffer, dump.offsets + _at("state"), np.uint8)
    state[state == CLOSE] = BOUND_INACTIVE
    return state


def inodes(dump: Dump) -> NDArray[np.uint64]:
    """The inode of each message."""
    return netlink.gather(dump.buffer, dump.offsets + _at("inode"), np.uint32).astype(np.uint64)


def cgroup_ids(dump: Dump) -> NDArray[np.uint64]:
    """The id of the cgroup in which the socket was made, 0 where the kernel does not tell (before 5.8, and of
    SYN_RECV and TIME_WAIT)."""
    found = netlink.attributes(dump, MESSAGE.itemsize, (INET_DIAG_CGROUP_ID,))
    return netlink.values(dump.buffer, found[INET_DIAG_CGROUP_ID], np.uint64, 0)


def marks(dump: Dump) -> NDArray[np.int64]:
    """The mark (SO_MARK) of each socket, -1 where the kernel does not tell, as to nobody without
    CAP_NET_ADMIN."""
    mark = netlink.attributes(dump, MESSAGE.itemsize, (INET_DIAG_MARK,))[INET_DIAG_MARK]
    told = netlink.values(dump.buffer, mark, np.uint32, 0).astype(np.int64)
    return np.where(mark.present, told, -1)


def decode(dump: Dump, protocol: int) -> Table:
    """The rows of one dump of one protocol, every message whole."""
    rows = len(dump)
    columns: dict[str, NDArray[Any]] = {name: np.empty(rows, kind) for name, kind in _COLUMNS.items()}
    for start in range(0, rows, _BLOCK):
        block = slice(start, start + _BLOCK)
        offsets = dump.offsets[block] + netlink.HEADER.size
        messages = netlink.records(dump.buffer, offsets, MESSAGE)
        for name, column in columns.items():
            column[block] = messages[name]
    columns["protocol"] = np.full(rows, protocol, dtype=np.uint16)
    columns["v6only"] = _v6only(dump, columns["family"], columns["state"])
    columns["drops"] = np.full(rows, -1, dtype=np.int64)
    if protocol == socket.IPPROTO_TCP:
        columns["state"][columns["state"] == CLOSE] = BOUND_INACTIVE
    else:
        columns["drops"] = _drops(dump)
    return Table(columns)


def _v6only(dump: Dump, family: NDArray[np.uint8], state: NDArray[np.uint8]) -> NDArray[np.int8]:
    rows = np.flatnonzero((family == socket.AF_INET6) & ((state == LISTEN) | (state == CLOSE)))
    if not len(rows):
        return np.full(len(dump), -1, dtype=np.int8)
    found = netlink.attributes(dump, MESSAGE.itemsize, (INET_DIAG_SKV6ONLY,), rows)
    return netlink.values(dump.buffer, found[INET_DIAG_SKV6ONLY], np.int8, -1)


def _drops(dump: Dump) -> NDArray[np.int64]:
    found = netlink.attributes(dump, MESSAGE.itemsize, (INET_DIAG_SKMEMINFO,))
    return skmeminfo.number(dump.buffer, found[INET_DIAG_SKMEMINFO], skmeminfo.DROPS)
