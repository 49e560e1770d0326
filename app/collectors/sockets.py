"""Internet sockets from sock_diag: `sockets`, one row each, `tcp_states`, the count of every TCP state, and
`tcp_info` (tcpinfo.py).

Layouts: linux/inet_diag.h (struct inet_diag_req_v2, struct inet_diag_msg).

`sockets` has the columns family u1 (AF_INET, AF_INET6), protocol u2 (IPPROTO_*), state u1 (1..11 as in
tcp_states.h, 13 bound but inactive), timer u1, retrans u1, expires u4 (ms), local_address and remote_address
(rows, 16) u1 in network order (IPv4 in the first four), local_port and remote_port u2, interface u4 (index
of the bound device), cookie u8 (0 where there is none), rx_queue and tx_queue u4, uid u4, inode u8, v6only i1
(-1 unknown) and drops i8 (-1 unknown). Where rows are left out, `inodes` has those of all sockets
all the same, in one column inode u8, with repeats.
"""

from __future__ import annotations

import errno
import socket
import struct
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, procnet, tcpinfo
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump, NetlinkSocket
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table, concatenate

TCPDIAG_GETSOCK = 18
SOCK_DIAG_BY_FAMILY = 20
IPPROTO_UDPLITE = 136

SYN_RECV = 3
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
_BOTH_FAMILIES = struct.Struct("=xxxB48xI4x")
"""struct inet_diag_req: the older request walks the tables once for IPv4 and IPv6 together."""
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

_DATAGRAMS = (socket.IPPROTO_UDP, IPPROTO_UDPLITE)

NEVER_SPARED = frozenset({SYN_RECV, LISTEN})
"""States whose rows others need: a connection that nobody has accepted yet belongs to its listener."""
SPARED_FROM = 10_000
"""Rows that must be left out at least, for fewer are not worth it."""


class SocketsCollector:
    """Dumps TCP, UDP and UDP-Lite over netlink, and raw sockets from /proc/net.

    Where sock_diag is refused everything comes from /proc/net, and a note says so.
    """

    provides = ("sockets", "tcp_states", "tcp_info", "inodes")

    def __init__(self, proc_net: str = procnet.PROC_NET) -> None:
        self._proc_net = proc_net
        self._absent: set[tuple[int, int]] = set()
        self._netlink: NetlinkSocket | None = None
        self._refused = ""
        self.choose(frozenset({"sockets"}), None)
        try:
            self._netlink = NetlinkSocket(NETLINK_SOCK_DIAG)
        except OSError as refused:
            self._refused = netlink.strerror(refused.errno or 0)

    def choose(self, wanted: frozenset[str], states: frozenset[int] | None) -> None:
        """From now on bring only these tables, and where that spares much only TCP rows in these states.

        `tcp_states` always comes, and always counts all.
        """
        self._wanted = wanted
        self._states = None if states is None else states | NEVER_SPARED

    def close(self) -> None:
        """Close the netlink socket."""
        if self._netlink is not None:
            self._netlink.close()

    def collect(self) -> Collected:
        """One dump of every protocol and family; a socket that moved during the dump is there once."""
        taken = time.monotonic()
        tables = self._over_netlink()
        if tables is not None:
            return Collected({name: Table(table.columns, taken) for name, table in tables.items()})
        note = Note("sockets", "fallback", f"sock_diag: {self._refused}; read from /proc/net instead")
        rows = self._files("tcp", "tcp6")
        told = {"tcp_states": tcp_states(Table(rows.columns, taken))}
        if "sockets" in self._wanted:
            rows = concatenate([rows, self._files("udp", "udp6", "udplite", "udplite6", "raw", "raw6")])
            told["sockets"] = Table(rows.columns, taken)
        return Collected(told, (note,))

    def _over_netlink(self) -> dict[str, Table] | None:
        """None where sock_diag is refused."""
        tcp = self._tcp()
        if tcp is None:
            return None
        told = {"tcp_states": _table_of_counts(np.concatenate([state for _, state in tcp]))}
        shown = self._shown(tcp)
        if "tcp_info" in self._wanted:
            told["tcp_info"] = concatenate([tcpinfo.decode(dump, _MESSAGE) for dump in shown])
        if "sockets" in self._wanted:
            others = self._others()
            if others is None:
                return None
            rows = concatenate([*(decode(dump, socket.IPPROTO_TCP) for dump in shown), *others])
            told["sockets"] = rows
            if sum(map(len, shown)) < sum(len(dump) for dump, _ in tcp):
                inodes = [_inodes(dump) for dump, _ in tcp]
                told["inodes"] = Table({"inode": np.concatenate([rows.numbers("inode"), *inodes])})
        return told

    def _tcp(self) -> list[tuple[Dump, NDArray[np.uint8]]] | None:
        """All TCP sockets, each once, and their states; None where they are refused."""
        info = tcpinfo.ASK if "tcp_info" in self._wanted else 0
        both = _BOTH_FAMILIES.pack(info, _ALL_TCP)
        dumps = self._ask(TCPDIAG_GETSOCK, socket.AF_UNSPEC, socket.IPPROTO_TCP, both)
        if dumps == []:
            dumps = self._by_family(socket.IPPROTO_TCP, _ALL_TCP, info)
        return None if dumps is None else [(dump, _tcp_state(dump)) for dump in dumps]

    def _shown(self, tcp: list[tuple[Dump, NDArray[np.uint8]]]) -> list[Dump]:
        """The messages that become rows."""
        if self._states is None:
            return [dump for dump, _ in tcp]
        asked = [np.isin(state, list(self._states)) for _, state in tcp]
        if sum(int((~rows).sum()) for rows in asked) < SPARED_FROM:
            return [dump for dump, _ in tcp]
        return [dump.take(rows) for (dump, _), rows in zip(tcp, asked, strict=True)]

    def _others(self) -> list[Table] | None:
        """Rows of what is not TCP; None where they are refused."""
        parts = []
        for protocol in _DATAGRAMS:
            dumps = self._by_family(protocol, _ALL_UDP, _ASK_SKMEMINFO)
            if dumps is None:
                return None
            parts += [decode(dump, protocol) for dump in dumps]
        return [*parts, self._files("raw", "raw6")]

    def _by_family(self, protocol: int, states: int, extensions: int) -> list[Dump] | None:
        dumps: list[Dump] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            payload = _REQUEST.pack(family, protocol, extensions, states)[:-8] + _NO_COOKIE
            answered = self._ask(SOCK_DIAG_BY_FAMILY, family, protocol, payload)
            if answered is None:
                return None
            dumps += answered
        return dumps

    def _ask(self, message_type: int, family: int, protocol: int, payload: bytes) -> list[Dump] | None:
        """One dump, each socket once; none where the kernel has no such thing, None where it refuses."""
        if self._netlink is None:
            return None
        if (family, protocol) in self._absent:
            return []
        dump = self._netlink.dump(message_type, payload)
        if not dump.error:
            return [each_once(netlink.whole(dump, message_type, _MESSAGE.itemsize))]
        if dump.error in _ABSENT and (family, protocol) != (socket.AF_INET, socket.IPPROTO_TCP):
            self._absent.add((family, protocol))
            return []
        self._refused = netlink.strerror(dump.error)
        self._netlink.close()
        self._netlink = None
        return None

    def _files(self, *names: str) -> Table:
        parts = procnet.sockets(self._proc_net, names)
        return concatenate(parts) if parts else procnet.no_sockets()


