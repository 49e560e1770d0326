"""Sockets of a real namespace, in every state, against ss, netstat and the kernel's own files."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from sockscope.app.collectors import procnet
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.inetdiag import BOUND_INACTIVE, LISTEN
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.inet import IPPROTO_UDPLITE
from sockscope.app.frames.table import Table, concatenate
from tests.lab import scene as told
from tests.lab.need import do_without
from tests.lab.readings import Reading, Row, Timer, netstat, readable, ss
from tests.lab.scene import Scene
from tests.lab.sockets import inode
from tests.lab.states import NAMES

pytestmark = pytest.mark.lab

SYN_RECV = 3
RETRANSMISSION = 1
PROTOCOLS = {6: "tcp", 17: "udp", 136: "udplite", 255: "raw"}
JIFFIES = 0.02
"""What a kernel's clock of a hundred ticks a second may round away, twice."""


def collected(scene: Scene) -> tuple[Collected, Reading]:
    """What the collector brings of the server, and its rows in the form of the tools' readings."""
    with scene.server.inside():
        collector = SocketsCollector()
        with contextlib.closing(collector):
            begun = time.monotonic()
            brought = collector.collect()
            done = time.monotonic()
    return brought, Reading(rows(brought.tables["sockets"]), begun, done)


def from_files(scene: Scene) -> Reading:
    """What /proc/net says of TCP and UDP."""
    begun = time.monotonic()
    with scene.server.inside():
        tables = procnet.sockets(procnet.PROC_NET, ("tcp", "tcp6", "udp", "udp6"))
    return Reading(rows(concatenate(tables)), begun, time.monotonic())


def rows(table: Table) -> list[Row]:
    """Every row of a table of sockets."""
    return [row_of(table, index) for index in range(len(table))]


def row_of(table: Table, row: int) -> Row:
    """One row in the form of the tools' readings."""
    six = table.integer("family", row) == socket.AF_INET6
    retrans = table.integer("retrans", row)
    v6only, drops = table.integer("v6only", row), table.integer("drops", row)

    def end(which: str) -> tuple[str, int]:
        raw = table.numbers(f"{which}_address")[row].tobytes()
        return readable(raw if six else raw[:4]), table.integer(f"{which}_port", row)

    return Row(
        PROTOCOLS[table.integer("protocol", row)] + "6" * six,
        table.integer("state", row),
        table.integer("rx_queue", row),
        table.integer("tx_queue", row),
        end("local"),
        end("remote"),
        table.integer("uid", row),
        table.integer("inode", row),
        Timer(table.integer("timer", row), table.integer("expires", row) / 1000, 0.001, retrans, retrans),
        table.integer("cookie", row),
        None if v6only < 0 else v6only,
        None if drops < 0 else drops,
    )


def internet(rows: Iterable[Row]) -> list[Row]:
    """Only TCP and UDP rows, without those that no other tool shows."""
    return [row for row in rows if row.state != BOUND_INACTIVE and row.proto.startswith(("tcp", "udp"))]


def assert_timers_agree(pairs: Iterable[tuple[Row, Row]], first: Reading, second: Reading) -> int:
    """Both rows of each pair tell of the same timer, as far as it ran between the two readings; how many
    timers that were. A timer that was due in between has fired and tells nothing."""
    compared = 0
    for early, late in pairs:
        then, now = early.timer, late.timer
        due_first = (first.begun + then.left - JIFFIES, first.done + then.left + then.step + JIFFIES)
        if then.kind and due_first[0] <= second.done:
            continue
        assert now.kind == then.kind, (early, late)
        if then.kind:
            due_second = (second.begun + now.left - JIFFIES, second.done + now.left + now.step + JIFFIES)
            assert due_first[0] <= due_second[1], (early, late)
            assert due_second[0] <= due_first[1], (early, late)
            compared += 1
    return compared


