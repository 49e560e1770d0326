"""Single sockets as the kernel tells them, beside the tables of all and beside ss."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest

from sockscope.app.collectors.netlink import NetlinkSocket
from sockscope.app.collectors.onesocket import OneSocketCollector
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.tasks import plan
from sockscope.app.view.asking import one_socket
from tests.lab import states
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.sockets import Sockets

pytestmark = pytest.mark.lab

EVERYTHING = frozenset({"sockets", "tcp_info", "cgroups", "marks"})
STEADY = ("bytes_sent", "bytes_acked", "bytes_received", "segs_in", "segs_out", "rtt", "min_rtt", "snd_cwnd")
"""What stands still while nothing is sent."""
SETTLED = 0.25
"""Seconds until delayed acknowledgements are sent."""


@pytest.fixture
def lab() -> Iterator[tuple[Namespace, Sockets]]:
    require_root_and("ss")
    with Namespace() as namespace, Sockets(namespace) as here:
        yield namespace, here


def every_kind(here: Sockets) -> None:
    """Sockets in many states, of both families, two listeners and two receivers at one port, one behind a
    device, marks."""
    for host in ("127.0.0.1", "::1"):
        listener = here.listen(host)
        for size in (0, 10, 30_000):
            client, server = states.established(listener, here, here)
            client.sendall(bytes(size))
            if size:
                server.recv(size, socket.MSG_WAITALL)
                server.send(b"thanks")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, size)
        for held in (True, False):
            states.close_wait(listener, here, here, held=held)
        states.time_wait(listener, here, here, 1)
        here.udp((host, 0))
        here.udp((host, 0), (host, 53))
        here.bind(host)
        states.deferred(here, here, host)
    both = here.listen("::", v6only=False)
    states.established(both, here, here, host="127.0.0.1")
    bound = here.open("127.0.0.1", socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    bound.connect(here.listen().getsockname())
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        port = 0
        for mark in (1, 2):
            shared = here.open("127.0.0.1", kind)
            shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            shared.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
            shared.bind(("127.0.0.1", port))
            port = shared.getsockname()[1]
            if kind == socket.SOCK_STREAM:
                shared.listen()
    time.sleep(SETTLED)


def whole(namespace: Namespace) -> dict[str, Table]:
    with namespace.inside(), contextlib.closing(SocketsCollector()) as collector:
        collector.choose(EVERYTHING, None)
        return dict(collector.collect().tables)


def test_each_socket_is_told_as_in_the_tables_of_all(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    every_kind(here)
    told = whole(namespace)
    rows, infos = told["sockets"], told["tcp_info"]
    with_info = {cookie: row for row, cookie in enumerate(infos.numbers("cookie").tolist())}
    assert {1, 3, 5, 6, 7, 8, 10, 13} <= set(rows.numbers("state").tolist())
    with namespace.inside(), contextlib.closing(OneSocketCollector()) as collector:
        for row in range(len(rows)):
            collector.ask([one_socket(rows, row)])
            found = collector.collect().tables
            answer, info = found["asked_sockets"], found["asked_tcp_info"]
            cookie = rows.integer("cookie", row)
            assert answer.numbers("cookie").tolist() == [cookie]
            assert answer.integer("mark", 0) == told["marks"].integer("mark", row)
            assert answer.integer("cgroup", 0) == told["cgroups"].integer("id", row)
            expected = [cookie] if cookie in with_info else []
            assert info.numbers("cookie").tolist() == expected
            for name in STEADY if expected else ():
                assert info.integer(name, 0) == infos.integer(name, with_info[cookie]), name
            if expected:
                assert info.text("congestion", 0) == infos.text("congestion", with_info[cookie])


def test_a_connection_is_told_as_by_ss(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    client, server = states.established(here.listen(), here, here)
    client.sendall(bytes(20_000))
    server.recv(20_000, socket.MSG_WAITALL)
    time.sleep(SETTLED)
    rows = whole(namespace)["sockets"]
    port = client.getsockname()[1]
    row = int(np.flatnonzero((rows.numbers("local_port") == port) & (rows.numbers("state") == 1))[0])
    with namespace.inside(), contextlib.closing(OneSocketCollector()) as collector:
        collector.ask([one_socket(rows, row)])
        info = collector.collect().tables["asked_tcp_info"]
    line = namespace.run(["ss", "-tinpHe", "sport", f"= :{port}"])
    words = dict(re.findall(r"(\w+):(\S+)", line))
    assert int(words["sk"], 16) == info.integer("cookie", 0)
    assert int(words["bytes_sent"]) == info.integer("bytes_sent", 0) == 20_000
    assert int(words["cwnd"]) == info.integer("snd_cwnd", 0)
    assert round(float(words["rtt"].split("/")[0]) * 1000) == info.integer("rtt", 0)
    assert f" {info.text('congestion', 0)} " in line


def test_a_socket_that_is_gone_has_no_answer(lab: tuple[Namespace, Sockets]) -> None:
    namespace, here = lab
    listener, client = here.listen(), None
    client, _ = states.established(listener, here, here)
    rows = whole(namespace)["sockets"]
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    listener.close()
    client.close()
    with namespace.inside(), contextlib.closing(OneSocketCollector()) as collector:
        collector.ask([one_socket(rows, row) for row in range(len(rows))])
        found = collector.collect().tables
    left = rows.numbers("cookie")[
        np.isin(rows.numbers("cookie"), whole(namespace)["sockets"].numbers("cookie"))
    ]
    assert sorted(found["asked_sockets"].numbers("cookie").tolist()) == sorted(left.tolist())
    assert len(left) < len(rows)


def test_a_question_costs_the_same_however_many_sockets_there_are(
    lab: tuple[Namespace, Sockets], monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace, here = lab
    listener = here.listen(backlog=512)
    states.established(listener, here, here)
    rows = whole(namespace)["sockets"]
    met: list[int] = []
    receive = NetlinkSocket._receive

    def counted(self: NetlinkSocket, sequence: int, chunks: list[bytes], starts: list[np.ndarray]) -> object:
        ended = receive(self, sequence, chunks, starts)
        met.append(sum(map(len, chunks)))
        return ended

    monkeypatch.setattr(NetlinkSocket, "_receive", counted)
    asked = [one_socket(rows, row) for row in range(len(rows))]
    taken = []
    for more in (0, 200):
        for _ in range(more):
            states.established(listener, here, here)
        met.clear()
        with namespace.inside(), contextlib.closing(OneSocketCollector()) as collector:
            collector.ask(asked)
            assert len(collector.collect().tables["asked_sockets"]) == len(asked)
        taken.append(list(met))
    assert taken[0] == taken[1]
    assert len(taken[0]) == len(asked)


def test_a_socket_is_asked_for_in_its_namespace() -> None:
    require_root_and("ip")
    with contextlib.ExitStack() as held:
        tasks = plan("all")
        for task in tasks:
            held.callback(task.close)
        two = [held.enter_context(Namespace()) for _ in range(2)]
        for mark, namespace in enumerate(two, 1):  # the same addresses and ports in both
            here = held.enter_context(Sockets(namespace))
            listener = here.listen("127.0.0.1", 8080)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
            client = here.bind("127.0.0.1", 5000)
            client.connect(("127.0.0.1", 8080))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
        questions = []
        for namespace in two:
            rows = whole(namespace)["sockets"]
            mine = np.flatnonzero((rows.numbers("local_port") == 5000) | (rows.numbers("state") == 10))
            questions += [one_socket(rows, row)._replace(netns=namespace.inode) for row in mine.tolist()]
        for wanted, infos in ((frozenset[str](), 2), (frozenset({"tcp_info"}), 0)):
            order = Control(wanted | {"asked_sockets", "namespaces"}, questions=tuple(questions))
            told: dict[str, Table] = {}
            for task in tasks:
                if task.on_screen(frozenset({"asked_sockets", "namespaces"})):
                    task.run(0.0, order)
                    assert not task.notes
                    told |= task.tables
            answers = told["asked_sockets"]
            place = {namespace.inode: mark for mark, namespace in enumerate(two, 1)}
            assert len(answers) == len(questions) == 4
            assert [place[inode] for inode in answers.numbers("netns").tolist()] == answers.numbers(
                "mark"
            ).tolist()
            assert len(told["asked_tcp_info"]) == infos
