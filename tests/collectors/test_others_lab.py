"""Packet, netlink, MPTCP, raw and UDP-Lite sockets of a real namespace, against ss and the kernel's files."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from sockscope.app.collectors import netlinksockets, packet
from sockscope.app.collectors.others import OthersCollector
from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Table
from tests.lab import others
from tests.lab.namespace import Namespace
from tests.lab.need import do_without, require_root_and
from tests.lab.sockets import Sockets, inode, wait_for

pytestmark = pytest.mark.lab

LO = 1


@pytest.fixture
def here() -> Iterator[Sockets]:
    require_root_and("ss")
    with Namespace() as namespace, Sockets(namespace) as made:
        yield made


def collected(here: Sockets) -> dict[str, Table]:
    with here.namespace.inside(), contextlib.closing(OthersCollector()) as collector:
        brought = collector.collect()
    assert brought.notes == ()
    return dict(brought.tables)


def of(table: Table, opened: socket.socket, name: str) -> int:
    (row,) = np.flatnonzero(table.numbers("inode") == inode(opened))
    return table.integer(name, int(row))


def ss(here: Sockets, *options: str) -> list[list[str]]:
    return [line.split() for line in here.namespace.run(["ss", "-Hn", *options]).splitlines()]


def test_packet_sockets_read_as_ss_reads_them(here: Sockets) -> None:
    opened = [
        others.packet(here, others.ETH_P_ALL, "lo"),
        others.packet(here, others.ETH_P_ARP, kind=socket.SOCK_DGRAM),
        others.packet(here, others.ETH_P_LLDP),
        others.packet(here, 0),
    ]
    table = collected(here)["packet"]
    ours = {
        (
            {2: "p_dgr", 3: "p_raw"}[table.integer("type", row)],
            {3: "*", 0: "[0]"}.get(protocol := table.integer("protocol", row), f"[{protocol}]"),
            {LO: "lo", 0: "*"}[table.integer("device", row)],
            str(table.integer("rmem", row)),
            f"ino:{table.integer('inode', row)}",
            f"sk:{table.integer('cookie', row):x}",
        )
        for row in range(len(table))
    }
    theirs = {
        (
            words[0],
            *words[4].split(":"),
            words[2],
            *(word for word in words if word.startswith(("ino:", "sk:"))),
        )
        for words in ss(here, "-ae", "-A", "packet", "-O")
    }
    assert ours == theirs
    assert {inode(each) for each in opened} == set(table.numbers("inode").tolist())


def test_who_sniffs_and_who_shares(here: Sockets) -> None:
    sniffer, member, ringed, plain = (others.packet(here, others.ETH_P_ALL, "lo") for _ in range(4))
    others.sniff(sniffer, LO)
    others.share(member, 0x1234)
    others.map_ring(ringed)
    table = collected(here)["packet"]
    four = (sniffer, member, ringed, plain)
    assert [of(table, each, "promiscuous") for each in four] == [packet._EVERY_FRAME, 0, 0, 0]
    assert [of(table, each, "ring") for each in four] == [0, 0, 1, 0]
    assert [of(table, each, "fanout") for each in four] == [-1, 0x1234, -1, -1]
    sniffer.close()
    assert len(collected(here)["packet"]) == 3


def test_packet_sockets_count_what_they_lose(here: Sockets) -> None:
    full = others.packet(here, others.ETH_P_ALL, "lo")
    full.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    sender, target = here.udp(), here.udp()
    for _ in range(20):
        sender.sendto(b"x" * 1000, target.getsockname())
    assert of(collected(here)["packet"], full, "drops") > 0


def test_netlink_sockets_read_as_the_file_and_as_ss_read_them(here: Sockets) -> None:
    groups = others.RTMGRP_LINK | others.RTMGRP_IPV4_IFADDR
    listening = others.netlink(here, others.ROUTE, groups)
    asking = others.netlink(here, others.GENERIC)
    table = collected(here)["netlink"]
    with here.namespace.inside():
        listed = netlinksockets.from_file("/proc/thread-self/net")
    assert listed is not None

    def told(each: Table, opened: socket.socket) -> list[object]:
        (row,) = np.flatnonzero(each.numbers("inode") == inode(opened))
        names = ("protocol", "port", "rmem", "drops")
        return [*(each.integer(name, int(row)) for name in names), each.numbers("groups")[row].tolist()]

    for opened in (listening, asking):
        assert told(table, opened) == told(listed, opened)
    assert told(table, listening)[4][0] == groups  # type: ignore[index]
    ends = {
        f"{protocol}:{port}"
        for protocol, port in zip(
            table.numbers("protocol").tolist(), table.numbers("port").tolist(), strict=True
        )
        if protocol != others.SOCK_DIAG  # whoever looks has one
        and port in (0, listening.getsockname()[0], asking.getsockname()[0])
    }
    theirs = {words[3] for words in ss(here, "-af", "netlink")}
    assert ends <= theirs
    assert len(ends) > 4
    cookies = table.numbers("cookie")
    assert len(np.unique(cookies)) == len(cookies)  # a member of groups is listed twice by the kernel


def test_netlink_sockets_count_what_they_lose(here: Sockets) -> None:
    listening = others.netlink(here, others.ROUTE, others.RTMGRP_IPV4_IFADDR)
    before = of(collected(here)["netlink"], listening, "drops")
    others.overflow(here, listening)
    assert before == 0
    assert of(collected(here)["netlink"], listening, "drops") > 0


def inet(here: Sockets) -> dict[str, Table]:
    with here.namespace.inside(), contextlib.closing(SocketsCollector()) as collector:
        brought = collector.collect()
    assert brought.notes == ()
    return dict(brought.tables)


def require_mptcp(here: Sockets) -> None:
    if not others.has_mptcp(here.namespace):
        do_without("this kernel has no MPTCP")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_mptcp_reads_as_ss_reads_it(here: Sockets, host: str) -> None:
    require_mptcp(here)
    _, client, server = others.mptcp(here, host)
    others.exchange(client, server)
    tables = inet(here)
    table, told = tables["sockets"], tables["mptcp"]
    mine = table.take(table.numbers("protocol") == IPPROTO_MPTCP)
    ports = zip(mine.numbers("local_port").tolist(), mine.numbers("remote_port").tolist(), strict=True)
    states = {1: "ESTAB", 10: "LISTEN"}
    ours = {(states[state], *pair) for state, pair in zip(mine.numbers("state").tolist(), ports, strict=True)}
    theirs = {
        (words[0], *(int(end.rpartition(":")[2].replace("*", "0")) for end in words[3:5]))
        for words in ss(here, "-Ma")
    }
    assert ours == theirs
    assert len(ours) == 3
    tokens = {word for words in ss(here, "-Mai") for word in words if word.startswith("token:")}
    connections = told.take(told.numbers("subflow") == 0)
    assert {f"token:{token:x}" for token in connections.numbers("token").tolist() if token} == tokens
    subflows = told.take(told.numbers("subflow") == 1)
    assert sorted(subflows.numbers("token").tolist()) == sorted(connections.numbers("token").tolist())
    tcp = table.numbers("cookie")[table.numbers("protocol") == socket.IPPROTO_TCP]
    assert set(subflows.numbers("cookie").tolist()) == set(tcp.tolist())


def test_without_mptcp_sockets_there_is_no_table_of_them(here: Sockets) -> None:
    here.listen()
    assert set(inet(here)) == {"sockets", "tcp_states"}


def test_an_mptcp_connection_that_goes_takes_its_rows_along(here: Sockets) -> None:
    require_mptcp(here)
    listener, client, server = others.mptcp(here)
    for each in (client, server, listener):
        each.close()
    wait_for(lambda: "mptcp" not in inet(here), "MPTCP sockets did not go")


def test_plain_tcp_beside_mptcp_is_not_taken_for_a_subflow(here: Sockets) -> None:
    require_mptcp(here)
    others.mptcp(here)
    plain = here.listen()
    client = here.connect(plain.getsockname())
    tables = inet(here)
    carried = set(tables["mptcp"].numbers("cookie").tolist())
    table = tables["sockets"]
    mine = np.isin(table.numbers("inode"), [inode(plain), inode(client)])
    assert mine.sum() == 2
    assert not carried & set(table.numbers("cookie")[mine].tolist())


def test_udplite_and_raw_are_found_where_the_kernel_counts_them(here: Sockets) -> None:
    assert len(inet(here)["sockets"]) == 0
    here.raw(253)
    try:
        here.open("127.0.0.1", socket.SOCK_DGRAM, IPPROTO_UDPLITE).bind(("127.0.0.1", 4000))
    except OSError as refused:
        do_without(f"this kernel has no UDP-Lite: {refused}")
    table = inet(here)["sockets"]
    pairs = zip(table.numbers("protocol").tolist(), table.numbers("local_port").tolist(), strict=True)
    assert set(pairs) == {(IPPROTO_UDPLITE, 4000), (socket.IPPROTO_RAW, 253)}
