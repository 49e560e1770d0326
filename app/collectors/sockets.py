"""Internet sockets from sock_diag: `sockets`, one row each, and `tcp_states`, the count of every TCP state.

Layouts: linux/inet_diag.h (struct inet_diag_req_v2, struct inet_diag_msg).

`sockets` has the columns family u1 (AF_INET, AF_INET6), protocol u2 (IPPROTO_*), state u1 (1..11 as in
tcp_states.h, 13 bound but inactive), timer u1, retrans u1, expires u4 (ms), local_address and remote_address
(rows, 16) u1 in network order (IPv4 in the first four), local_port and remote_port u2, interface u4 (index
of the bound device), cookie u8 (0 where there is none), rx_queue and tx_queue u4, uid u4, inode u8, v6only i1
(-1 unknown) and drops i8 (-1 unknown).
"""

from __future__ import annotations

import errno
import socket
import struct
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, procnet
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump, NetlinkSocket
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table, concatenate

SOCK_DIAG_BY_FAMILY = 20
IPPROTO_UDPLITE = 136

CLOSE = 7
LISTEN = 10
BOUND_INACTIVE = 13
TCP_STATES = (*range(1, 12), BOUND_INACTIVE)

_ALL_TCP = sum(1 << state for state in TCP_STATES)
_ALL_UDP = 1 << 1 | 1 << CLOSE

INET_DIAG_SKMEMINFO = 7
INET_DIAG_SKV6ONLY = 11
_ASK_SKMEMINFO = 1 << (INET_DIAG_SKMEMINFO - 1)
_SK_MEMINFO_DROPS = 8

