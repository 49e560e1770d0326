"""Routes of all tables, IPv4 and IPv6, from rtnetlink; from /proc/net where that is refused.

`routes`: family u1 (2, 10), table u4, type u1, protocol u1, scope u1, tos u1, flags u4 (rtm_flags; the low
bits are RTNH_F_ of a single next hop), destination_length u1, source_length u1, destination (n, 16) u1,
source_prefix (n, 16) u1, gateway_family u1 (0 none), gateway (n, 16) u1, preferred_source_known u1,
preferred_source (n, 16) u1, device u4 (index, 0 none), metric u4, mtu u4, advmss u4, window u4, rtt u4 (1/8
ms) (these four: 0 not set), pref i1 (RFC 4191: 0 medium, 1 high, 3 low, -1 none), expires i4 (1/100 s, 0
none, below 0 run out or not told), nexthop_id u4, encapsulation u2, advertised u1 (prefix route made by a
router advertisement), hops u4 (0: not multipath), first_hop u4 (row in `nexthops`).

`nexthops`, the hops of multipath routes: route u4 (row in `routes`), gateway_family u1, gateway (n, 16) u1,
device u4, weight u2, flags u1 (RTNH_F_).
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from sockscope.app.collectors import procroute, rtmsg
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import NETLINK_ROUTE, Dump, NetlinkSocket, failed, strerror
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table

_RTM_GETROUTE = 26
_RTM_F_PREFIX = 0x800
_REQUEST = struct.Struct("=B7xI")
"""struct rtmsg with a family and flags, all else unset."""
_TRIES = 3
"""How often a dump is asked for when the kernel says that the table changed under it."""

_Part = tuple[Table, Table]


class RoutesCollector:
    """Asks rtnetlink for every route; `proc_net` is the directory that serves where netlink does not.

    `index_of` gives the index of a device by its name (0: none), for the files of /proc name devices only.
    """

    provides = ("routes", "nexthops")

    def __init__(
        self,
        proc_net: str = "/proc/thread-self/net",
        index_of: Callable[[str], int] | None = None,
        connect: Callable[[int], NetlinkSocket] = NetlinkSocket,
    ) -> None:
        self._proc_net = Path(proc_net)
        self._index_of = index_of or _index_of
        self._connect = connect
        self._socket: NetlinkSocket | None = None

    def collect(self) -> Collected:
        """Tables `routes` and `nexthops`; IPv4 first, each family in the kernel's order."""
        notes: list[Note] = []
        taken = time.monotonic()
        parts = [self._family(socket.AF_INET, notes), self._family(socket.AF_INET6, notes)]
        known = [part for part in parts if part is not None]
        if not known:
            return Collected({}, tuple(notes))
        routes, nexthops = rtmsg.join(known)
        tables = {"routes": Table(routes.columns, taken), "nexthops": Table(nexthops.columns, taken)}
        return Collected(tables, tuple(notes))

    def close(self) -> None:
        """Close the netlink socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _family(self, family: int, notes: list[Note]) -> _Part | None:
        """Both tables of one address family, None if they cannot be known."""
        answer = self._dump(family)
        if answer.error:
            return self._from_files(family, answer.error, notes)
        if answer.interrupted:
            notes.append(Note("routes", "incomplete", "routes changed while the kernel listed them"))
        routes, nexthops = rtmsg.decode(answer, family)
        if family == socket.AF_INET6 and len(routes):
            prefixes, _ = rtmsg.decode(self._dump(family, _RTM_F_PREFIX), family)
            routes = rtmsg.with_advertised(routes, prefixes)
        return routes, nexthops

    def _dump(self, family: int, flags: int = 0) -> Dump:
        try:
            if self._socket is None:
                self._socket = self._connect(NETLINK_ROUTE)
            return dump(self._socket, family, flags)
        except OSError as refused:
            return failed(refused.errno or 1)

    def _from_files(self, family: int, error: int, notes: list[Note]) -> _Part | None:
        name, parse, lacking = _FILES[family]
        reason = strerror(error)
        try:
            text = (self._proc_net / name).read_bytes()
        except FileNotFoundError:
            if family == socket.AF_INET6 and not (self._proc_net / "if_inet6").exists():
                return rtmsg.nothing()
            notes.append(Note("routes", "missing", f"netlink: {reason}; /proc/net/{name} does not exist"))
            return None
        except OSError as refused:
            why = f"netlink: {reason}; /proc/net/{name}: {strerror(refused.errno or 1)}"
            notes.append(Note("routes", "forbidden", why))
            return None
        notes.append(Note("routes", "fallback", f"netlink: {reason}; from /proc/net/{name}: {lacking}"))
        return parse(text, self._index_of), rtmsg.nothing()[1]


def dump(netlink: NetlinkSocket, family: int, flags: int = 0) -> Dump:
    """The routes of one address family; `flags` (RTM_F_) choose which. Asked again a few times while the
    kernel says that they changed under it."""
    request = _REQUEST.pack(family, flags)
    for _ in range(_TRIES):
        answer = netlink.dump(_RTM_GETROUTE, request)
        if not answer.interrupted:
            break
    return answer


def _index_of(name: str) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


_FILES: dict[int, tuple[str, Callable[[bytes, Callable[[str], int]], Table], str]] = {
    socket.AF_INET: ("route", procroute.routes_4, "only table main, first next hops, no protocol"),
    socket.AF_INET6: ("ipv6_route", procroute.routes_6, "tables and most protocols are not told"),
}
