"""Internet sockets from /proc/net: for raw sockets, and where sock_diag is refused.

Layout: the lines of /proc/net/tcp, udp and raw (kernel documentation, proc_net_tcp.rst). The result has the
columns that `collectors/sockets.py` describes; cookies are 0 here, queues of listeners are as the file says.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table

PROC_NET = "/proc/thread-self/net"
"""The tables of the namespace that this thread is in; /proc/net is the main thread's."""

_FILES = {
    "tcp": (socket.AF_INET, socket.IPPROTO_TCP),
    "tcp6": (socket.AF_INET6, socket.IPPROTO_TCP),
    "udp": (socket.AF_INET, socket.IPPROTO_UDP),
    "udp6": (socket.AF_INET6, socket.IPPROTO_UDP),
    "udplite": (socket.AF_INET, 136),
    "udplite6": (socket.AF_INET6, 136),
    "raw": (socket.AF_INET, socket.IPPROTO_RAW),
    "raw6": (socket.AF_INET6, socket.IPPROTO_RAW),
}
_TICKS_TO_MS = 10
"""Timers are in USER_HZ, a hundred a second on every architecture."""

_COLUMNS = {
    "state": np.uint8,
    "timer": np.uint8,
    "retrans": np.uint8,
    "local_port": np.uint16,
    "remote_port": np.uint16,
    "expires": np.uint32,
    "rx_queue": np.uint32,
    "tx_queue": np.uint32,
    "uid": np.uint32,
    "inode": np.uint64,
    "drops": np.int64,
}


def sockets(proc_net: str, names: tuple[str, ...]) -> list[Table]:
    """One table for each of those files; a file that does not exist or may not be read gives none."""
    tables = []
    for name in names:
        try:
            text = Path(proc_net, name).read_bytes()
        except OSError:
            continue
        family, protocol = _FILES[name]
        tables.append(parse(text, family, protocol))
    return tables


def in_use(proc_net: str) -> dict[str, int] | None:
    """How many sockets of each protocol the namespace has, by the kernel's names such as `TCP` and `RAWv6`;
    None where /proc/net/protocols cannot be read."""
    try:
        lines = Path(proc_net, "protocols").read_bytes().splitlines()[1:]
        return {words[0].decode("ascii"): int(words[2]) for words in map(bytes.split, lines)}
    except (OSError, ValueError, IndexError):
        return None


def deserted(proc_net: str) -> bool:
    """Whether the namespace has no socket of the internet, found out without a dump; False where that cannot
    be known.

    `used` of /proc/net/sockstat counts every socket of a program from its making to its end, bound to nothing
    or orphaned as it may be, and so the listener that a SYN_RECV holds on to. TIME_WAIT is counted by `tw`,
    what the kernel itself has open by protocol. Only netlink sockets, which whoever looks has too, are known
    to be none.
    """
    try:
        first, *lines = Path(proc_net, "sockstat").read_bytes().splitlines()
        used = int(first.split()[2])
        told = dict(line.split(b":", 1) for line in lines)
        words = told[b"TCP"].split()
        waiting = int(words[words.index(b"tw") + 1])
    except (OSError, ValueError, IndexError, KeyError):
        return False
    counts = in_use(proc_net) if not waiting else None
    if counts is None:
        return False
    netlink = counts.pop("NETLINK", 0)
    return used <= netlink and not any(counts.values())


def no_sockets() -> Table:
    """A table of sockets without rows."""
    return parse(b"", socket.AF_INET, socket.IPPROTO_TCP)


def parse(text: bytes, family: int, protocol: int) -> Table:
    """The rows of one file; a line that was cut short is left out."""
    lines = [_line(line.split(), protocol) for line in text.splitlines()[1:]]
    rows = [line for line in lines if line is not None]
    numbers = np.array([row[2] for row in rows], dtype=np.int64).reshape(len(rows), len(_COLUMNS))
    columns = {name: numbers[:, place].astype(kind) for place, (name, kind) in enumerate(_COLUMNS.items())}
    return Table(
        {
            **columns,
            "family": np.full(len(rows), family, dtype=np.uint8),
            "protocol": np.full(len(rows), protocol, dtype=np.uint16),
            "local_address": _addresses([row[0] for row in rows]),
            "remote_address": _addresses([row[1] for row in rows]),
            "interface": np.zeros(len(rows), dtype=np.uint32),
            "cookie": np.zeros(len(rows), dtype=np.uint64),
            "v6only": np.full(len(rows), -1, dtype=np.int8),
        }
    )


def _line(words: list[bytes], protocol: int) -> tuple[bytes, bytes, tuple[int, ...]] | None:
    """Local address, remote address and the numbers of one line, or None if it is no whole line."""
    try:
        _, local, remote, state, queues, timer, retrans, uid, _, inode, *more = words
        local_address, local_port = local.split(b":")
        remote_address, remote_port = remote.split(b":")
        tx_queue, rx_queue = queues.split(b":")
        which, when = timer.split(b":")
        counted = protocol != socket.IPPROTO_TCP and len(more) >= 3
        return (
            _address(local_address),
            _address(remote_address),
            (
                int(state, 16),
                int(which, 16),
                min(int(retrans, 16), 255),
                int(local_port, 16),
                int(remote_port, 16),
                int(when, 16) * _TICKS_TO_MS,
                int(rx_queue, 16),
                int(tx_queue, 16),
                int(uid),
                int(inode),
                int(more[2]) if counted else -1,
            ),
        )
    except ValueError:
        return None


def numbers(lines: list[bytes], places: Mapping[int, int]) -> NDArray[np.int64]:
    """The words at these places of each line, read to these bases, shape (rows, places); a line that has not
    all of them is left out."""
    rows = []
    for words in map(bytes.split, lines):
        try:
            rows.append([int(words[place], base) for place, base in places.items()])
        except (ValueError, IndexError):
            continue
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(places))


def _address(text: bytes) -> bytes:
    return bytes.fromhex(text.decode("ascii")).ljust(16, b"\0")


def _addresses(texts: list[bytes]) -> NDArray[np.uint8]:
    """Addresses in network order from words in host order; shape (rows, 16)."""
    words = np.frombuffer(b"".join(texts), dtype=np.uint32).reshape(-1, 4)
    if sys.byteorder == "little":
        words = words.byteswap()
    return words.view(np.uint8).reshape(-1, 16)