_REQUEST = struct.Struct("=BBBxI48x")
_NO_COOKIE = b"\xff" * 8
_MESSAGE = np.dtype(
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
_PLAIN = (
    "family",
    "state",
    "timer",
    "retrans",
    "interface",
    "cookie",
    "expires",
    "rx_queue",
    "tx_queue",
    "uid",
)

_ABSENT = (errno.ENOENT, errno.EINVAL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EOPNOTSUPP)
"""Answers that mean: this kernel has no such protocol or family."""

_ASKED = (
    (socket.IPPROTO_TCP, _ALL_TCP, 0),
    (socket.IPPROTO_UDP, _ALL_UDP, _ASK_SKMEMINFO),
    (IPPROTO_UDPLITE, _ALL_UDP, _ASK_SKMEMINFO),
)


class SocketsCollector:
    """Dumps TCP, UDP and UDP-Lite over netlink, and raw sockets from /proc/net.

    Where sock_diag is refused everything comes from /proc/net, and a note says so.
    """

    provides = ("sockets", "tcp_states")

    def __init__(self, proc_net: str = procnet.PROC_NET) -> None:
        self._proc_net = proc_net
        self._absent: set[tuple[int, int]] = set()
        self._netlink: NetlinkSocket | None = None
        self._refused = ""
        try:
            self._netlink = NetlinkSocket(NETLINK_SOCK_DIAG)
        except OSError as refused:
            self._refused = netlink.strerror(refused.errno or 0)

    def close(self) -> None:
        """Close the netlink socket."""
        if self._netlink is not None:
            self._netlink.close()

    def collect(self) -> Collected:
        """One dump of every protocol and family; a socket that moved during the dump is there once."""
        taken = time.monotonic()
        parts, notes = self._dumps()
        if self._netlink is None:
            parts += procnet.sockets(self._proc_net, ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6"))
            notes = (Note("sockets", "fallback", f"sock_diag: {self._refused}; read from /proc/net instead"),)
        parts += procnet.sockets(self._proc_net, ("raw", "raw6"))
        rows = concatenate(parts) if parts else procnet.no_sockets()
        sockets = Table(rows.columns, taken)
        return Collected({"sockets": sockets, "tcp_states": tcp_states(sockets)}, notes)

    def _dumps(self) -> tuple[list[Table], tuple[Note, ...]]:
        parts: list[Table] = []
        for protocol, states, extensions in _ASKED:
            for family in (socket.AF_INET, socket.AF_INET6):
                if self._netlink is None or (protocol, family) in self._absent:
                    continue
                request = _REQUEST.pack(family, protocol, extensions, states)[:-8] + _NO_COOKIE
                dump = self._netlink.dump(SOCK_DIAG_BY_FAMILY, request)
                if not dump.error:
                    parts.append(decode(dump, protocol))
                elif dump.error in _ABSENT and (protocol, family) != (socket.IPPROTO_TCP, socket.AF_INET):
                    self._absent.add((protocol, family))
                else:
                    self._refused = netlink.strerror(dump.error)
                    self._netlink.close()
                    self._netlink = None
                    return [], ()
        return parts, ()


def decode(dump: Dump, protocol: int) -> Table:
    """The rows of one dump of one protocol, each cookie once."""
    dump = netlink.whole(dump, SOCK_DIAG_BY_FAMILY, _MESSAGE.itemsize)
    messages = netlink.fields(dump, _MESSAGE)
    columns: dict[str, NDArray[Any]] = {name: np.ascontiguousarray(messages[name]) for name in _PLAIN}
    for name in ("local_address", "remote_address"):
        columns[name] = np.ascontiguousarray(messages[name])
    for name in ("local_port", "remote_port"):
        columns[name] = messages[name].astype(np.uint16)
    columns["inode"] = messages["inode"].astype(np.uint64)
    columns["protocol"] = np.full(len(messages), protocol, dtype=np.uint16)
    columns["v6only"] = _v6only(dump, columns["family"], columns["state"])
    columns["drops"] = np.full(len(messages), -1, dtype=np.int64)
    if protocol == socket.IPPROTO_TCP:
        columns["state"][columns["state"] == CLOSE] = BOUND_INACTIVE
    else:
        columns["drops"] = _drops(dump)
    return _each_once(Table(columns))


def _v6only(dump: Dump, family: NDArray[np.uint8], state: NDArray[np.uint8]) -> NDArray[np.int8]:
    rows = np.flatnonzero((family == socket.AF_INET6) & ((state == LISTEN) | (state == CLOSE)))
    if not len(rows):
        return np.full(len(dump), -1, dtype=np.int8)
    found = netlink.attributes(dump, _MESSAGE.itemsize, (INET_DIAG_SKV6ONLY,), rows)
    return netlink.values(dump.buffer, found[INET_DIAG_SKV6ONLY], np.int8, -1)


def _drops(dump: Dump) -> NDArray[np.int64]:
    found = netlink.attributes(dump, _MESSAGE.itemsize, (INET_DIAG_SKMEMINFO,))[INET_DIAG_SKMEMINFO]
    drops = np.full(len(dump), -1, dtype=np.int64)
    told = found.lengths >= 4 * (_SK_MEMINFO_DROPS + 1)
    drops[told] = netlink.gather(dump.buffer, found.offsets[told] + 4 * _SK_MEMINFO_DROPS, np.uint32)
    return drops


def _each_once(table: Table) -> Table:
    """A dump walks its hash table in steps, so a socket that changed state may be met twice: the later row
    counts."""
    cookies = table.numbers("cookie")
    ordered = np.sort(cookies)
    if not (ordered[1:] == ordered[:-1]).any():
        return table
    _, last = np.unique(cookies[::-1], return_index=True)
    return table.take(np.sort(len(cookies) - 1 - last))


def tcp_states(sockets: Table) -> Table:
    """Count of each TCP state: columns state u1 and count u4, one row for every state there is."""
    tcp = sockets.numbers("protocol") == socket.IPPROTO_TCP
    counts = np.bincount(sockets.numbers("state")[tcp], minlength=BOUND_INACTIVE + 1)
    states = np.array(TCP_STATES, dtype=np.uint8)
    return Table({"state": states, "count": counts[states].astype(np.uint32)}, sockets.taken)
