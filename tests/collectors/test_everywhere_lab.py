"""Sockets of every namespace against what ss says in each of them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sockscope.app.collectors.everywhere import SocketsEverywhere
from sockscope.app.collectors.namespaces import Namespaces, NamespacesCollector
from sockscope.app.frames.table import Table
from tests.lab import states
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.sockets import Sockets, wait_for

pytestmark = [pytest.mark.lab, pytest.mark.everywhere]

Socket = tuple[str, str, int]
"""netid as ss has it, local address, local port."""
WANTED = frozenset({"sockets", "tcp_info", "cgroups", "cgroup_paths", "marks"})


class Looked:
    """Everything of every namespace, once."""

    def __init__(self) -> None:
        self.found = Namespaces()
        self.finder = NamespacesCollector(self.found)
        self.sockets = SocketsEverywhere(self.found)
        self.sockets.choose(WANTED, None)

    def __call__(self) -> dict[str, Table]:
        tables = dict(self.finder.collect().tables)
        collected = self.sockets.collect()
        assert collected.notes == ()
        return tables | dict(collected.tables)

    def close(self) -> None:
        self.sockets.close()
        self.finder.close()


@pytest.fixture
def look() -> Iterator[Looked]:
    require_root_and("ss")
    with contextlib.closing(Looked()) as made:
        yield made


@pytest.fixture
def two() -> Iterator[tuple[Namespace, Namespace]]:
    require_root_and("ss")
    with Namespace() as one, Namespace() as other:
        yield one, other


def _ss(namespace: Namespace) -> Counter[Socket]:
    found: Counter[Socket] = Counter()
    for line in namespace.run(["ss", "-Htuna"]).splitlines():
        words = line.split()
        host, _, port = words[4].rpartition(":")
        found[words[0], host.strip("[]").partition("%")[0].replace("*", "::"), int(port)] += 1
    return found


def _ours(rows: Table, inode: int) -> Counter[Socket]:
    found: Counter[Socket] = Counter()
    for row in np.flatnonzero(rows.numbers("netns") == inode).tolist():
        family = rows.integer("family", row)
        raw = rows.numbers("local_address")[row].tobytes()
        host = socket.inet_ntop(family, raw[: 4 if family == socket.AF_INET else 16])
        kind = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}[rows.integer("protocol", row)]
        found[kind, host, rows.integer("local_port", row)] += 1
    return found


def test_every_socket_is_told_of_its_namespace(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    with contextlib.ExitStack() as held:
        for namespace in two:  # the same addresses and ports in both
            here = held.enter_context(Sockets(namespace))
            listener = here.listen("127.0.0.1", 8080)
            states.established(listener, here, here)
            here.listen("::", 8081, v6only=True)
            here.udp(("127.0.0.1", 53))
        for _ in range(2):
            told = look()
            for namespace in two:
                assert _ours(told["sockets"], namespace.inode) == _ss(namespace)
        assert set(told["sockets"].numbers("netns")) <= set(told["namespaces"].numbers("inode"))


def test_what_belongs_to_rows_stays_with_them(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    with contextlib.ExitStack() as held:
        for mark, namespace in enumerate(two, 1):
            here = held.enter_context(Sockets(namespace))
            client, _ = states.established(here.listen("127.0.0.1"), here, here)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
            here.udp(("127.0.0.1", 0)).setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 10 * mark)
        told = look()
        rows, marks = told["sockets"], told["marks"].numbers("mark")
        assert len(rows) == len(marks) == len(told["cgroups"])
        for mark, namespace in enumerate(two, 1):
            here_rows = rows.numbers("netns") == namespace.inode
            assert set(marks[here_rows & (marks > 0)]) == {mark, 10 * mark}
        tcp = rows.numbers("protocol") == socket.IPPROTO_TCP
        assert tcp[: int(tcp.sum())].all()  # TCP first, as its tcp_info
        state = rows.numbers("state")
        connected = rows.numbers("cookie")[tcp & (state == 1)]
        info = told["tcp_info"].numbers("cookie")
        assert np.array_equal(info[np.isin(info, connected)], connected)
        counted = told["tcp_states"]
        assert int(counted.numbers("count").sum()) == int(tcp.sum())


def test_a_namespace_that_goes_leaves_no_rows_and_is_not_kept(
    look: Looked, two: tuple[Namespace, Namespace]
) -> None:
    going, staying = two
    with Sockets(staying) as here:
        here.listen("127.0.0.1", 8080)
        sleeper = going.popen(["sleep", "60"])
        inode = going.inode
        assert inode in look()["namespaces"].numbers("inode")
        staying.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", going.name)
        subprocess.run(["ip", "netns", "del", going.name], check=True)
        assert inode in look()["namespaces"].numbers("inode")  # the process still holds it
        sleeper.kill()
        sleeper.wait()
        os.close(going._descriptor)
        going._descriptor = -1
        told = look()
        assert inode not in told["namespaces"].numbers("inode")
        assert inode not in told["sockets"].numbers("netns")
        assert _ours(told["sockets"], staying.inode) == _ss(staying)
        wait_for(lambda: "wire" not in staying.ip("link"), "the end of the wire")


def test_a_new_namespace_is_there_at_the_next_look(look: Looked) -> None:
    look()
    with Namespace() as new, Sockets(new) as here:
        here.udp(("127.0.0.1", 4242))
        assert _ours(look()["sockets"], new.inode) == {("udp", "127.0.0.1", 4242): 1}


def test_nothing_stays_in_another_namespace_but_open_sockets(
    look: Looked, two: tuple[Namespace, Namespace]
) -> None:
    look()
    assert threading.active_count() == 1
    wait_for(lambda: _homes() == {_home("self")}, "a thread is still elsewhere")  # it may end after its join


def _homes() -> set[int]:
    """Namespaces of all threads of this process."""
    return {_home(f"self/task/{task.name}") for task in Path("/proc/self/task").iterdir()}


def _home(process: str) -> int:
    return Path("/proc", process, "ns/net").stat().st_ino