def test_every_socket_reads_as_ss_reads_it(scene: Scene) -> None:
    first = ss(scene.server)
    _, second = collected(scene)
    theirs = {row.cookie: row for row in first.rows}
    ours = {row.cookie: row for row in internet(second.rows)}
    assert theirs.keys() == ours.keys()
    assert len(theirs) == len(first.rows) == sum(scene.expected.values()) + 9
    for cookie, row in theirs.items():
        mine = ours[cookie]
        for name in ("proto", "state", "recv_q", "send_q", "local", "remote", "uid", "inode", "v6only"):
            assert getattr(mine, name) == getattr(row, name), (name, mine, row)
        if row.proto.startswith("udp"):
            assert mine.drops == row.drops
    compared = assert_timers_agree(((row, ours[key]) for key, row in theirs.items()), first, second)
    assert compared > 2 * told.TIME_WAITS


def test_retransmissions_are_counted_as_the_others_count_them(scene: Scene) -> None:
    """What was lost is sent again at growing distances: wait until that has happened twice to six sockets."""
    compared = 0
    deadline = time.monotonic() + 20
    while compared < 6 and time.monotonic() < deadline:
        first = ss(scene.server)
        readings = [netstat(scene.server), from_files(scene), collected(scene)[1]]
        patient = [
            row for row in first.rows if row.timer.kind == RETRANSMISSION and row.state != SYN_RECV
            and first.begun + row.timer.left > readings[-1].done + JIFFIES
        ]  # fmt: skip
        for reading in readings:
            counts = {row.ends: row.timer.retrans for row in reading.rows}
            assert {row.ends: row.timer.retrans for row in patient} == {
                row.ends: counts[row.ends] for row in patient
            }
        compared = sum(row.timer.retrans >= 2 for row in patient)
    assert compared >= 6


def test_every_socket_reads_as_netstat_reads_it(scene: Scene) -> None:
    first = netstat(scene.server)
    _, second = collected(scene)
    theirs = {row.ends: row for row in first.rows}
    ours = {row.ends: row for row in internet(second.rows)}
    assert theirs.keys() == ours.keys()
    assert len(theirs) == len(first.rows)
    for ends, row in theirs.items():
        mine = ours[ends]
        assert (mine.state, mine.recv_q) == (row.state, row.recv_q)
        assert row.send_q == (0 if row.state == LISTEN else mine.send_q), (mine, row)
        if row.state == SYN_RECV:  # the file names the listener's user, the dump nobody
            assert (mine.uid, mine.inode) == (0, 0)
        else:
            assert mine.uid == row.uid
    assert_timers_agree(((row, ours[key]) for key, row in theirs.items()), first, second)


def test_raw_sockets_read_as_netstat_reads_them(scene: Scene) -> None:
    _, second = collected(scene)
    theirs = netstat(scene.server, "-w").rows
    ours = [row for row in second.rows if row.proto.startswith("raw")]
    assert {(row.ends, row.state, row.recv_q, row.send_q, row.uid) for row in theirs} == {
        (row.ends, row.state, row.recv_q, row.send_q, row.uid) for row in ours
    }
    assert {row.local for row in ours} == {("127.0.0.1", 253), ("::1", 254)}
    assert [row.drops for row in ours] == [0, 0]


def test_udplite_sockets_read_as_netstat_reads_them(scene: Scene) -> None:
    try:
        for host in ("127.0.0.1", "::1"):
            scene.here.open(host, socket.SOCK_DGRAM, IPPROTO_UDPLITE).bind((host, 0))
    except OSError as refused:
        do_without(f"this kernel has no UDP-Lite: {refused}")
    _, second = collected(scene)
    theirs = [row for row in netstat(scene.server, "-U").rows if row.proto.startswith("udpl")]
    ours = [row for row in second.rows if row.proto.startswith("udplite")]
    assert len(theirs) == 2
    assert {(row.local, row.inode, row.state, row.recv_q, row.uid) for row in theirs} == {
        (row.local, row.inode, row.state, row.recv_q, row.uid) for row in ours
    }


