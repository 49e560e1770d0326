"""A source, frames and tables made up by tests."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from queue import SimpleQueue

import numpy as np

from sockscope.app.collectors.sockets import tcp_states
from sockscope.app.frames.frame import Frame, Host, Note
from sockscope.app.frames.table import Strings, Table
from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import SourceLost

ESTABLISHED, SYN_RECV, TIME_WAIT, LISTEN = 1, 3, 6, 10


class FakeSource:
    """Frames come when a test pushes them; orders are kept to be looked at."""

    def __init__(self) -> None:
        self._frames: SimpleQueue[Frame | str] = SimpleQueue()
        self.orders: list[Control] = []
        self.restarts = 0
        self.closed = False

    def push(self, frame: Frame) -> None:
        self._frames.put(frame)

    def lose(self, why: str) -> None:
        self._frames.put(why)

    def next(self) -> Frame:
        frame = self._frames.get()
        if isinstance(frame, str):
            raise SourceLost(frame)
        return frame

    def order(self, control: Control) -> None:
        self.orders.append(control)

    def restart(self) -> None:
        self.restarts += 1

    def close(self) -> None:
        self.closed = True
        self._frames.put("closed")


def address(text: str) -> bytes:
    """Sixteen bytes as the kernel gives them."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return socket.inet_pton(family, text).ljust(16, b"\0")


def sockets(*rows: Mapping[str, object], taken: float = 0.0) -> Table:
    """A table of sockets. Rows name what differs from an established TCP connection of nobody."""
    made = [_socket(number, dict(row)) for number, row in enumerate(rows, 1)]
    kinds = {
        "family": np.uint8,
        "protocol": np.uint16,
        "state": np.uint8,
        "timer": np.uint8,
        "retrans": np.uint8,
        "local_port": np.uint16,
        "remote_port": np.uint16,
        "interface": np.uint32,
        "cookie": np.uint64,
        "expires": np.uint32,
        "rx_queue": np.uint32,
        "tx_queue": np.uint32,
        "uid": np.uint32,
        "inode": np.uint64,
        "v6only": np.int8,
        "drops": np.int64,
    }
    columns = {name: np.array([row[name] for row in made], dtype=kind) for name, kind in kinds.items()}
    for end in ("local_address", "remote_address"):
        raw = b"".join(address(str(row[end])) for row in made)
        columns[end] = np.frombuffer(raw, np.uint8).reshape(len(made), 16)
    return Table(columns, taken)


def _socket(number: int, row: dict[str, object]) -> dict[str, object]:
    usual: dict[str, object] = {
        "protocol": socket.IPPROTO_TCP,
        "state": ESTABLISHED,
        "timer": 0,
        "retrans": 0,
        "local_address": "10.0.0.5",
        "remote_address": "198.51.100.7",
        "local_port": 443,
        "remote_port": 50000 + number,
        "interface": 0,
        "cookie": number,
        "expires": 0,
        "rx_queue": 0,
        "tx_queue": 0,
        "uid": 0,
        "inode": 0,
        "v6only": -1,
        "drops": -1,
    }
    made = {**usual, **row}
    six = ":" in str(made["local_address"])
    made.setdefault("family", socket.AF_INET6 if six else socket.AF_INET)
    return made


def owners(*held: tuple[int, int, str]) -> dict[str, Table]:
    """Tables of owners from (inode, pid, name); inodes not named are owned by nobody that is known."""
    ordered = sorted(held)
    processes = sorted({(pid, name) for _, pid, name in held})
    return {
        "owners": Table(
            {
                "inode": np.array([inode for inode, _, _ in ordered], np.uint64),
                "pid": np.array([pid for _, pid, _ in ordered], np.uint32),
                "fd": np.arange(3, 3 + len(ordered), dtype=np.uint32),
            }
        ),
        "processes": Table(
            {
                "pid": np.array([pid for pid, _ in processes], np.uint32),
                "start": np.full(len(processes), 1000.0),
                "uid": np.zeros(len(processes), np.uint32),
                "name": Strings.of(name for _, name in processes),
                "command": Strings.of(f"/usr/sbin/{name} -D" for _, name in processes),
                "cgroup": Strings.of(f"/system.slice/{name}.service" for _, name in processes),
            }
        ),
        "unowned": Table({"inode": np.empty(0, np.uint64), "reason": np.empty(0, np.uint8)}),
    }


def frame(
    number: int, rows: Table, *more: Mapping[str, Table], notes: tuple[Note, ...] = (), **changes: object
) -> Frame:
    """Frame `number`, taken that many seconds after the first."""
    at = 1000.0 + number
    timed = Table(rows.columns, at)
    tables: dict[str, Table] = {"sockets": timed, "tcp_states": tcp_states(timed)}
    for each in more:
        tables.update(each)
    made = Frame(
        number=number,
        wall=1_700_000_000.0 + number,
        monotonic=at,
        interval=1.0,
        host=Host("web-3", "6.18.0", 0, privileged=True),
        tables=tables,
        notes=notes,
        cost={"tick": 0.003},
    )
    return made if not changes else Frame(**{**_fields(made), **changes})  # type: ignore[arg-type]


def _fields(made: Frame) -> dict[str, object]:
    return {name: getattr(made, name) for name in made.__dataclass_fields__}
