"""Packet, netlink and MPTCP sockets printed once, beside ss on the same namespace."""

from __future__ import annotations

import json
import socket
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.lab import others
from tests.lab.namespace import Namespace
from tests.lab.need import do_without, require_root_and
from tests.lab.program import ROOT
from tests.lab.sockets import Sockets

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def here() -> Iterator[Sockets]:
    require_root_and("ss", "netstat")
    with Namespace() as namespace, Sockets(namespace) as made:
        sniffer = others.packet(made, others.ETH_P_ALL, "lo")
        others.sniff(sniffer, 1)
        others.packet(made, others.ETH_P_ARP, kind=socket.SOCK_DGRAM)
        others.packet(made, 0x1234)
        others.netlink(made, others.ROUTE, others.RTMGRP_LINK)
        others.netlink(made, others.UEVENT, 2)
        made.raw(253)
        made.raw(254, "::1")
        if others.has_mptcp(namespace):
            others.exchange(*others.mptcp(made)[1:])
            others.exchange(*others.mptcp(made, "::1")[1:])
        yield made


def sockscope(here: Sockets, arguments: str) -> list[str]:
    command = [sys.executable, "-P", "-m", "sockscope.app", "--once", *arguments.split()]
    return here.namespace.run(command, cwd=ROOT, timeout=60).splitlines()


def words(lines: list[str]) -> Counter[tuple[str, ...]]:
    """Lines as words, those about sock_diag left out: whoever looks has such a socket; each line that the
    kernel lists twice once."""
    rows = [tuple(line.split()[:6]) for line in lines]
    told = [row for row in rows if not row[4].startswith(("4:", "tcpdiag:"))]
    return Counter({row: 1 if row[0] == "nl" else told.count(row) for row in told})


def ss(here: Sockets, *arguments: str) -> list[str]:
    return here.namespace.run(["ss", "-Ha", *arguments]).splitlines()


def test_packet_and_netlink_sockets(here: Sockets) -> None:
    ours = sockscope(here, "--packet --netlink -n")
    heads = ours[0].split()
    assert heads == ["Netid", "State", "Recv-Q", "Send-Q", "Local", "Address:Port", "Peer", "Address:Port"]
    theirs = words(ss(here, "-n", "-A", "packet,netlink"))
    assert words(ours[1:]) == theirs
    assert len(theirs) > 8


def test_with_names(here: Sockets) -> None:
    ours = {tuple(line.split()) for line in sockscope(here, "--packet")[1:]}
    theirs = {tuple(line.split()) for line in ss(here, "-A", "packet")}
    assert len(ours) == 3
    named = {row for row in ours if "0x1234" not in row[4]}  # ss has no form for numbers without names
    assert {row[4] for row in named} == {"*:lo", "arp:*"}
    assert named <= {("p_raw", *row[1:]) if row[0] == "p_raw" else row for row in theirs}


def test_programs_are_named(here: Sockets) -> None:
    printed = sockscope(here, "--packet -pn")
    assert all("/" in line.split()[-1] for line in printed[1:])


def test_mptcp(here: Sockets) -> None:
    if not others.has_mptcp(here.namespace):
        do_without("this kernel has no MPTCP")
    ours = Counter(
        (row[0], *ends(row[3], row[4])) for row in map(str.split, sockscope(here, "--mptcp -an")[2:])
    )
    theirs = Counter(
        ("mptcp6" if row[3].startswith("[") or row[3].startswith("*") else "mptcp", *ends(row[3], row[4]))
        for row in map(str.split, ss(here, "-nM"))
    )
    assert {each[1:] for each in ours} == {each[1:] for each in theirs}
    assert Counter(each[0] for each in ours) == {"mptcp": 3, "mptcp6": 3}


def ends(local: str, remote: str) -> tuple[str, str]:
    """Ports, which both tools write alike."""
    return local.rpartition(":")[2], remote.rpartition(":")[2]


def test_without_being_asked_for_mptcp_is_the_tcp_that_carries_it(here: Sockets) -> None:
    netstat = here.namespace.run(["netstat", "-Wtwan"]).splitlines()[2:]
    ours = sockscope(here, "-twan")[2:]
    rows, theirs = ([line.split() for line in lines] for lines in (ours, netstat))
    assert {(row[0], *row[3:6]) for row in rows} == {(row[0], *row[3:6]) for row in theirs}


def test_json_joins_what_belongs_together(here: Sockets) -> None:
    told = [json.loads(line) for line in sockscope(here, "--json -a --mptcp -t --packet --netlink")]
    by_proto = Counter(each["proto"] for each in told)
    assert by_proto["p_raw"] == 2
    assert by_proto["p_dgr"] == 1
    assert by_proto["nl"] > 3
    (sniffer,) = [each for each in told if each.get("promiscuous")]
    assert (sniffer["interface"], sniffer["protocol"]) == ("lo", "all")
    tokens = {each["mptcp_token"] for each in told if each["proto"] == "mptcp" and each["mptcp_token"]}
    carried = {each["mptcp_token"] for each in told if each["proto"] == "tcp" and each["mptcp_token"]}
    assert carried == tokens
    assert bool(tokens) == others.has_mptcp(here.namespace)