def test_bound_sockets_are_rows_that_only_we_show(scene: Scene) -> None:
    _, reading = collected(scene)
    bound = {row.inode: row for row in reading.rows if row.state == BOUND_INACTIVE}
    assert bound.keys() == {inode(opened) for opened in scene.bound}
    plain, dual, only = (bound[inode(opened)] for opened in scene.bound)
    assert plain.local == scene.bound[0].getsockname()
    assert (plain.v6only, dual.v6only, only.v6only) == (None, 0, 1)
    assert not bound.keys() & {row.inode for row in ss(scene.server).rows}


def test_states_are_counted(scene: Scene) -> None:
    brought, _ = collected(scene)
    table = brought.tables["tcp_states"]
    expected = {NAMES.index(name) + 1: number for name, number in scene.expected.items()}
    expected[BOUND_INACTIVE] = len(scene.bound)
    states, counts = table.numbers("state"), table.numbers("count")
    assert {int(state): int(count) for state, count in zip(states, counts, strict=True) if count} == expected


def test_drops_are_the_socket_s_own(scene: Scene) -> None:
    _, reading = collected(scene)
    drops = {row.inode: row.drops for row in reading.rows}
    assert drops[inode(scene.dropping)] == 7
    assert drops[inode(scene.plain)] == 0
    assert drops[inode(scene.v4)] is None


def test_bound_device_is_told_by_its_index(scene: Scene) -> None:
    brought, _ = collected(scene)
    table = brought.tables["sockets"]
    index = int(scene.server.ip("-o", "link", "show", "dev", "eth0").partition(":")[0])
    bound = {
        int(number): int(device)
        for number, device in zip(table.numbers("inode"), table.numbers("interface"), strict=True)
        if device
    }
    assert bound == {inode(scene.on_device): index}
    assert {row.inode: row.device for row in ss(scene.server).rows if row.device} == {
        inode(scene.on_device): "eth0"
    }


def test_users_are_told(scene: Scene) -> None:
    _, reading = collected(scene)
    assert Counter(row.proto for row in reading.rows if row.uid == told.STRANGER) == {"tcp": 1, "udp": 1}


def test_collector_keeps_to_the_namespace_it_was_made_in(scene: Scene) -> None:
    with scene.client.inside():
        collector = SocketsCollector()
    with contextlib.closing(collector), scene.server.inside():
        table = collector.collect().tables["sockets"]
    listening = {row.local for row in rows(table) if row.state == LISTEN}
    assert listening == {scene.outgoing.getsockname()}


def test_files_give_the_same_table(scene: Scene) -> None:
    first = from_files(scene)
    _, second = collected(scene)
    theirs = {row.ends: row for row in first.rows}
    ours = {row.ends: row for row in internet(second.rows)}
    assert theirs.keys() == ours.keys()
    assert {row.cookie for row in first.rows} == {0}
    assert BOUND_INACTIVE not in {row.state for row in first.rows}
    for ends, row in theirs.items():
        mine = ours[ends]
        assert (mine.state, mine.recv_q, mine.drops) == (row.state, row.recv_q, row.drops)
        assert row.send_q == (0 if row.state == LISTEN else mine.send_q)
        if row.state != SYN_RECV:
            assert row.uid == mine.uid
    assert_timers_agree(((row, ours[key]) for key, row in theirs.items()), first, second)


def test_refused_sock_diag_falls_back_to_the_files(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    brought, plain = collected(scene)

    def refuse(_protocol: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("sockscope.app.collectors.sockets.NetlinkSocket", refuse)
    fallen, reading = collected(scene)
    assert [note.kind for note in fallen.notes] == ["fallback"]
    assert not brought.notes
    same = {row.ends for row in plain.rows if row.state != BOUND_INACTIVE}
    assert {row.ends for row in reading.rows} == same
    columns = {name: column.dtype for name, column in brought.tables["sockets"].columns.items()}  # type: ignore[union-attr]
    assert {name: column.dtype for name, column in fallen.tables["sockets"].columns.items()} == columns  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["cookie", "inode"])
def test_rows_are_told_apart(scene: Scene, name: str) -> None:
    _, reading = collected(scene)
    values = [getattr(row, name) for row in internet(reading.rows)]
    held = np.array([value for value in values if value])
    assert len(np.unique(held)) == len(held)
