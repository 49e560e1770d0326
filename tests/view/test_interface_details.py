"""What the details say of an interface."""

from __future__ import annotations

from typing import Any

import pytest

from sockscope.app.frames.links import STATS, UNKNOWN_COUNT, UNKNOWN_NUMBER, Flag
from sockscope.app.view.columns import Section
from sockscope.app.view.interface_details import details
from tests.model.test_interfaces import Clockwork, Rows, eth0


def said(clockwork: Clockwork, row: int = 0) -> dict[str, dict[str, str]]:
    """Facts by section and label; the title of the counters is shortened."""
    sections: tuple[Section, ...] = details(clockwork.store, clockwork.rows(), row)
    return {
        section.title.partition(":")[0]: {fact.label: fact.value for fact in section.facts}
        for section in sections
    }


def once(row: dict[str, Any], addresses: Rows = (), *more: dict[str, Any]) -> dict[str, dict[str, str]]:
    clockwork = Clockwork()
    clockwork.tick(1.0, [row, *more], addresses)
    return said(clockwork)


def test_identity() -> None:
    facts = once(
        eth0(
            alias="to the shop", kind="veth", master=7, link=8, txqlen=1000, speed_mbps=2500, duplex="full",
            carrier_changes=5,
        ),
        (),
        {"name": "zbr0", "index": 7},
    )["eth0"]  # fmt: skip
    expected = {
        "alias": "to the shop", "index": "2", "kind": "veth", "carrier": "yes", "carrier changes": "5",
        "speed": "2.5G", "duplex": "full", "MAC": "02:00:00:00:00:01", "MTU": "1500",
        "queue": "fq, length 1000", "master": "zbr0", "lower device": "interface 8", "promiscuous": "no",
        "all multicast": "no",
    }  # fmt: skip
    assert {label: facts[label] for label in expected} == expected
    assert facts["state"].startswith("up: ")


def test_the_other_end_in_another_namespace() -> None:
    facts = once(eth0(link=8, netnsid=0), (), {"name": "other", "index": 8})["eth0"]
    assert facts["lower device"] == "interface 8 of network namespace 0"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"promiscuity": 0}, "no"),
        ({"promiscuity": 1, "flags": 0x1103}, "yes, by the administrator"),
        ({"promiscuity": 3, "flags": 0x1103}, "yes, by the administrator and 2 more"),
        ({"promiscuity": 2, "flags": 0x1003}, "yes, by 2 (capture, bridge, macvlan ...), though"),
        ({"promiscuity": UNKNOWN_NUMBER, "flags": 0x1003}, "-"),
        ({"promiscuity": UNKNOWN_NUMBER, "flags": 0x1103}, "yes"),
    ],
)
def test_promiscuity(row: dict[str, Any], words: str) -> None:
    assert once(eth0(**row))["eth0"]["promiscuous"].startswith(words)


def test_what_is_not_known_is_a_dash() -> None:
    row = dict.fromkeys(("mtu", "txqlen", "carrier_changes", "allmulti", "flags"), UNKNOWN_NUMBER)
    facts = once(eth0(**row, index=0, carrier=-1, mac=None, kind=None, qdisc=None))
    for label in ("alias", "index", "kind", "carrier", "carrier changes", "speed", "MAC", "MTU"):
        assert facts["eth0"][label] == "-"
    assert facts["eth0"]["queue"] == "-, length -"
    assert facts["Flags"] == {"flags": "not known"}
    assert facts["Addresses"] == {"addresses": "not known"}


def test_every_flag_has_words() -> None:
    facts = once(eth0(flags=sum(Flag) | 0x40000000))["Flags"]
    assert {flag.name for flag in Flag} | {"0x40000000"} == set(facts)
    assert facts["UP"].startswith("U  ")
    assert facts["LOWER_UP"].startswith("   ")
    assert once(eth0(flags=0))["Flags"] == {"flags": "none"}


def test_addresses_with_scope_and_flags() -> None:
    clockwork = Clockwork()
    clockwork.tick(
        1.0,
        [eth0(), {"name": "lo", "index": 1}],
        [
            {"index": 2, "address": "10.0.0.5/24", "label": "eth0"},
            {"index": 2, "address": "10.0.0.6/24", "label": "eth0:1", "flags": 0x81},
            {"index": 2, "address": "10.9.0.1/32", "peer": "10.9.0.2", "flags": 0},
            {"index": 2, "address": "fe80::1/64", "scope": 253, "flags": 0xC1},
            {"index": 1, "address": "127.0.0.1/8", "scope": 254},
        ],
    )
    section = details(clockwork.store, clockwork.rows(), 0)[1]
    assert [(fact.label, fact.value) for fact in section.facts] == [
        ("IPv4", "10.0.0.5/24  scope global"),
        ("IPv4", "10.0.0.6/24  scope global  secondary  label eth0:1"),
        ("IPv4", "10.9.0.1 peer 10.9.0.2/32  scope global  dynamic"),
        ("IPv6", "fe80::1/64  scope link  temporary  tentative"),
    ]
    assert once(eth0())["Addresses"] == {"addresses": "none"}


def test_traffic_in_bytes_bits_and_packets() -> None:
    clockwork = Clockwork()
    clockwork.tick(1.0, [eth0(speed_mbps=1000)])
    assert said(clockwork)["Traffic"]["received"] == "-"
    clockwork.tick(3.0, [eth0(speed_mbps=1000, rx_bytes=2_048_000, rx_packets=2000)])
    traffic = said(clockwork)["Traffic"]
    assert traffic["received"] == "1000.0 KiB/s  8.2M bit/s  1.0k packets/s  1024 B each"
    assert traffic["sent"] == "0 B/s  0 bit/s  0 packets/s"
    assert traffic["use"] == "0.8% of the speed"


def test_every_counter_with_total_change_and_words() -> None:
    clockwork = Clockwork()
    clockwork.tick(1.0, [eth0()])
    clockwork.tick(2.5, [eth0(rx_packets=1204, rx_crc_errors=UNKNOWN_COUNT)])
    sections = details(clockwork.store, clockwork.rows(), 0)
    assert sections[-1].title == "Counters: total, change in 1.5 s"
    counters = {fact.label: fact.value for fact in sections[-1].facts}
    assert tuple(counters) == STATS
    assert counters["rx_packets"].split()[:2] == ["1,204", "+1.2k"]
    assert counters["rx_crc_errors"].split()[:2] == ["-", "-"]
    assert len({value.index(value.split(maxsplit=2)[2]) for value in counters.values()}) == 1


def test_since_the_mark_and_after_a_reset() -> None:
    clockwork = Clockwork()
    clockwork.tick(1.0, [eth0(rx_packets=9, carrier_changes=2)])
    clockwork.store.mark()
    clockwork.tick(2.0, [eth0(rx_packets=1, carrier_changes=4)])
    sections = details(clockwork.store, clockwork.rows(), 0)
    assert sections[-1].title == "Counters: total, change since the mark"
    assert sections[-1].facts[0].value.split()[:2] == ["1", "reset"]
