"""Network interfaces and their addresses, from rtnetlink or /proc/net/dev.

The tables are described in `frames/links.py`.
"""

from __future__ import annotations

import time

from sockscope.app.collectors import linkmsg, netdev
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.linkspeed import SYS_NET, LinkSpeeds
from sockscope.app.collectors.rtnetlink import Dump, RouteSocket, What
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Column, Table

_INTERRUPTED = "the list changed twice while the kernel told it, so something may be missing or told twice"


class LinksCollector:
    """Tables `links` and `addresses` of the network namespace of the thread that makes it."""

    provides: tuple[str, ...] = ("links", "addresses")

    def __init__(self, proc_net: str = netdev.PROC_NET, sys_net: str = SYS_NET) -> None:
        self._proc_net = proc_net
        self._sys_net = sys_net
        self._speeds = LinkSpeeds(sys_net)
        self._route: RouteSocket | None = None
        self._refused = OSError()
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
            self._route = RouteSocket()
        except OSError as refused:
            self._refused = refused

    def _links(self) -> tuple[Table, tuple[Note, ...]]:
        taken = time.monotonic()
        try:
            dump = self._dump("link")
        except OSError as refused:
            return self._fallback(taken, refused)
        notes = (Note("links", "incomplete", _INTERRUPTED),) if dump.interrupted else ()
        return self._with_speed(linkmsg.links(dump.datagrams), taken), notes

    def _fallback(self, taken: float, refused: OSError) -> tuple[Table, tuple[Note, ...]]:
        why = f"netlink: {refused.strerror or refused}"
        try:
            columns = netdev.links(self._proc_net, self._sys_net)
        except OSError as unreadable:
            both = f"{why}; /proc/net/dev: {unreadable.strerror or unreadable}"
            return self._with_speed(linkmsg.links(()), taken), (Note("links", "failed", both),)
        return self._with_speed(columns, taken), (
            Note("links", "fallback", f"{why}; read from /proc/net/dev, which knows fewer counters"),
        )

    def _with_speed(self, columns: dict[str, Column], taken: float) -> Table:
        links = Table(columns, taken)
        speed, duplex = self._speeds.read(links)
        return links.with_columns(speed_mbps=speed, duplex=duplex)

    def _addresses(self) -> tuple[Table, tuple[Note, ...]]:
        taken = time.monotonic()
        try:
            dump = self._dump("addr")
        except OSError as refused:
            why = f"netlink: {refused.strerror or refused}"
            return Table(linkmsg.addresses(()), taken), (Note("addresses", "missing", why),)
        notes = (Note("addresses", "incomplete", _INTERRUPTED),) if dump.interrupted else ()
        return Table(linkmsg.addresses(dump.datagrams), taken), notes

    def _dump(self, what: What) -> Dump:
        """One dump, asked for again once if it was interrupted."""
        if self._route is None:
            raise OSError(*self._refused.args)
        dump = self._route.dump(what)
        return self._route.dump(what) if dump.interrupted else dump
