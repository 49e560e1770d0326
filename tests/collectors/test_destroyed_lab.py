"""The kernel's destroy events of real sockets: each socket once, with the bytes it really carried."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from sockscope.app.collectors import netlinkevents
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.datagrams import AT_ONCE, Datagrams
from sockscope.app.collectors.destroyed import GROUPS, LOST, DestroyedCollector
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG
from sockscope.app.collectors.netlinkevents import EventSocket
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.table import Table, concatenate
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.sockets import Sockets, wait_for

pytestmark = pytest.mark.lab

CONNECTIONS = 300
TIME_WAIT, FIN_WAIT2 = 6, 5
NOBODY = 65534


@pytest.fixture
def lab() -> Iterator[tuple[Namespace, Sockets]]:
    require_root_and()
    with Namespace() as namespace, Sockets(namespace) as here:
        yield namespace, here


@contextlib.contextmanager
def listening(namespace: Namespace) -> Iterator[DestroyedCollector]:
    with namespace.inside():
        collector = DestroyedCollector()
        assert not len(collector.collect().tables["destroyed"])
    with contextlib.closing(collector):
        yield collector


def until(collector: DestroyedCollector, number: int) -> Table:
    """Events as soon as there are so many; whoever waits for more than come waits in vain."""
    parts: list[Table] = []

    def enough() -> bool:
        parts.append(collector.collect().tables["destroyed"])
        return sum(map(len, parts)) >= number

    wait_for(enough, f"{number} destroy events")
    return concatenate(parts)


def carry(here: Sockets, listener: socket.socket, asks: int, answers: int) -> tuple[int, int]:
    """One short connection that carries so many bytes either way; the ports of client and server."""
    client = here.namespace.socket(listener.family, socket.SOCK_STREAM)
    with client:
        client.connect(listener.getsockname())
        server, peer = listener.accept()
        with server:
            client.sendall(b"?" * asks)
            server.sendall(b"!" * answers)
            _read(server, asks)
            _read(client, answers)
    return peer[1], listener.getsockname()[1]


def _read(end: socket.socket, number: int) -> None:
    while number:
        number -= len(end.recv(number))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_short_connection_is_accounted_for_once(lab: tuple[Namespace, Sockets], host: str) -> None:
    namespace, here = lab
    listener = here.listen(host)
    with listening(namespace) as collector:
        ports = [carry(here, listener, 100 + number, 7 * number) for number in range(CONNECTIONS)]
        events = until(collector, 2 * CONNECTIONS)
        assert not len(collector.collect().tables["destroyed"])
    assert len(events) == 2 * CONNECTIONS
    assert len(np.unique(events.numbers("cookie"))) == 2 * CONNECTIONS
    assert events.numbers("number").tolist() == list(range(2 * CONNECTIONS))
    assert set(events.numbers("protocol").tolist()) == {socket.IPPROTO_TCP}
    expected = {}
    for number, (client, server) in enumerate(ports):
        expected[client, server] = (100 + number, 7 * number)
        expected[server, client] = (7 * number, 100 + number)
    met = Counter[tuple[int, int]]()
    for row in range(len(events)):
        ends = (events.integer("local_port", row), events.integer("remote_port", row))
        sent = events.integer("bytes_sent", row) - events.integer("bytes_retrans", row)
        met[ends] += 1
        assert sent == expected[ends][0]
        assert events.integer("bytes_received", row) - expected[ends][1] in (0, 1)  # with the FIN or without
    assert met == Counter(dict.fromkeys(expected, 1))


def test_time_wait_is_told_when_it_begins_and_not_when_it_ends(lab: tuple[Namespace, Sockets]) -> None:
    """The full socket goes when the mini socket takes its place, which keeps the cookie if a dump had asked
    for it before: else both get one of their own, each when first told of."""
    namespace, here = lab
    namespace.sysctl("net/ipv4/tcp_fin_timeout", 1)
    listener = here.listen()
    with listening(namespace) as collector, namespace.inside():
        polls = SocketsCollector()
        with contextlib.closing(polls):
            client = here.connect(listener.getsockname())
            server = here.accept(listener)
            polls.collect()
            client.close()
            orphan = until(collector, 1)  # FIN_WAIT2 without a process is a mini socket too
            left = polls.collect().tables["sockets"]
            assert _state(left, orphan.numbers("cookie")[0]) == FIN_WAIT2
            server.close()
            last = until(collector, 1)
            assert last.integer("local_port", 0) == listener.getsockname()[1]
            wait_for(
                lambda: _state(polls.collect().tables["sockets"], orphan.numbers("cookie")[0]) == TIME_WAIT,
                "TIME_WAIT",
            )
            assert not len(collector.collect().tables["destroyed"])


def _state(rows: Table, cookie: int) -> int:
    places = np.flatnonzero(rows.numbers("cookie") == cookie)
    return rows.integer("state", int(places[0])) if len(places) else 0


def test_what_is_reset_or_refused_is_told_without_its_foreign_port(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    unused, listener = here.bind(), here.listen()
    refused, reset = (namespace.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(2))
    with listening(namespace) as collector:
        with pytest.raises(ConnectionRefusedError):
            refused.connect(unused.getsockname())
        reset.connect(listener.getsockname())
        reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for each in (refused, reset):
            port = each.getsockname()[1]
            each.close()
            event = until(collector, 1)
            assert event.integer("local_port", 0) == port
            assert event.integer("remote_port", 0) == 0
            assert event.integer("bytes_sent", 0) == 0


def test_udp_sockets_are_told_too(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    plain = here.udp()
    joined = here.udp(("::1", 0), ("::1", 9))
    ports = [each.getsockname()[1] for each in (plain, joined)]
    with listening(namespace) as collector:
        plain.close()
        joined.close()
        events = until(collector, 2)
    assert events.numbers("protocol").tolist() == [socket.IPPROTO_UDP] * 2
    assert events.numbers("local_port").tolist() == ports
    assert events.numbers("remote_port").tolist() == [0, 9]
    assert events.numbers("bytes_sent").tolist() == [-1, -1]


def test_events_that_do_not_fit_are_told_as_lost(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    listener = here.listen()
    with namespace.inside():
        collector = DestroyedCollector(listen=lambda: EventSocket(NETLINK_SOCK_DIAG, GROUPS, buffer=1))
        collector.collect()
    with contextlib.closing(collector):
        for _ in range(30):
            carry(here, listener, 1, 1)
        collected: list[Collected] = []

        def told() -> bool:
            collected.append(collector.collect())
            return bool(collected[-1].notes)

        wait_for(told, "a note on lost events")
        assert collected[-1].notes[0].why == LOST
        before = len(collector.collect().tables["destroyed"])
        carry(here, listener, 5, 5)
        assert before + len(until(collector, 1)) >= 1  # and it goes on


def test_no_privilege_is_needed(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    listener = here.listen()
    with namespace.inside():
        os.seteuid(NOBODY)
        try:
            collector = DestroyedCollector()
            assert not collector.collect().notes
        finally:
            os.seteuid(0)
    with contextlib.closing(collector):
        carry(here, listener, 10, 20)
        events = until(collector, 2)
    assert sorted(events.numbers("bytes_sent").tolist()) == [10, 20]


def test_the_buffer_of_root_holds_thousands(lab: tuple[Namespace, Sockets]) -> None:
    namespace, _ = lab
    with namespace.inside():
        events = EventSocket(NETLINK_SOCK_DIAG, GROUPS)
    with contextlib.closing(events):
        assert events.room == 2 * netlinkevents.BUFFER


def test_many_events_come_with_few_calls(
    lab: tuple[Namespace, Sockets], monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace, here = lab
    listener = here.listen()
    calls = 0
    receive = Datagrams.receive

    def counted(self: Datagrams, most: int) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        nonlocal calls
        calls += 1
        return receive(self, most)

    with namespace.inside():
        events = EventSocket(NETLINK_SOCK_DIAG, GROUPS)
    with contextlib.closing(events):
        for _ in range(AT_ONCE):
            carry(here, listener, 1, 1)
        monkeypatch.setattr(Datagrams, "receive", counted)
        drained: list[int] = []

        def enough() -> bool:
            drained.append(len(events.drain(10 * AT_ONCE)[0]))
            return sum(drained) >= 2 * AT_ONCE

        wait_for(enough, "both ends of all")
        assert calls <= sum(number // AT_ONCE + 2 for number in drained)
