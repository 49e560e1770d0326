"""Sockets of families without connections of the internet: tables `packet`, `netlink` and `vsock`.

Each is described in the file of its name.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable

from sockscope.app.collectors import netlinksockets, packet, procnet, vsock
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.inetdiag import SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump, NetlinkSocket, strerror
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table
from sockscope.app.record import dataclass

_LACKING = (errno.ENOENT, errno.EINVAL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EOPNOTSUPP)
"""Answers that mean: this kernel has no such family, or no such dump."""


@dataclass(frozen=True, slots=True)
class _Family:
    """How one table is asked for, decoded, and read from a file where there is no such dump; `name` is the
    kernel's in /proc/net/protocols."""

    table: str
    name: str
    request: bytes
    decode: Callable[[Dump], Table]
    from_file: Callable[[str], Table | None] | None = None


_FAMILIES = (
    _Family("packet", "PACKET", packet.REQUEST, packet.decode, packet.from_file),
    _Family("netlink", "NETLINK", netlinksockets.REQUEST, netlinksockets.decode, netlinksockets.from_file),
    _Family("vsock", "AF_VSOCK", vsock.REQUEST, vsock.decode),
)


class OthersCollector:
    """Asks sock_diag family by family. One that the kernel lacks gives no table and no note; it is not
    asked for, because that would make the kernel load its module."""

    provides = ("packet", "netlink", "vsock")

    def __init__(
        self,
        proc_net: str = procnet.PROC_NET,
        connect: Callable[[int], NetlinkSocket] = NetlinkSocket,
    ) -> None:
        self._proc_net = proc_net
        self._connect = connect
        self._netlink: NetlinkSocket | None = None
        self._lacking: set[str] = set()

    def collect(self) -> Collected:
        """One dump of each family that there is."""
        taken = time.monotonic()
        tables: dict[str, Table] = {}
        refused: list[str] = []
        there = procnet.in_use(self._proc_net)
        for family in _FAMILIES:
            if there is not None and family.name not in there:
                continue
            table = self._family(family, refused)
            if table is not None:
                tables[family.table] = Table(table.columns, taken)
        return Collected(tables, tuple(Note("packet", "fallback", why) for why in refused[:1]))

    def close(self) -> None:
        """Close the netlink socket."""
        if self._netlink is not None:
            self._netlink.close()
            self._netlink = None

    def _family(self, family: _Family, refused: list[str]) -> Table | None:
        if family.table not in self._lacking:
            error = self._dump(family)
            if isinstance(error, Table):
                return error
            if error in _LACKING:
                self._lacking.add(family.table)
            elif family.from_file is not None:
                refused.append(f"sock_diag: {strerror(error)}; read from /proc/net instead, which knows less")
        return None if family.from_file is None else family.from_file(self._proc_net)

    def _dump(self, family: _Family) -> Table | int:
        """The table, or the errno with which it was refused."""
        try:
            if self._netlink is None:
                self._netlink = self._connect(NETLINK_SOCK_DIAG)
            dump = self._netlink.dump(SOCK_DIAG_BY_FAMILY, family.request)
        except OSError as refused:
            return refused.errno or errno.EIO
        return dump.error or family.decode(dump)
