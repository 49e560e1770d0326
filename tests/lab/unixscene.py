"""A namespace with a unix socket of every kind in every state, all this process's own."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import tempfile
from pathlib import Path

from tests.lab.held import Held
from tests.lab.namespace import Namespace

HOSTILE = (b"\0two\0parts\0\0", b"\0\x1b[2J\nfoo", b"\0", b"\0\xff\xfe")
"""Abstract names that would disturb a terminal."""
WAITING = 3
BACKLOG = 2
_LONGEST = 108


class UnixScene(Held):
    """`namespace` and `sockets` by what they are. With `hostile` also such names."""

    def __init__(self, *, hostile: bool = False) -> None:
        self._hostile = hostile
        self.sockets: dict[str, socket.socket] = {}
        super().__init__()

    def _make(self) -> None:
        self.namespace = self._held.enter_context(Namespace())
        self.directory = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="unix-")))
        with self.namespace.inside():
            self._make_usual()
            if self._hostile:
                self._make_hostile()

    def inode(self, name: str) -> int:
        """Inode of one of the sockets."""
        return os.fstat(self.sockets[name].fileno()).st_ino

    def _new(self, name: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
        return self._keep(name, socket.socket(socket.AF_UNIX, kind))

    def _keep(self, name: str, made: socket.socket) -> socket.socket:
        made.setblocking(False)
        self.sockets[name] = self._held.enter_context(made)
        return made

    def _listen(
        self, name: str, address: str, kind: int = socket.SOCK_STREAM, backlog: int = 5
    ) -> socket.socket:
        made = self._new(name, kind)
        made.bind(address)
        made.listen(backlog)
        return made

    def _connect(self, name: str, address: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
        made = self._new(name, kind)
        made.connect(address)
        return made

    def _make_usual(self) -> None:
        path = str(self.directory / "server.sock")
        listener = self._listen("listener", path)
        self._connect("client", path)
        self._keep("accepted", listener.accept()[0])
        self._listen("full", "\0full", backlog=BACKLOG)
        for number in range(WAITING):
            self._connect(f"waiting {number}", "\0full")
        packets = self._listen("packets", "\0packets", socket.SOCK_SEQPACKET)
        self._connect("packets client", "\0packets", socket.SOCK_SEQPACKET)
        self._keep("packets accepted", packets.accept()[0]).send(b"x" * 30)
        one, other = socket.socketpair()
        self._keep("pair", one).send(b"y" * 50)
        self._keep("pair's other", other)
        left, gone = socket.socketpair()
        gone.close()
        self._keep("left alone", left)
        self._new("log", socket.SOCK_DGRAM).bind("\0log")
        self._connect("sender", "\0log", socket.SOCK_DGRAM).send(b"z" * 7)
        self._connect("sender 2", "\0log", socket.SOCK_DGRAM)
        self._new("lone")
        self._new("named by the kernel").bind("")
        shut = self._connect("half shut", path)
        self._keep("half shut's other", listener.accept()[0])
        shut.shutdown(socket.SHUT_WR)

    def _make_hostile(self) -> None:
        for number, name in enumerate(HOSTILE):
            _bind(self._new(f"hostile {number}"), name)
        self.broken = str(self.directory / "line\nend \x1b]0;x\x07")
        self._listen("line end", self.broken)
        self.longest = str(self.directory).encode().ljust(_LONGEST, b"/").removesuffix(b"/") + b"L"
        _bind(self._new("longest"), self.longest)


def _bind(made: socket.socket, name: bytes) -> None:
    """bind(2) with these very bytes, for Python refuses a path without a NUL at its end."""
    address = struct.pack("=H", socket.AF_UNIX) + name
    if ctypes.CDLL(None, use_errno=True).bind(made.fileno(), address, len(address)):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), name)
