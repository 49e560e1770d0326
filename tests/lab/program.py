"""A server program of the scene: what it listens on, whom it calls, under which name; told as data, run here.

The process needs the standard library only. The conversation is plain: a caller sends a line with a number
and gets so many bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import unixwork
from tests.lab.actor import appear_as, end_with
from tests.lab.members import Member, join
from tests.lab.others import Ear, Pair, connect, prick
from tests.lab.unixwork import UnixCalls, UnixPort

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Port:
    """A port that is listened on."""

    host: str
    port: int
    backlog: int = 511
    accepts: bool = True
    """False: connections stay in the accept queue."""
    closes: bool = False
    """Closes after each answer, so TIME_WAIT is here; else waits for the caller to close."""
    leaks: bool = False
    """Never closes what the caller has closed (CLOSE_WAIT)."""
    v6only: bool = True


@dataclass(frozen=True, slots=True)
class Datagrams:
    """A UDP port that is read from, or with `to` a socket that sends."""

    host: str
    port: int = 0
    to: tuple[str, int] | None = None
    per_second: float = 10.0
    size: int = 120
    reads_every: float = 0.0
    """Seconds between two reads: a slow reader loses datagrams."""


@dataclass(frozen=True, slots=True)
class Chatter:
    """Frames of a protocol that nobody here speaks; who hears them counts them as dropped."""

    device: str
    per_second: float = 1.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Connections to a server: so many that stay, and so many new ones a second that last for a while."""

    host: str
    port: int
    sources: tuple[str, ...] = ("",)
    steady: int = 0
    per_second: float = 0.0
    lasts: float = 1.0
    """Mean seconds of a passing connection."""
    asks: int = 2000
    """Mean bytes of an answer."""
    every: float = 1.0
    """Mean seconds between two questions on a connection that stays."""
    at_most: int = 0
    """Passing connections in all; 0 for as many as come."""


@dataclass(frozen=True, slots=True)
class Program:
    """A process as the lists of processes show it, and what it does."""

    title: str
    ports: tuple[Port, ...] = ()
    calls: tuple[Calls, ...] = ()
    datagrams: tuple[Datagrams, ...] = ()
    chatter: tuple[Chatter, ...] = ()
    unix: tuple[UnixPort, ...] = ()
    unix_calls: tuple[UnixCalls, ...] = ()
    groups: tuple[Member, ...] = ()
    ears: tuple[Ear, ...] = ()
    mptcp: tuple[Pair, ...] = ()
    workers: tuple[str, ...] = field(default=())
    """Titles of forked processes that share the listeners and do the work."""
    user: int = 0
    cgroup: str = ""
    """Where a machine runs it, such as `system.slice/ssh.service`."""

    def command(self, seconds: int, parent: int | None = None) -> list[str]:
        """The command line that runs it for so long, to be started in the directory ROOT by the process
        `parent`: this one unless told otherwise, 0 where that is not seen from inside (see machine.py)."""
        starter = os.getpid() if parent is None else parent
        arguments = [str(starter), str(seconds), json.dumps(asdict(self))]
        return [sys.executable, "-S", "-E", "-m", "tests.lab.program", *arguments]


def _program(told: dict[str, Any]) -> Program:
    return Program(
        told["title"],
        tuple(Port(**port) for port in told["ports"]),
        tuple(Calls(**calls) for calls in told["calls"]),
        tuple(Datagrams(**datagrams) for datagrams in told["datagrams"]),
        tuple(Chatter(**chatter) for chatter in told["chatter"]),
        tuple(UnixPort(**port) for port in told["unix"]),
        tuple(UnixCalls(**calls) for calls in told["unix_calls"]),
        tuple(Member(**member) for member in told["groups"]),
        tuple(Ear(**ear) for ear in told["ears"]),
        tuple(Pair(**pair) for pair in told["mptcp"]),
        tuple(told["workers"]),
        told["user"],
    )


def _listen(port: Port) -> socket.socket:
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(port.v6only))
    made.bind((port.host, port.port))
    made.listen(port.backlog)
    return made


