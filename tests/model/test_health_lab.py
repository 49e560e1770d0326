"""Rates, losses and limits of real transfers, against the bytes that were sent and against ss."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.health import with_health
from sockscope.app.model.store import Store
from tests.lab.delay import far
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and, require_tun

pytestmark = pytest.mark.lab

SO_MAX_PACING_RATE = 47
SO_COOKIE = 57
PORT = 5001
PACE = 4_000_000
"""Bytes/s of a paced transfer."""
DELAY = 0.05
"""Seconds that a long path takes each way."""
SMALL = 32768
"""Bytes of a send buffer that a long path is never full with."""


class Machine:
    """One end of the wire: its namespace, and what sockscope makes of its sockets."""

    def __init__(self, namespace: Namespace, held: contextlib.ExitStack) -> None:
        self.namespace = namespace
        with namespace.inside():
            self._collector = held.enter_context(contextlib.closing(SocketsCollector()))
        self._collector.choose(frozenset({"sockets", "tcp_info"}), None)
        self._store = Store()

    def look(self) -> Table:
        """The sockets as they fare now, compared with the look before."""
        tables = dict(self._collector.collect().tables)
        number = self._store.frame.number + 1
        self._store.take(Frame(number, 0.0, tables["tcp_info"].taken, 1.0, tables=tables))
        return with_health(tables["sockets"], self._store)

    def over(self, seconds: float) -> Table:
        """What the sockets did in so much time."""
        self.look()
        time.sleep(seconds)
        return self.look()


def row_of(rows: Table, end: socket.socket) -> int:
    cookie = int.from_bytes(end.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8), "little")
    return int((rows.numbers("cookie") == cookie).argmax())


Wire = tuple[Machine, Machine, socket.socket, socket.socket]


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Two machines and a connection between them: the sender's end and the receiver's."""
    require_root_and("ip", "ss", "nft", "tc")
    with Namespace() as one, Namespace() as other, contextlib.ExitStack() as held:
        pair(one, other)
        sender, receiver = connected(one, other, ("10.0.0.2", PORT), held)
        yield Machine(one, held), Machine(other, held), sender, receiver


def connected(
    one: Namespace,
    other: Namespace,
    where: tuple[str, int],
    held: contextlib.ExitStack,
    send_buffer: int | None = None,
) -> tuple[socket.socket, socket.socket]:
    """A connection to an address of the other machine: the sender's end and the receiver's."""
    listener = held.enter_context(other.socket(socket.AF_INET, socket.SOCK_STREAM))
    listener.bind(where)
    listener.listen()
    sender = held.enter_context(one.socket(socket.AF_INET, socket.SOCK_STREAM))
    if send_buffer is not None:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
        sender.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, PACE)
    sender.connect(where)
    return sender, held.enter_context(listener.accept()[0])


@contextlib.contextmanager
def transfer(sender: socket.socket, receiver: socket.socket) -> Iterator[Callable[[], int]]:
    """Send as much as goes until the end; the value tells how much has been read by now."""
    read = 0
    over = threading.Event()

    def send() -> None:
        with contextlib.suppress(OSError):
            while not over.is_set():
                sender.send(bytes(65536))

    def receive() -> None:
        nonlocal read
        with contextlib.suppress(OSError):
            while data := receiver.recv(65536):
                read += len(data)

    sender.settimeout(5)
    receiver.settimeout(5)
    threads = [threading.Thread(target=work) for work in (send, receive)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: read
    finally:
        over.set()
        threads[0].join()
        sender.shutdown(socket.SHUT_WR)
        threads[1].join()


def test_rates_are_those_of_the_bytes_that_really_went_over(wire: Wire) -> None:
    here, there, sender, receiver = wire
    sender.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, PACE)
    with transfer(sender, receiver) as read:
        while read() < PACE // 4:
            time.sleep(0.01)
        here.look()
        there.look()
        before, began = read(), time.monotonic()
        time.sleep(1.0)
        sent, received = here.look(), there.look()
        really = (read() - before) / (time.monotonic() - began)
    assert really == pytest.approx(PACE, rel=0.2)
    assert sent.real("tx_rate", row_of(sent, sender)) == pytest.approx(really, rel=0.05)
    assert received.real("rx_rate", row_of(received, receiver)) == pytest.approx(really, rel=0.05)
    assert sent.text("limit", row_of(sent, sender)) == "own pacing"
    assert received.text("limit", row_of(received, receiver)) == "not sending"


