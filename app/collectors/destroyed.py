"""TCP and UDP sockets that were closed since the last tick, from sock_diag's destroy events: `destroyed`.

Layouts: inetdiag.py, tcpinfo.py; groups: linux/sock_diag.h (enum sknetlink_groups). No privilege is needed.
The kernel tells of each full socket of this network namespace when it goes, also when only TIME_WAIT is left
of it: state CLOSE, inode and uid 0, the cookie that dumps showed, of TCP the last tcp_info. Half-open
connections have no full socket, and the end of TIME_WAIT is no event. A socket that no dump had met gets its
cookie with the event, so what TIME_WAIT keeps of it has another one.

Columns: number i8, counting up from 0 as long as the sampler runs; family u1, protocol u2, local_address and
remote_address (rows, 16) u1, local_port and remote_port u2 (0 where the socket had forgotten it: reset or
refused), interface u4, cookie u8 as in `sockets`; rtt, min_rtt (us), bytes_acked, bytes_received, bytes_sent,
bytes_retrans (bytes), segs_in, segs_out, total_retrans (segments), last_data_recv (ms; far longer than the
socket existed where it never was connected), all i8, -1 unknown or not TCP. The kernel counts SYN and FIN as
a byte each in bytes_acked and a FIN in bytes_received; bytes_sent is data alone, what was sent again too.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, tcpinfo
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.inetdiag import INET_DIAG_INFO, MESSAGE, SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump
from sockscope.app.collectors.netlinkevents import EventSocket
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table

GROUPS = 0xF
"""SKNLGRP_INET_TCP_DESTROY, INET_UDP, INET6_TCP and INET6_UDP, as a mask."""
INET_DIAG_PROTOCOL = 10

MOST = 50_000
"""Events taken in one tick; more wait for the next, or are lost when the buffer is full."""
SHARE = 0.05
"""Part of one core that listening may take."""
CHEAP = 0.005
"""CPU seconds in one tick that are never too much."""
PATIENCE = 3
"""Ticks that may cost more, beyond those that cost less."""
REST = 30.0
"""Seconds without listening after that."""

FIELDS = (
    "rtt",
    "min_rtt",
    "bytes_acked",
    "bytes_received",
    "bytes_sent",
    "bytes_retrans",
    "segs_in",
    "segs_out",
    "total_retrans",
    "last_data_recv",
)
"""Columns that come from tcp_info."""
_PLACES = {name: tcpinfo.FIELDS[name] for name in FIELDS}
_NO_MIN_RTT = 2**32 - 1


class DestroyedCollector:
    """Listens from the first tick on, and is asked in every one.

    What it costs goes with the number of closes, so it stops for a while when that is more than its share.
    """

    provides: tuple[str, ...] = ("destroyed",)

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
        listen: Callable[[], EventSocket] = lambda: EventSocket(NETLINK_SOCK_DIAG, GROUPS),
    ) -> None:
        self._monotonic = monotonic
        self._cpu = cpu
        self._listen = listen
        self._events: EventSocket | None = None
        self._number = 0
        self._last = -np.inf
        self._dear = 0
        self._resume = -np.inf
        self._refused = ""

    def collect(self) -> Collected:
        """What was closed since the last time. Where nobody listens there is no table, and a note why."""
        taken = self._monotonic()
        if self._events is None and not self._begin(taken):
            return Collected({}, (Note("destroyed", "incomplete", self._refused),))
        began = self._cpu()
        try:
            dump, lost = self._drain()
        except OSError as failed:
            self.close()
            self._refused = f"destroy events: {netlink.strerror(failed.errno or 0)}"
            return Collected({}, (Note("destroyed", "incomplete", self._refused),))
        table = Table({"number": self._numbers(len(dump)), **decode(dump).columns}, taken)
        self._weigh(self._cpu() - began, taken)
        notes = (Note("destroyed", "incomplete", LOST),) if lost else ()
        return Collected({"destroyed": table}, notes)

    def close(self) -> None:
        """Hear nothing more."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def _begin(self, now: float) -> bool:
        if now < self._resume:
            return False
        try:
            self._events = self._listen()
        except OSError as refused:
            self._refused = f"destroy events: {netlink.strerror(refused.errno or 0)}"
            self._resume = np.inf if refused.errno in _ABSENT else now + REST
            return False
        self._dear = 0
        return True

    def _drain(self) -> tuple[Dump, bool]:
        if self._events is None:
            raise OSError(errno.EBADF, "not listening")
        dump, lost = self._events.drain(MOST)
        return netlink.whole(dump, SOCK_DIAG_BY_FAMILY, MESSAGE.itemsize), lost

    def _numbers(self, rows: int) -> NDArray[np.int64]:
        self._number += rows
        return np.arange(self._number - rows, self._number, dtype=np.int64)

    def _weigh(self, cost: float, now: float) -> None:
        """Stop listening where this has cost more than its share for some ticks."""
        elapsed, self._last = now - self._last, now
        share = cost / elapsed if elapsed > 0 else 0.0
        self._dear = self._dear + 1 if share > SHARE and cost > CHEAP else max(0, self._dear - 1)
        if self._dear >= PATIENCE:
            self.close()
            self._resume = now + REST
            self._refused = f"destroy events: not heard for {REST:.0f} s, for they cost {share:.0%} of a core"


LOST = "destroy events were lost: more sockets were closed in one interval than the buffer holds"
_ABSENT = (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.ENOENT)


def decode(dump: Dump) -> Table:
    """The rows of the events, every message whole; column `number` is not among them."""
    return _decode(dump) if len(dump) else _nothing()


@lru_cache(maxsize=1)
def _nothing() -> Table:
    return _decode(Dump(b"", np.empty(0, np.intp), np.empty(0, np.intp)))


def _decode(dump: Dump) -> Table:
    fixed = netlink.fields(dump, MESSAGE)
    found = netlink.attributes(dump, MESSAGE.itemsize, (INET_DIAG_PROTOCOL, INET_DIAG_INFO))
    info = found[INET_DIAG_INFO]
    told = netlink.values(dump.buffer, found[INET_DIAG_PROTOCOL], np.uint8, 0).astype(np.uint16)
    guessed = np.where(info.present, socket.IPPROTO_TCP, socket.IPPROTO_UDP)
    columns: dict[str, NDArray[Any]] = {
        "family": np.ascontiguousarray(fixed["family"]),
        "protocol": np.where(told > 0, told, guessed).astype(np.uint16),
        "local_address": np.ascontiguousarray(fixed["local_address"]),
        "remote_address": np.ascontiguousarray(fixed["remote_address"]),
        "local_port": fixed["local_port"].astype(np.uint16),
        "remote_port": fixed["remote_port"].astype(np.uint16),
        "interface": np.ascontiguousarray(fixed["interface"]),
        "cookie": np.ascontiguousarray(fixed["cookie"]),
    }
    columns |= tcpinfo.numbers(dump.buffer, info.offsets, np.where(info.present, info.lengths, 0), _PLACES)
    columns["min_rtt"][columns["min_rtt"] == _NO_MIN_RTT] = -1
    return Table(columns)
