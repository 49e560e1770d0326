"""Every state a TCP connection can be in, held still so that it can be looked at."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import sys
import termios
import time
from collections import Counter
from collections.abc import Iterable
from typing import Literal

from tests.lab.namespace import Namespace
from tests.lab.packets import syn
from tests.lab.sockets import Address, Sockets, family_of, wait_for

NAMES = (
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
)
"""netstat's names of the states 1 to 11 (net/tcp_states.h)."""

NOWHERE = "02:00:00:00:00:fe"
"""A link-layer address nobody has: what is sent there is lost without a word."""

_SIOCOUTQNSD = 0x894B


def states(namespace: Namespace) -> Counter[str]:
    """How many TCP sockets of the namespace /proc/net shows in each state."""
    found: Counter[str] = Counter()
    for name in ("tcp", "tcp6"):
        for line in namespace.read(f"/proc/net/{name}").splitlines()[1:]:
            found[NAMES[int(line.split()[3], 16) - 1]] += 1
    return found


def wait_for_states(namespace: Namespace, expected: dict[str, int]) -> None:
    """Return once there are exactly `expected` sockets in these states; TimeoutError if that never is."""
    seen: Counter[str] = Counter()

    def reached() -> bool:
        nonlocal seen
        seen = states(namespace)
        return all(seen[name] == number for name, number in expected.items())

    try:
        wait_for(reached, "")
    except TimeoutError:
        raise TimeoutError(f"expected {expected}, found {dict(seen)}") from None


def deafen(namespace: Namespace, address: str, device: str = "eth0") -> None:
    """From now on whatever `namespace` sends to this neighbour is lost; the other direction still works."""
    namespace.ip("neigh", "replace", address, "lladdr", NOWHERE, "dev", device, "nud", "permanent")


def established(
    listener: socket.socket, servers: Sockets, clients: Sockets, source: str | None = None, host: str = ""
) -> tuple[socket.socket, socket.socket]:
    """A connection to a listener of `servers`: the client's end and the server's. `host` replaces the address
    that the listener is bound to."""
    address = listener.getsockname()
    client = clients.connect((host or address[0], *address[1:2]), source)
    return client, servers.accept(listener)


def time_wait(
    listener: socket.socket,
    servers: Sockets,
    clients: Sockets,
    number: int,
    *,
    first: Literal["client", "server"] = "client",
    host: str = "",
) -> None:
    """Connections that are over; TIME_WAIT stays 60 s with the end that closed first. `host` as above."""
    address = listener.getsockname()
    target = (host or address[0], address[1])
    for _ in range(number):
        client = clients.namespace.socket(family_of(target[0]), socket.SOCK_STREAM)
        with client:
            client.settimeout(5)
            client.connect(target)
            server = listener.accept()[0]
            with server:
                server.settimeout(5)
                early, late = (client, server) if first == "client" else (server, client)
                early.shutdown(socket.SHUT_WR)
                late.recv(1)
                late.close()
                early.recv(1)


def half_open(attacker: Namespace, target: Address, number: int, sources: Iterable[str] = ()) -> None:
    """Send SYNs of connections that are never completed: the listener at `target` gets SYN_RECV sockets.

    The `sources` must be addresses that are routed to `attacker` but that it does not have. One port each,
    from 1024 on.
    """
    spoofed = list(sources) or ["198.51.100.7"]
    with attacker.socket(family_of(target[0]), socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for index in range(number):
            source = (spoofed[index % len(spoofed)], 1024 + index % 60000)
            raw.sendto(syn(source, (target[0], target[1]), index + 1), (target[0], 0))


def fill_accept_queue(listener: socket.socket, clients: Sockets, backlog: int) -> None:
    """Let connections wait until the accept queue is full: one more than the backlog, nobody accepts."""
    for _ in range(backlog + 1):
        clients.connect(listener.getsockname())


def deferred(servers: Sockets, clients: Sockets, host: str = "127.0.0.1") -> socket.socket:
    """A listener with TCP_DEFER_ACCEPT and one silent client: SYN_RECV here, ESTABLISHED there."""
    listener = servers.bind(host)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    listener.listen(8)
    clients.connect(listener.getsockname())
    return listener


def close_wait(
    listener: socket.socket, servers: Sockets, clients: Sockets, *, held: bool
) -> tuple[socket.socket, socket.socket]:
    """The client has closed, the server has not: CLOSE_WAIT there, FIN_WAIT2 at the client.

    The client's end is half closed and still held, or else closed and a mini socket of the kernel.
    """
    client, server = established(listener, servers, clients)
    client.shutdown(socket.SHUT_WR) if held else client.close()
    return client, server


def stuff(sender: socket.socket) -> None:
    """Send until the peer's window is closed and the own buffer is full, as with a peer that never reads."""
    sender.setblocking(False)
    while True:
        with contextlib.suppress(BlockingIOError):
            while sender.send(b"x" * 65536):
                pass
        time.sleep(0.05)
        if 0 < _queued(sender, termios.TIOCOUTQ) == _queued(sender, _SIOCOUTQNSD):
            return


def _queued(sender: socket.socket, which: int) -> int:
    """Bytes in the send buffer: all of them, or those never sent."""
    return int.from_bytes(fcntl.ioctl(sender, which, b"\0" * 4), sys.byteorder)


def keep_alive(opened: socket.socket, seconds: int = 300) -> None:
    """Start the keepalive timer of a connection."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
