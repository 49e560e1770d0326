"""Network interfaces and their addresses, from rtnetlink or /proc/net/dev.

The tables are described in `frames/links.py`.
"""

from __future__ import annotations

import time

from sockscope.app.collectors import netdev
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.linkmsg import RTM_GETADDR, RTM_GETLINK, Addresses, Links
from sockscope.app.collectors.linkspeed import SYS_NET, LinkSpeeds
from sockscope.app.collectors.netlink import NETLINK_ROUTE, Dump, NetlinkSocket, failed, strerror
from sockscope.app.frames.frame import Note
from sockscope.app.frames.links import no_links
from sockscope.app.frames.table import Column, Table

_IFINFOMSG, _IFADDRMSG = bytes(16), bytes(8)
"""Requests for everything: links and addresses of every family."""
_INTERRUPTED = "the list changed twice while the kernel told it, so something may be missing or told twice"


class LinksCollector:
    """Tables `links` and `addresses` of the network namespace of the thread that makes it."""

    provides: tuple[str, ...] = ("links", "addresses")

    def __init__(self, proc_net: str = netdev.PROC_NET, sys_net: str = SYS_NET) -> None:
        self._proc_net = proc_net
        self._sys_net = sys_net
        self._speeds = LinkSpeeds(sys_net)
        self._links_read, self._addresses_read = Links(), Addresses()
        self._route: NetlinkSocket | None = None
        self._refused = 0
        self._open()

    def collect(self) -> Collected:
        """All interfaces and addresses as they are now."""
        if self._route is None:
            self._open()
        links, link_notes = self._links()
        addresses, address_notes = self._addresses()
        return Collected({"links": links, "addresses": addresses}, link_notes + address_notes)

    def close(self) -> None:
        """Close the netlink socket."""
        if self._route is not None:
            self._route.close()
            self._route = None

    def _open(self) -> None:
        try:
            self._route = NetlinkSocket(NETLINK_ROUTE)
        except OSError as refused:
            self._refused = refused.errno or 1

    def _links(self) -> tuple[Table, tuple[Note, ...]]:
        taken = time.monotonic()
        dump = self._dump(RTM_GETLINK, _IFINFOMSG)
        if dump.error:
            return self._fallback(taken, dump.error)
        notes = (Note("links", "incomplete", _INTERRUPTED),) if dump.interrupted else ()
        return self._with_speed(self._links_read.columns(dump), taken), notes

    def _fallback(self, taken: float, refused: int) -> tuple[Table, tuple[Note, ...]]:
        why = f"netlink: {strerror(refused)}"
        try:
            columns = netdev.links(self._proc_net, self._sys_net)
        except OSError as unreadable:
            both = f"{why}; /proc/net/dev: {unreadable.strerror or unreadable}"
            return Table(no_links().columns, taken), (Note("links", "failed", both),)
        return self._with_speed(columns, taken), (
            Note("links", "fallback", f"{why}; read from /proc/net/dev, which knows fewer counters"),
        )

    def _with_speed(self, columns: dict[str, Column], taken: float) -> Table:
        links = Table(columns, taken)
        speed, duplex = self._speeds.read(links)
        return links.with_columns(speed_mbps=speed, duplex=duplex)

    def _addresses(self) -> tuple[Table, tuple[Note, ...]]:
        taken = time.monotonic()
        dump = self._dump(RTM_GETADDR, _IFADDRMSG)
        table = Table(self._addresses_read.columns(dump), taken)
        if dump.error:
            return table, (Note("addresses", "missing", f"netlink: {strerror(dump.error)}"),)
        return table, (Note("addresses", "incomplete", _INTERRUPTED),) if dump.interrupted else ()

    def _dump(self, kind: int, request: bytes) -> Dump:
        """One dump, asked for again once if it was interrupted."""
        if self._route is None:
            return failed(self._refused)
        dump = self._route.dump(kind, request)
        return self._route.dump(kind, request) if dump.interrupted else dump