def each_once(dump: Dump) -> Dump:
    """A dump walks its hash table in steps, so a socket that changed state may be met twice: the later
    message counts."""
    cookies = netlink.gather(dump.buffer, dump.offsets + _at("cookie"), np.uint64)
    ordered = np.sort(cookies)
    if not (ordered[1:] == ordered[:-1]).any():
        return dump
    _, last = np.unique(cookies[::-1], return_index=True)
    return dump.take(np.sort(len(cookies) - 1 - last))


def _at(field: str) -> int:
    """Distance of a field from its nlmsghdr."""
    return netlink.HEADER.size + _OFFSETS[field]


_OFFSETS = {name: place[1] for name, place in (_MESSAGE.fields or {}).items()}


def _tcp_state(dump: Dump) -> NDArray[np.uint8]:
    """The state of each message; the kernel says CLOSE for what is bound and inactive."""
    state = netlink.gather(dump.buffer, dump.offsets + _at("state"), np.uint8)
    state[state == CLOSE] = BOUND_INACTIVE
    return state


def _inodes(dump: Dump) -> NDArray[np.uint64]:
    return netlink.gather(dump.buffer, dump.offsets + _at("inode"), np.uint32).astype(np.uint64)


def decode(dump: Dump, protocol: int) -> Table:
    """The rows of one dump of one protocol, every message whole."""
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
    return Table(columns)


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


def tcp_states(sockets: Table) -> Table:
    """Count of each TCP state: columns state u1 and count u4, one row for every state there is."""
    tcp = sockets.numbers("protocol") == socket.IPPROTO_TCP
    return Table(_table_of_counts(sockets.numbers("state")[tcp]).columns, sockets.taken)


def _table_of_counts(state: NDArray[np.uint8]) -> Table:
    counts = np.bincount(state, minlength=BOUND_INACTIVE + 1)
    states = np.array(TCP_STATES, dtype=np.uint8)
    return Table({"state": states, "count": counts[states].astype(np.uint32)})
