"""Printed statistics: which sections and lines."""

from __future__ import annotations

import pytest

from tests.model.counter_tables import counters
from tests.printing import lines, objects, printed, with_tables

COUNTED = with_tables(
    counters=counters(
        {
            ("Ip", "InReceives"): 5,
            ("Icmp", "InMsgs"): 0,
            ("Tcp", "ActiveOpens"): 12345,
            ("Udp", "InDatagrams"): 6,
            ("UdpLite", "InDatagrams"): 7,
            ("TcpExt", "ListenDrops"): 8,
            ("TcpExt", "NotKnownYet"): 1,
            ("Ip6", "Ip6InReceives"): 9,
            ("Udp6", "Udp6InDatagrams"): 10,
        },
        1000.0,
    )
)


@pytest.mark.parametrize(
    ("arguments", "sections"),
    [
        ("-s", "Ip Icmp Tcp Udp UdpLite TcpExt"),
        ("-sa", "Ip Icmp Tcp Udp UdpLite TcpExt"),
        ("-st", "Tcp UdpLite TcpExt"),
        ("-su", "Udp UdpLite"),
        ("-sU", "UdpLite"),
        ("-sw", "Ip Icmp UdpLite"),
        ("-s4", "Ip Icmp Tcp Udp UdpLite TcpExt"),
        ("-s6", "Ip6 Udp6 Tcp"),
        ("-s6u", "Udp6"),
        ("-stu4", "Tcp Udp UdpLite TcpExt"),
        ("-s46t", "Tcp UdpLite TcpExt"),
        ("-s46", "Ip Icmp Tcp Udp UdpLite TcpExt Ip6 Udp6"),
    ],
)
def test_sections_of_statistics(arguments: str, sections: str) -> None:
    heads = [line[:-1] for line in printed(arguments, COUNTED).splitlines() if not line.startswith(" ")]
    assert heads == sections.split()


def test_lines_of_statistics() -> None:
    assert [line.split(maxsplit=2)[:2] for line in lines("-st", COUNTED)] == [
        ["Tcp:"],
        ["12345", "ActiveOpens"],
        ["UdpLite:"],
        ["7", "InDatagrams"],
        ["TcpExt:"],
        ["8", "ListenDrops"],
        ["1", "NotKnownYet"],
    ]
    assert " Connections this host started" in printed("-st", COUNTED)


def test_json_of_statistics_leaves_no_counter_out() -> None:
    told = objects("-s", COUNTED)
    assert len(told) == 9
    assert told[1]["value"] == 0
    assert list(told[0]) == [
        "section",
        "name",
        "value",
        "kind",
        "meaning",
        "interface",
        "netns",
        "netns_inode",
    ]
