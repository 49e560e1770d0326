"""Real sockets of a namespace, opened by the calling process and closed together."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from tests.lab.held import Held
from tests.lab.namespace import Namespace

Address = tuple[Any, ...]
"""Host, port, and for IPv6 perhaps flow and scope, as getsockname() gives it."""

PATIENCE = 15.0
"""Seconds after which something that must happen has failed to happen."""

_LINGER_RESET = struct.pack("ii", 1, 0)


def wait_for(happened: Callable[[], object], what: str) -> None:
    """Return as soon as `happened()` is true; TimeoutError, naming `what`, if it does not become so."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.005)


def family_of(host: str) -> socket.AddressFamily:
    """The address family of a numeric host."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Sockets(Held):
    """Opens sockets in `namespace`; what still has a peer ends by a reset, so that nothing lingers."""

    def __init__(self, namespace: Namespace) -> None:
        super().__init__()
        self.namespace = namespace

    def keep(self, opened: socket.socket) -> socket.socket:
        """Close this socket with the others."""
        opened.settimeout(PATIENCE)
        self._held.callback(_reset, opened)
        return opened

    def open(self, host: str, kind: int, protocol: int = 0) -> socket.socket:
        """A socket of the family of `host`, neither bound nor connected."""
        return self.keep(self.namespace.socket(family_of(host), kind, protocol))

    def bind(self, host: str = "127.0.0.1", port: int = 0, *, v6only: bool | None = None) -> socket.socket:
        """A TCP socket that holds its port and does nothing (bound-inactive)."""
        made = self.open(host, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if v6only is not None:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only))
        made.bind((host, port))
        return made

    def listen(
        self, host: str = "127.0.0.1", port: int = 0, *, backlog: int = 128, v6only: bool | None = None
    ) -> socket.socket:
        """A listener; `::` serves IPv4 as well unless `v6only`."""
        made = self.bind(host, port, v6only=v6only)
        made.listen(backlog)
        return made

    def connect(self, target: Address, source: str | None = None) -> socket.socket:
        """A connection to a listening address, perhaps from a certain address of ours."""
        made = self.open(target[0], socket.SOCK_STREAM)
        if source is not None:
            made.bind((source, 0))
        made.connect(target)
        return made

    def accept(self, listener: socket.socket) -> socket.socket:
        """The next connection of a listener."""
        return self.keep(listener.accept()[0])

    def start_connecting(self, target: Address) -> socket.socket:
        """A connection that does not wait for the answer (SYN_SENT until there is one)."""
        made = self.open(target[0], socket.SOCK_STREAM)
        made.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            made.connect(target)
        return made

    def udp(
        self, local: Address = ("127.0.0.1", 0), remote: Address | None = None, *, v6only: bool | None = None
    ) -> socket.socket:
        """A bound UDP socket, connected if there is a remote address."""
        made = self.open(local[0], socket.SOCK_DGRAM)
        if v6only is not None:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6only))
        made.bind(local)
        if remote is not None:
            made.connect(remote)
        return made

    def udp_with_drops(self, local: Address = ("127.0.0.1", 0), drops: int = 10) -> socket.socket:
        """A UDP socket with a full buffer that has lost `drops` datagrams."""
        made = self.open(local[0], socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        made.bind(local)
        sender = self.namespace.socket(made.family, socket.SOCK_DGRAM)
        with sender:
            while _drops(made) < drops:
                sender.sendto(b"x" * 512, made.getsockname())
        return made

    def raw(self, protocol: int, host: str = "127.0.0.1") -> socket.socket:
        """A raw socket of that IP protocol, bound to an address."""
        made = self.open(host, socket.SOCK_RAW, protocol)
        made.bind((host, 0))
        return made


def _reset(opened: socket.socket) -> None:
    if opened.type == socket.SOCK_STREAM:
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    opened.close()


def _drops(opened: socket.socket) -> int:
    """Datagrams the socket has lost (SO_MEMINFO, the last of nine numbers)."""
    so_meminfo = 55
    numbers = struct.unpack("9I", opened.getsockopt(socket.SOL_SOCKET, so_meminfo, 36))
    return int(numbers[8])


def inode(opened: socket.socket) -> int:
    """The inode by which /proc and the kernel's dumps name a socket."""
    return os.fstat(opened.fileno()).st_ino
