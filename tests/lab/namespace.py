"""Network namespaces to experiment in: made, entered, joined by virtual wires, and removed without trace."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, Self

from tests.lab import guard

CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_NUMBERS = count()


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


@lru_cache(maxsize=1)
def _guard(owner: int) -> subprocess.Popen[bytes]:
    """The process that removes what `owner` leaves behind, however it ends."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__, f"sockscope-{owner}-"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


class Namespace:
    """A network namespace of its own name, its loopback up; a context manager.

    Raises CalledProcessError where the kernel or a missing privilege refuses it.
    """

    def __init__(self) -> None:
        _guard(os.getpid())
        self.name = f"sockscope-{os.getpid()}-{next(_NUMBERS)}"
        subprocess.run(["ip", "netns", "add", self.name], check=True, capture_output=True)
        self._descriptor = os.open(guard.NAMESPACES / self.name, os.O_RDONLY | os.O_CLOEXEC)
        self.ip("link", "set", "lo", "up")
        for scope in ("all", "default"):  # addresses hold at once, without looking for duplicates
            with contextlib.suppress(FileNotFoundError):
                self.sysctl(f"net/ipv6/conf/{scope}/accept_dad", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill what still runs in the namespace and delete it; open sockets keep it alive, unseen."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            guard.remove(self.name)

    @property
    def inode(self) -> int:
        """The number by which the kernel tells it from others."""
        return os.fstat(self._descriptor).st_ino

    def run(self, command: Sequence[str], *, check: bool = True, **more: Any) -> str:
        """Run a command in the namespace, with its own /sys; the standard output.

        Raises CalledProcessError when it fails, with what it wrote to standard error.
        """
        done = subprocess.run(
            self.command(command),
            check=check,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            **more,
        )
        return str(done.stdout)

    def popen(self, command: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
        """Start a command in the namespace; it is killed at the latest when the namespace is closed."""
        return subprocess.Popen(self.command(command), **more)

    def command(self, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` in the namespace; both have the same process id."""
        return ["ip", "netns", "exec", self.name, *command]

    def ip(self, *arguments: str) -> str:
        """Run ip(8) on the namespace, without the cost of entering it."""
        done = subprocess.run(
            ["ip", "-n", self.name, *arguments], check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Let the calling main thread be in the namespace for a while.

        Sockets opened meanwhile stay there for ever; /proc/net and /proc/sys/net show it, /sys does not.
        """
        if threading.get_native_id() != os.getpid():
            raise RuntimeError(
                "only the main thread may enter a namespace: /proc/net follows the main thread"
            )
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(self._descriptor)
            try:
                yield
            finally:
                _enter(home)
        finally:
            os.close(home)

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket of this namespace, usable from anywhere."""
        with self.inside():
            return socket.socket(family, kind, protocol)

    def read(self, path: str) -> str:
        """A file as it reads from inside, such as `/proc/net/tcp`."""
        with self.inside():
            return Path(path).read_text(encoding="utf-8", errors="surrogateescape")

    def sysctl(self, name: str, value: int | str) -> None:
        """Set a parameter of the namespace, such as `net/ipv4/tcp_syncookies`."""
        with self.inside():
            Path("/proc/sys", name).write_text(f"{value}\n", encoding="ascii")

    def processes(self) -> list[int]:
        """Ids of the processes that are in the namespace, the calling one left out."""
        return guard.holders(self.name)


def pair(
    one: Namespace,
    other: Namespace,
    ours: Sequence[str] = ("10.0.0.1/24",),
    theirs: Sequence[str] = ("10.0.0.2/24",),
    *,
    device: str = "eth0",
    their_device: str = "eth0",
) -> None:
    """Join two namespaces by a virtual wire, both ends up, with addresses such as `10.0.0.1/24`."""
    one.ip(
        "link", "add", device, "type", "veth", "peer", "name", their_device, "netns", other.name
    )  # fmt: skip
    for namespace, name, addresses in ((one, device, ours), (other, their_device, theirs)):
        for address in addresses:
            namespace.ip("address", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
        namespace.ip("link", "set", name, "up")