async def _answer(port: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := await reader.readline():
            writer.write(b"x" * int(line))
            await writer.drain()
            if port.closes:
                break
        if port.leaks:
            await asyncio.Event().wait()
    writer.close()


async def _serve(port: Port, listener: socket.socket) -> None:
    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _answer(port, reader, writer)

    server = await asyncio.start_server(accepted, sock=listener, backlog=port.backlog)
    await server.serve_forever()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mean: int) -> None:
    size = max(1, int(random.expovariate(1 / mean)))
    writer.write(b"%d\n" % size)
    await reader.readexactly(size)


async def _call(calls: Calls, *, stays: bool) -> None:
    source = random.choice(calls.sources)
    try:
        reader, writer = await asyncio.open_connection(
            calls.host, calls.port, local_addr=(source, 0) if source else None
        )
    except OSError:
        await asyncio.sleep(1)
        return
    try:
        await _ask(reader, writer, calls.asks)
        while stays:
            await asyncio.sleep(random.expovariate(1 / calls.every))
            await _ask(reader, writer, calls.asks)
        await asyncio.wait_for(reader.read(), random.expovariate(1 / calls.lasts))
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _keep_calling(calls: Calls) -> None:
    while True:
        await _call(calls, stays=True)


async def _call_again_and_again(calls: Calls) -> None:
    under_way: set[asyncio.Task[None]] = set()
    made = 0
    while not calls.at_most or made < calls.at_most:
        await asyncio.sleep(random.expovariate(calls.per_second))
        task = asyncio.create_task(_call(calls, stays=False))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        made += 1
    await asyncio.gather(*under_way)


async def _datagrams(told: Datagrams) -> None:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in told.host else socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        if told.reads_every:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.bind((told.host, told.port))
        if told.to is None:
            while True:
                await loop.sock_recv(made, 65536)
                await asyncio.sleep(told.reads_every)
        made.connect(tuple(told.to))
        while True:
            await asyncio.sleep(random.expovariate(told.per_second))
            with contextlib.suppress(OSError):
                await loop.sock_sendall(made, b"x" * told.size)


async def _chatter(told: Chatter) -> None:
    everybody, local_experiment = b"\xff" * 6, 0x88B5  # IEEE 802
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as made:
        while True:
            await asyncio.sleep(random.expovariate(told.per_second))
            with contextlib.suppress(OSError):
                made.sendto(b"x" * 46, (told.device, local_experiment, 0, 0, everybody))


async def _work(program: Program, listeners: list[socket.socket], unix: list[socket.socket]) -> None:
    tasks: list[Coroutine[Any, Any, None]] = [asyncio.Event().wait()]  # type: ignore[list-item]
    tasks += unixwork.tasks(program.unix, unix, program.unix_calls)
    tasks += [
        _serve(port, listener)
        for port, listener in zip(program.ports, listeners, strict=True)
        if port.accepts
    ]
    tasks += [_datagrams(datagrams) for datagrams in program.datagrams]
    tasks += [_chatter(chatter) for chatter in program.chatter]
    for calls in program.calls:
        tasks += [_keep_calling(calls) for _ in range(calls.steady)]
        if calls.per_second:
            tasks.append(_call_again_and_again(calls))
    await asyncio.gather(*tasks)


def _become(user: int, parent: int) -> None:
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    end_with(parent)  # a change of user makes the kernel forget it


def run(program: Program, parent: int) -> None:
    """Do what the program does until it or its parent ends; says `ready` when its listeners are open."""
    appear_as(program.title)
    listeners = [_listen(port) for port in program.ports]
    unix = [unixwork.bound(port) for port in program.unix]
    members = [join(member) for member in program.groups] + [prick(ear) for ear in program.ears]
    members += [end for pair in program.mptcp for end in connect(pair)]
    master = os.getpid()
    for title in program.workers:
        if os.fork() == 0:
            appear_as(title)
            _become(program.user, master)
            asyncio.run(_work(program, listeners, unix))
    sys.stdout.write("ready\n")
    sys.stdout.close()
    if program.workers:
        signal.pause()
    _become(program.user, parent)
    asyncio.run(_work(program, listeners, unix))
    for member in members:
        member.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(int(sys.argv[1]))
    signal.alarm(int(sys.argv[2]))
    run(_program(json.loads(sys.argv[3])), int(sys.argv[1]))