def test_round_trips_read_as_in_ss(wire: Wire) -> None:
    here, _, sender, receiver = wire
    for _ in range(5):
        sender.sendall(b"question")
        receiver.recv(100)
        receiver.sendall(b"answer")
        sender.recv(100)
    rows = here.look()
    line = here.namespace.run(["ss", "-Htni", "dport", f"= :{PORT}"])
    told = re.search(r" rtt:([\d.]+)/.* minrtt:([\d.]+)", line)
    assert told is not None
    row = row_of(rows, sender)
    assert [round(rows.real(name, row) * 1000, 3) for name in ("rtt", "min_rtt")] == [
        *map(float, told.groups())
    ]


def test_what_a_lossy_path_costs_is_told_as_ss_counts_it(wire: Wire) -> None:
    here, there, sender, receiver = wire
    there.namespace.run(["nft", "add table inet lossy"])
    there.namespace.run(["nft", "add chain inet lossy in { type filter hook input priority 0; }"])
    there.namespace.run(["nft", f"add rule inet lossy in tcp dport {PORT} numgen random mod 10 0 drop"])
    with transfer(sender, receiver) as read:
        while read() < 300_000:
            time.sleep(0.01)
    rows = here.look()
    line = here.namespace.run(["ss", "-Htni", "dport", f"= :{PORT}"])
    sent, again = (int(number) for number in re.findall(r"bytes_(?:sent|retrans):(\d+)", line))
    assert again > 0
    assert rows.real("retransmitted", row_of(rows, sender)) == pytest.approx(again / sent)


def test_a_peer_that_stops_reading_is_what_limits(wire: Wire) -> None:
    here, _, sender, _ = wire
    sender.setblocking(False)
    until = time.monotonic() + 5
    full = 0
    while full < 20 and time.monotonic() < until:
        try:
            sender.send(bytes(65536))
            full = 0
        except BlockingIOError:
            full += 1
            time.sleep(0.01)
    rows = here.over(0.3)
    row = row_of(rows, sender)
    assert rows.text("limit", row) == "peer's window"
    assert rows.real("unsent", row) > 0
    assert rows.real("tx_rate", row) == 0


def test_a_program_that_sends_little_is_what_limits(wire: Wire) -> None:
    here, _, sender, receiver = wire
    here.look()
    for _ in range(6):
        sender.sendall(b"little")
        receiver.recv(100)
        time.sleep(0.05)
    rows = here.look()
    assert rows.text("limit", row_of(rows, sender)) == "application"


def test_a_narrow_path_is_what_limits(wire: Wire) -> None:
    here, _, sender, receiver = wire
    here.namespace.run(
        [
            "tc",
            "qdisc",
            "add",
            "dev",
            "eth0",
            "root",
            "tbf",
            "rate",
            "8mbit",
            "burst",
            "16k",
            "latency",
            "50ms",
        ]
    )
    with transfer(sender, receiver) as read:
        while read() < 300_000:
            time.sleep(0.01)
        rows = here.over(0.5)
    row = row_of(rows, sender)
    assert rows.text("limit", row) == "network"
    assert rows.real("rtt", row) > rows.real("min_rtt", row) > 0


def test_a_send_buffer_smaller_than_the_path_is_what_limits() -> None:
    require_root_and("ip")
    require_tun()
    with Namespace() as one, Namespace() as other, contextlib.ExitStack() as held:
        held.enter_context(far(one, other, DELAY))
        sender, receiver = connected(one, other, ("10.5.0.2", PORT), held, send_buffer=SMALL)
        here = Machine(one, held)
        with transfer(sender, receiver) as read:
            while read() < 10 * SMALL:
                time.sleep(0.01)
            rows = here.over(10 * DELAY)
        row = row_of(rows, sender)
        assert rows.real("min_rtt", row) >= 2 * DELAY
        assert rows.text("limit", row) == "our buffer"
