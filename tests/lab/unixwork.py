"""Unix sockets of the scene's programs: what is bound, what is connected; told as data, run in program.py.

Names that begin with `@` are abstract. Paths under /run are those of the machine that the programs run on
(machine.py), which nothing outside it sees.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = {"stream": socket.SOCK_STREAM, "dgram": socket.SOCK_DGRAM, "seqpacket": socket.SOCK_SEQPACKET}
_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class UnixPort:
    """A name that is bound, and listened on but for datagrams."""

    name: str
    kind: str = "stream"
    backlog: int = 128
    accepts: bool = True
    """False: connections stay in the accept queue."""


@dataclass(frozen=True, slots=True)
class UnixCalls:
    """Sockets that are connected to a name and stay so."""

    name: str
    kind: str = "stream"
    number: int = 1
    unread: int = 0
    """Bytes sent that nobody reads."""


def address(name: str) -> str:
    """The name as bind(2) takes it."""
    return "\0" + name[1:] if name.startswith("@") else name


def bound(port: UnixPort) -> socket.socket:
    """A socket with that name, listening if its kind can."""
    made = socket.socket(socket.AF_UNIX, KINDS[port.kind])
    if not port.name.startswith("@"):
        Path(port.name).parent.mkdir(parents=True, exist_ok=True)
    made.bind(address(port.name))
    if not port.name.startswith("@"):
        Path(port.name).chmod(0o666)
    if port.kind != "dgram":
        made.listen(port.backlog)
    made.setblocking(False)
    return made


async def serve(port: UnixPort, made: socket.socket) -> None:
    """Accept and keep, or receive and forget."""
    loop = asyncio.get_running_loop()
    kept = []
    while True:
        if port.kind == "dgram":
            await loop.sock_recv(made, 65536)
        else:
            kept.append((await loop.sock_accept(made))[0])


async def call(calls: UnixCalls) -> None:
    """Connect, send what is to be sent, and stay."""
    made = await _connected(calls)
    if calls.unread:
        made.send(b"x" * calls.unread)
    await asyncio.Event().wait()


async def _connected(calls: UnixCalls) -> socket.socket:
    while True:
        made = socket.socket(socket.AF_UNIX, KINDS[calls.kind])
        made.setblocking(False)
        with contextlib.suppress(OSError):  # not bound yet, or its queue is full
            made.connect(address(calls.name))
            return made
        made.close()
        await asyncio.sleep(_AGAIN)


def tasks(ports: tuple[UnixPort, ...], made: list[socket.socket], calls: tuple[UnixCalls, ...]) -> list[Any]:
    """What a program does with its unix sockets."""
    serving = [serve(port, each) for port, each in zip(ports, made, strict=True) if port.accepts]
    return [*serving, *(call(each) for each in calls for _ in range(each.number))]
