"""What the kernel has cached beside its routes: path MTUs and redirects of single destinations.

`exceptions` has the columns of `routes` (routes.py); every row carries RTM_F_CLONED in `flags`, IPv4
redirects RTCF_REDIRECTED too (linux/in_route.h).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import numpy as np

from sockscope.app.collectors import rtmsg
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import NETLINK_ROUTE, NetlinkSocket, failed, strerror
from sockscope.app.collectors.routes import dump
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table, concatenate

RTM_F_CLONED = 0x200
MOST = 20_000
"""Exceptions of one address family that are told; the kernel keeps up to 10,240 for every next hop."""


class ExceptionsCollector:
    """Asks rtnetlink for cached exceptions, as `ip route show cache` does; /proc does not have them."""

    provides = ("exceptions",)

    def __init__(self, connect: Callable[[int], NetlinkSocket] = NetlinkSocket) -> None:
        self._connect = connect
        self._socket: NetlinkSocket | None = None

    def collect(self) -> Collected:
        """Table `exceptions`, IPv4 first; without those of a family that the kernel refused."""
        taken = time.monotonic()
        notes: list[Note] = []
        parts = [self._family(family, notes) for family in (socket.AF_INET, socket.AF_INET6)]
        known = concatenate([part for part in parts if part is not None] or [rtmsg.nothing()[0]])
        return Collected({"exceptions": Table(known.columns, taken)}, tuple(notes))

    def close(self) -> None:
        """Close the netlink socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _family(self, family: int, notes: list[Note]) -> Table | None:
        name = "IPv4" if family == socket.AF_INET else "IPv6"
        try:
            if self._socket is None:
                self._socket = self._connect(NETLINK_ROUTE)
            answer = dump(self._socket, family, RTM_F_CLONED)
        except OSError as refused:
            answer = failed(refused.errno or 1)
        if answer.error:
            why = f"netlink refuses the cached {name} exceptions: {strerror(answer.error)}"
            notes.append(Note("exceptions", "forbidden", why))
            return None
        found, _ = rtmsg.decode(answer, family)
        found = found.take(np.flatnonzero((found.numbers("flags") & RTM_F_CLONED) != 0))
        if len(found) > MOST:
            why = f"{MOST:,} of {len(found):,} cached {name} exceptions are told"
            notes.append(Note("exceptions", "incomplete", why))
            found = found.take(np.arange(MOST))
        return found
