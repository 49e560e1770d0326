"""Holds connections with itself, both ends; started by `tests.bench.load`.

`worker.py PARENT established HOST NUMBER` opens NUMBER connections to HOST; `worker.py PARENT time-wait HOST
NUMBER` leaves as many in TIME_WAIT. It says `ready` when they stand; each line `churn N` then closes and
opens N anew, answered by `done`. It ends with its standard input.
"""

from __future__ import annotations

import resource
import socket
import struct
import sys
from collections import deque

from tests.lab.actor import end_with

BATCH = 100
"""Connections opened before the first of them is accepted; below any backlog."""
_RESET = struct.pack("ii", 1, 0)

Connection = tuple[socket.socket, socket.socket]


def connect(listener: socket.socket, number: int) -> list[Connection]:
    """Open connections to a listener of this process."""
    address = listener.getsockname()
    clients = [socket.socket(listener.family, socket.SOCK_STREAM) for _ in range(number)]
    for client in clients:
        client.connect(address)
    return [(client, listener.accept()[0]) for client in clients]


def hold(listener: socket.socket, number: int) -> None:
    """Open connections, keep them, renew some when told."""
    held: deque[Connection] = deque()
    _grow(held, listener, number)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        renewed = min(int(line.split()[1]), len(held))
        for _ in range(renewed):
            for end in held.popleft():
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)  # or TIME_WAIT would pile up
                end.close()
        _grow(held, listener, renewed)
        sys.stdout.write("done\n")
        sys.stdout.flush()


def _grow(held: deque[Connection], listener: socket.socket, number: int) -> None:
    for done in range(0, number, BATCH):
        held.extend(connect(listener, min(BATCH, number - done)))


def leave(listener: socket.socket, number: int) -> None:
    """Open and close connections; the caller's ends stay in TIME_WAIT."""
    for done in range(0, number, BATCH):
        for client, server in connect(listener, min(BATCH, number - done)):
            client.close()
            server.close()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def main(kind: str, host: str, number: int) -> None:
    """Do what the command line says."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with socket.create_server((host, 0), backlog=4 * BATCH) as listener:
        (hold if kind == "established" else leave)(listener, number)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    main(sys.argv[2], sys.argv[3], int(sys.argv[4]))
