"""Internet sockets from sock_diag: `sockets`, one row each, `tcp_states`, the count of every TCP state,
`tcp_info` (tcpinfo.py), `mptcp` (mptcp.py) where there is such a connection, `cgroups` with `cgroup_paths`
(cgroups.py): the cgroup of each row, and `marks`: the mark of each.

Layouts: inetdiag.py.

`sockets` has the columns family u1 (AF_INET, AF_INET6), protocol u2 (IPPROTO_*), state u1 (1..11 as in
tcp_states.h, 13 bound but inactive; of SCTP associations, which have a remote port, 0..7 as in
sctp/constants.h), timer u1, retrans u1, expires u4 (ms), local_address and remote_address (rows, 16) u1 in
network order (IPv4 in the first four), local_port and remote_port u2, interface u4 (index of the bound
device), cookie u8 (0 where there is none; associations of one SCTP socket share it), rx_queue and tx_queue
u4, uid u4, inode u8, v6only i1 (-1 unknown) and drops i8 (-1 unknown). Where rows are left out, `inodes` has
those of all sockets all the same, in one column inode u8, with repeats. `cgroups` has the column id u8 (0
unknown), `marks` the column mark i8 (-1 unknown), both with a place for each row of `sockets`.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import mptcp, netlink, procnet, tcpinfo
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.cgroups import CgroupTree
from sockscope.app.collectors.inetdiag import (
    ANY_STATE,
    ASK_CONG,
    ASK_INFO,
    ASK_SKMEMINFO,
    BOUND_INACTIVE,
    CLOSE,
    LISTEN,
    MESSAGE,
    SOCK_DIAG_BY_FAMILY,
    TCPDIAG_GETSOCK,
    cgroup_ids,
    cookies,
    decode,
    each_once,
    inodes,
    marks,
    request,
    request_both,
    tcp_state,
)
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump, NetlinkSocket
from sockscope.app.frames.frame import Note
from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Table, concatenate
from sockscope.app.record import dataclass

SYN_RECV = 3
TCP_STATES = (*range(1, 12), BOUND_INACTIVE)

_ALL_TCP = sum(1 << state for state in TCP_STATES)
_ALL_UDP = 1 << 1 | 1 << CLOSE

_ABSENT = (errno.ENOENT, errno.EINVAL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EOPNOTSUPP)
"""Answers that mean: this kernel has no such protocol or family."""

_MPTCP_IS_COUNTED = (6, 3)
"""The kernel from which on /proc/net/protocols counts MPTCP sockets; before it says 0."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What sock_diag has beside TCP: names in /proc/net/protocols, the states and extensions to ask for, and
    the files that serve where this kernel has no such dump."""

    protocol: int
    names: tuple[str, ...]
    states: int
    extensions: int
    files: tuple[str, ...] = ()


_UDP = _Kind(socket.IPPROTO_UDP, (), _ALL_UDP, ASK_SKMEMINFO)
_UDPLITE = _Kind(IPPROTO_UDPLITE, ("UDP-Lite", "UDPLITEv6"), _ALL_UDP, ASK_SKMEMINFO)
_RAW = _Kind(socket.IPPROTO_RAW, ("RAW", "RAWv6"), _ALL_UDP, ASK_SKMEMINFO, ("raw", "raw6"))
_SCTP = _Kind(IPPROTO_SCTP, ("SCTP", "SCTPv6"), ANY_STATE, ASK_SKMEMINFO)
_MPTCP = _Kind(IPPROTO_MPTCP, ("MPTCP", "MPTCPv6"), ANY_STATE, ASK_SKMEMINFO | ASK_INFO)
_RARE = (_UDPLITE, _RAW, _SCTP, _MPTCP)
"""Asked for only where the kernel counts some."""

NEVER_SPARED = frozenset({SYN_RECV, LISTEN})
"""States whose rows others need: a connection that nobody has accepted yet belongs to its listener."""
SPARED_FROM = 10_000
"""Rows that must be left out at least, for fewer are not worth it."""


class SocketsCollector:
    """Dumps TCP and UDP over netlink, and what is rarer where the kernel counts any: UDP-Lite, raw sockets,
    SCTP and MPTCP. Raw sockets come from /proc/net where the kernel has no dump of them.

    Where sock_diag is refused everything comes from /proc/net, and a note says so.
    """

    provides: tuple[str, ...] = (
        "sockets", "tcp_states", "tcp_info", "mptcp", "inodes", "cgroups", "cgroup_paths", "marks",
    )  # fmt: skip

    def __init__(self, proc_net: str = procnet.PROC_NET, *, paths: bool = True) -> None:
        """Without `paths` no `cgroup_paths` are brought: somebody else looks for them."""
        self._counts_mptcp = _kernel() >= _MPTCP_IS_COUNTED
        self._proc_net = proc_net
        self._absent: set[tuple[int, int]] = set()
        self._netlink: NetlinkSocket | None = None
        self._refused = ""
        self._tree = CgroupTree() if paths else None
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
            stamped = {name: Table(table.columns, taken) for name, table in tables.items() if not table.taken}
            return Collected({**tables, **stamped})
        note = Note("sockets", "fallback", f"sock_diag: {self._refused}; read from /proc/net instead")
        rows = self._files("tcp", "tcp6")
        told = {"tcp_states": tcp_states(Table(rows.columns, taken))}
        if "sockets" in self._wanted:
            rows = concatenate([rows, self._files("udp", "udp6", "udplite", "udplite6", "raw", "raw6")])
            told["sockets"] = Table(rows.columns, taken)
            if "cgroups" in self._wanted:  # of which these files tell nothing
                told["cgroups"] = Table({"id": np.zeros(len(rows), np.uint64)}, taken)
        return Collected(told, (note,))

    def _over_netlink(self) -> dict[str, Table] | None:
        """None where sock_diag is refused."""
        counts = procnet.in_use(self._proc_net) if "sockets" in self._wanted else {}
        carried = counts is not None and any(counts.get(name) for name in _MPTCP.names)
        told_of = "tcp_info" in self._wanted
        tcp = self._tcp((ASK_INFO if carried or told_of else 0) | (ASK_CONG if told_of else 0))
        if tcp is None:
            return None
        told = {"tcp_states": _table_of_counts(np.concatenate([state for _, state in tcp]))}
        shown = self._shown(tcp)
        if told_of:
            told["tcp_info"] = concatenate([tcpinfo.decode(dump, MESSAGE) for dump in shown])
        if "sockets" in self._wanted:
            others = self._others(counts, [dump for dump, _ in tcp])
            if others is None:
                return None
            rows = concatenate([*(decode(dump, socket.IPPROTO_TCP) for dump in shown), *others.rows])
            told["sockets"] = rows
            if "cgroups" in self._wanted:
                ids = np.concatenate([*map(cgroup_ids, shown), *others.cgroups])
                told["cgroups"] = Table({"id": ids})
                if self._tree is not None:
                    told["cgroup_paths"] = self._tree.look(ids)
            if "marks" in self._wanted:
                told["marks"] = Table({"mark": np.concatenate([*map(marks, shown), *others.marks])})
            if others.mptcp:
                parts = [*map(mptcp.connections, others.mptcp), *map(mptcp.subflows, shown)]
                told["mptcp"] = concatenate(parts)
            if sum(map(len, shown)) < sum(len(dump) for dump, _ in tcp):
                every = [inodes(dump) for dump, _ in tcp]
                told["inodes"] = Table({"inode": np.concatenate([rows.numbers("inode"), *every])})
        return told

    def _tcp(self, info: int) -> list[tuple[Dump, NDArray[np.uint8]]] | None:
        """All TCP sockets, each once, and their states; None where they are refused. The kernel tells with
        ASK_INFO among `info` which of them carry MPTCP."""
        both = request_both(_ALL_TCP, info)
        dumps = self._ask(TCPDIAG_GETSOCK, socket.AF_UNSPEC, socket.IPPROTO_TCP, both)
        if dumps == []:
            dumps = self._by_family(socket.IPPROTO_TCP, _ALL_TCP, info)
        return None if dumps is None else [(dump, tcp_state(dump)) for dump in dumps]

    def _shown(self, tcp: list[tuple[Dump, NDArray[np.uint8]]]) -> list[Dump]:
        """The messages that become rows."""
        if self._states is None:
            return [dump for dump, _ in tcp]
        asked = [np.isin(state, list(self._states)) for _, state in tcp]
        if sum(int((~rows).sum()) for rows in asked) < SPARED_FROM:
            return [dump for dump, _ in tcp]
        return [dump.take(rows) for (dump, _), rows in zip(tcp, asked, strict=True)]

    def _others(self, counts: Mapping[str, int] | None, tcp: list[Dump]) -> _Others | None:
        """What is not TCP; None where it is refused."""
        others = _Others()
        for kind in (_UDP, *(kind for kind in _RARE if self._worth_asking(kind, counts))):
            dumps = self._by_family(kind.protocol, kind.states, kind.extensions)
            if dumps is None:
                return None
            if kind is _MPTCP and self._answered_as_tcp(dumps, tcp):
                continue
            others.rows += [decode(dump, kind.protocol) for dump in dumps]
            if "cgroups" in self._wanted:
                others.cgroups += map(cgroup_ids, dumps)
            if "marks" in self._wanted:
                others.marks += map(marks, dumps)
            if kind.files and not dumps:
                listed = self._files(*kind.files)
                others.rows.append(listed)
                others.cgroups.append(np.zeros(len(listed), np.uint64))
                others.marks.append(np.full(len(listed), -1, np.int64))
            if kind is _MPTCP:
                others.mptcp = [dump for dump in dumps if len(dump)]
        return others

    def _worth_asking(self, kind: _Kind, counts: Mapping[str, int] | None) -> bool:
        """Whether the kernel may have such sockets in this namespace."""
        if counts is None:
            return True
        there = [counts[name] for name in kind.names if name in counts]
        return any(there) or (kind is _MPTCP and bool(there) and not self._counts_mptcp)

    def _answered_as_tcp(self, dumps: list[Dump], tcp: list[Dump]) -> bool:
        """Whether this kernel went by the low byte of the protocol, as before 5.9: it is not asked again."""
        told = [cookies(dump) for dump in dumps if len(dump)]
        if not told or not any(np.isin(cookies(dump), np.concatenate(told)).any() for dump in tcp):
            return False
        self._absent |= {(family, IPPROTO_MPTCP) for family in (socket.AF_INET, socket.AF_INET6)}
        return True

    def _by_family(self, protocol: int, states: int, extensions: int) -> list[Dump] | None:
        dumps: list[Dump] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            payload = request(family, protocol, states, extensions)
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
            whole = netlink.whole(dump, message_type, MESSAGE.itemsize)
            return [whole if protocol == IPPROTO_SCTP else each_once(whole)]
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


@dataclass(eq=False, slots=True)
class _Others:
    """What there is beside TCP: rows, the cgroups and marks of these where they are asked for, and the dumps
    of MPTCP that hold any."""

    rows: list[Table] = field(default_factory=list)
    cgroups: list[NDArray[np.uint64]] = field(default_factory=list)
    marks: list[NDArray[np.int64]] = field(default_factory=list)
    mptcp: list[Dump] = field(default_factory=list)


def tcp_states(sockets: Table) -> Table:
    """Count of each TCP state: columns state u1 and count u4, one row for every state there is."""
    tcp = sockets.numbers("protocol") == socket.IPPROTO_TCP
    return Table(_table_of_counts(sockets.numbers("state")[tcp]).columns, sockets.taken)


def _table_of_counts(state: NDArray[np.uint8]) -> Table:
    counts = np.bincount(state, minlength=BOUND_INACTIVE + 1)
    states = np.array(TCP_STATES, dtype=np.uint8)
    return Table({"state": states, "count": counts[states].astype(np.uint32)})


def _kernel() -> tuple[int, int]:
    """Version of the running kernel, (0, 0) where it is written in some other way."""
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)
