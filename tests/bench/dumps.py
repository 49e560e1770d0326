"""From the kernel to columns: sockets by sock_diag, beside what ss, netstat and psutil need for them."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from functools import partial

import psutil

from sockscope.app.collectors.sockets import SocketsCollector
from tests.bench import measure
from tests.bench.figure import Figure, beside
from tests.bench.load import Load
from tests.bench.measure import Cost

_FAST = 10_000
"""Sockets up to which a round is quick enough for more of them."""
_TCPDIAG_GETSOCK, _NLM_F_REQUEST_DUMP, _NLMSG_DONE, _NETLINK_SOCK_DIAG = 18, 0x301, 3, 4
_EVERY_STATE = 0xFFFF
_REQUEST = struct.Struct("=IHHII" + "xxxB48xI4x")
"""struct nlmsghdr and struct inet_diag_req (linux/inet_diag.h)."""


def columns(load: Load) -> Iterator[Figure]:
    """Sockets to columns and whole listings: CPU of one run, the median of several."""
    with contextlib.closing(SocketsCollector()) as collector:
        plain: dict[str, Callable[[], Cost]] = {
            "kernel to columns": lambda: measure.function(collector.collect),
            "ss -tan": partial(measure.command, ["ss", "-tan"]),
            "netstat -tan": partial(measure.command, ["netstat", "-tan"]),
            "psutil.net_connections": lambda: measure.function(lambda: psutil.net_connections("tcp")),
        }
        costs = measure.alternately(plain, _rounds(load))
    yield from beside(f"{load.sockets:,}", costs, "ss -tan", {"kernel to columns": 1.0})


def details(load: Load) -> Iterator[Figure]:
    """The same with struct tcp_info of every socket."""
    with contextlib.closing(SocketsCollector()) as collector:
        collector.choose(frozenset({"sockets", "tcp_info"}), None)
        plain: dict[str, Callable[[], Cost]] = {
            "kernel to columns, tcp_info": lambda: measure.function(collector.collect),
            "ss -tani": partial(measure.command, ["ss", "-tani"]),
        }
        costs = measure.alternately(plain, _rounds(load))
    yield from beside(f"{load.sockets:,}", costs, "ss -tani", {"kernel to columns, tcp_info": 1.0})


def counts(load: Load) -> Iterator[Figure]:
    """Counts of states without rows, beside the least that any program pays: the kernel's dump itself."""
    with (
        contextlib.closing(SocketsCollector()) as collector,
        contextlib.closing(SocketsCollector()) as counter,
        contextlib.closing(Floor()) as floor,
    ):
        counter.choose(frozenset(), None)
        plain: dict[str, Callable[[], Cost]] = {
            "counts of states only": lambda: measure.function(counter.collect),
            "kernel to columns": lambda: measure.function(collector.collect),
            "the kernel's dump alone": lambda: measure.function(floor.dump),
        }
        costs = measure.alternately(plain, 2 * _rounds(load))
    yield from beside(f"{load.sockets:,}", costs, "the kernel's dump alone")


def _rounds(load: Load) -> int:
    return 7 if load.sockets <= _FAST else 5


class Floor:
    """Asks for all TCP sockets and throws away what the kernel says."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
        self._socket.bind((0, 0))
        self._buffer = bytearray(32768)

    def dump(self) -> int:
        """One dump; its bytes."""
        request = _REQUEST.pack(_REQUEST.size, _TCPDIAG_GETSOCK, _NLM_F_REQUEST_DUMP, 1, 0, 0, _EVERY_STATE)
        self._socket.send(request)
        total = 0
        while True:
            size = self._socket.recv_into(self._buffer)
            total += size
            if size < 40 and struct.unpack_from("=H", self._buffer, 4)[0] == _NLMSG_DONE:
                return total

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
