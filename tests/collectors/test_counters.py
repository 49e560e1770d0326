"""The counters of mock files: pairing, sections that come and go, faults."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.counterfiles import Listing, Pairs
from sockscope.app.collectors.counters import CountersCollector
from sockscope.app.model.meanings import meaning

SNMP = """\
Ip: Forwarding DefaultTTL InReceives
Ip: 2 64 3099
IcmpMsg: InType3 InType8
IcmpMsg: 1 7
IcmpMsg: OutType0
IcmpMsg: 9
Tcp: RtoAlgorithm MaxConn ActiveOpens
Tcp: 1 -1 22
"""
NETSTAT = """\
TcpExt: SyncookiesSent ListenDrops
TcpExt: 0 41
MPTcpExt: MPCurrEstab
MPTcpExt: 18446744073709551615
"""
SNMP6 = """\
Ip6InReceives                   \t1
Icmp6InType134\t5
Udp6InDatagrams                 \t12
UdpLite6InErrors                \t0
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A place with the three files every kernel with IPv6 has."""
    (tmp_path / "snmp").write_text(SNMP)
    (tmp_path / "netstat").write_text(NETSTAT)
    (tmp_path / "snmp6").write_text(SNMP6)
    return tmp_path


def rows(collected: Collected) -> dict[tuple[str | None, str | None], int]:
    table = collected.tables["counters"]
    return {
        (table.text("section", row), table.text("name", row)): table.integer("value", row)
        for row in range(len(table))
    }


def test_every_section_in_the_order_of_the_kernel(directory: Path) -> None:
    collector = CountersCollector(str(directory))
    collected = collector.collect()
    collector.close()
    assert collected.notes == ()
    assert list(rows(collected).items()) == [
        (("Ip", "Forwarding"), 2),
        (("Ip", "DefaultTTL"), 64),
        (("Ip", "InReceives"), 3099),
        (("IcmpMsg", "InType3"), 1),
        (("IcmpMsg", "InType8"), 7),
        (("IcmpMsg", "OutType0"), 9),
        (("Tcp", "RtoAlgorithm"), 1),
        (("Tcp", "MaxConn"), -1),
        (("Tcp", "ActiveOpens"), 22),
        (("TcpExt", "SyncookiesSent"), 0),
        (("TcpExt", "ListenDrops"), 41),
        (("MPTcpExt", "MPCurrEstab"), -1),
        (("Ip6", "Ip6InReceives"), 1),
        (("Icmp6", "Icmp6InType134"), 5),
        (("Udp6", "Udp6InDatagrams"), 12),
        (("UdpLite6", "UdpLite6InErrors"), 0),
    ]


def test_a_second_look_sees_new_values_through_the_same_descriptors(directory: Path) -> None:
    collector = CountersCollector(str(directory))
    first = collector.collect()
    before = set(Path("/proc/self/fd").iterdir())
    (directory / "snmp").write_text(SNMP.replace("3099", "4000"))
    second = collector.collect()
    assert set(Path("/proc/self/fd").iterdir()) == before
    assert rows(second)["Ip", "InReceives"] == 4000
    assert second.tables["counters"].strings("name") is first.tables["counters"].strings("name")
    assert second.tables["counters"].taken >= first.tables["counters"].taken
    collector.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before) - 3


def test_a_name_that_appears_while_running_keeps_the_others_in_place(directory: Path) -> None:
    collector = CountersCollector(str(directory))
    collector.collect()
    grown = SNMP.replace("InType3 InType8", "InType3 InType5 InType8").replace(
        "IcmpMsg: 1 7", "IcmpMsg: 1 4 7"
    )
    (directory / "snmp").write_text(grown)
    after = rows(collector.collect())
    assert after["IcmpMsg", "InType5"] == 4
    assert after["IcmpMsg", "InType8"] == 7
    assert after["Tcp", "ActiveOpens"] == 22
    (directory / "snmp").write_text(SNMP)
    assert ("IcmpMsg", "InType5") not in rows(collector.collect())


def test_without_ipv6_there_is_nothing_to_complain_of(directory: Path) -> None:
    (directory / "snmp6").unlink()
    collected = CountersCollector(str(directory)).collect()
    assert collected.notes == ()
    assert ("Ip", "InReceives") in rows(collected)
    assert not any(section == "Ip6" for section, _ in rows(collected))


def test_ipv6_that_is_switched_on_later_is_seen(directory: Path) -> None:
    (directory / "snmp6").unlink()
    collector = CountersCollector(str(directory))
    collector.collect()
    (directory / "snmp6").write_text(SNMP6)
    assert rows(collector.collect())["Udp6", "Udp6InDatagrams"] == 12


def test_sctp_where_the_kernel_has_it(directory: Path) -> None:
    (directory / "sctp").mkdir()
    (directory / "sctp" / "snmp").write_text("SctpCurrEstab                   \t3\n")
    assert rows(CountersCollector(str(directory)).collect())["Sctp", "SctpCurrEstab"] == 3


def test_ipsec_and_tls_where_the_kernel_has_them(directory: Path) -> None:
    (directory / "xfrm_stat").write_text("XfrmInError             \t3\nXfrmOutNoStates         \t4\n")
    (directory / "tls_stat").write_text("TlsCurrTxSw                     \t5\nTlsDecryptError\t6\n")
    table = CountersCollector(str(directory)).collect().tables["counters"]
    found = [
        (table.text("section", row), table.text("name", row), table.integer("value", row))
        for row in range(len(table) - 4, len(table))
    ]
    assert found == [
        ("Xfrm", "XfrmInError", 3),
        ("Xfrm", "XfrmOutNoStates", 4),
        ("Tls", "TlsCurrTxSw", 5),
        ("Tls", "TlsDecryptError", 6),
    ]
    assert meaning("Tls", "TlsCurrTxSw").kind == "gauge"


def test_a_missing_file_is_noted_and_the_rest_is_there(directory: Path) -> None:
    (directory / "netstat").unlink()
    collected = CountersCollector(str(directory)).collect()
    assert [(note.table, note.kind) for note in collected.notes] == [("counters", "missing")]
    assert "netstat: No such file" in collected.notes[0].why
    assert ("Tcp", "MaxConn") in rows(collected)


def test_nothing_at_all(tmp_path: Path) -> None:
    collected = CountersCollector(str(tmp_path)).collect()
    assert len(collected.tables["counters"]) == 0
    assert len(collected.notes) == 2


def test_a_descriptor_that_fails_is_replaced(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = CountersCollector(str(directory))
    collector.collect()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    failures = [errno.ESTALE]
    pread = os.pread

    def failing(descriptor: int, length: int, offset: int) -> bytes:
        if failures:
            raise OSError(failures.pop(), "stale")
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", failing)
    (directory / "snmp").unlink()
    (directory / "snmp").write_text(SNMP.replace("3099", "5000"))
    assert rows(collector.collect())["Ip", "InReceives"] == 5000
    assert failures == []
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    collector.close()


@pytest.mark.parametrize(
    ("text", "fault", "kept"),
    [
        ("Ip: A B\nIp: 1\nTcp: C\nTcp: 3\n", "Ip has 2 names but 1 values", ("Tcp", "C")),
        ("Ip: A\nTcp: C\nTcp: 3\n", "Ip has no line of values", ("Tcp", "C")),
        ("Tcp: C\nTcp: 3\nIp: A\nIp: many\n", "Ip has values that are no numbers", ("Tcp", "C")),
        ("Tcp: C\nTcp: 3\nIp: A\n", "Ip has no line of values", ("Tcp", "C")),
    ],
)
def test_a_pair_that_does_not_match_is_left_out_and_said(
    text: str, fault: str, kept: tuple[str, str]
) -> None:
    parsed = Pairs().parse(text.encode())
    assert parsed.faults == (fault,)
    assert parsed.names == (kept,)
    assert parsed.values == [3]


def test_same_names_and_as_many_values_in_other_places_are_not_trusted() -> None:
    pairs = Pairs()
    pairs.parse(b"Ip: A B\nIp: 1 2\nTcp: C\nTcp: 3\n")
    parsed = pairs.parse(b"Ip: A B\nIp: 1\nTcp: C\nTcp: 3 4\n")
    assert parsed.names == ()
    assert len(parsed.faults) == 2


def test_a_line_without_value_is_left_out_and_said() -> None:
    parsed = Listing().parse(b"Ip6InReceives 1\nIp6Broken\nIp6OutRequests x\nUdp6NoPorts 4\n")
    assert parsed.names == (("Ip6", "Ip6InReceives"), ("Udp6", "Udp6NoPorts"))
    assert parsed.values == [1, 4]
    assert parsed.faults == ("Ip6Broken has no value", "Ip6OutRequests has no value")


NAMES = st.text("ABCdefgh0123456789", min_size=1, max_size=12)
VALUES = st.integers(-1, 2**63 - 1)
SECTIONS = st.tuples(NAMES, st.lists(st.tuples(NAMES, VALUES), max_size=8))


def _written(sections: list[tuple[str, list[tuple[str, int]]]]) -> bytes:
    lines = []
    for section, counters in sections:
        lines.append(" ".join([f"{section}:", *(name for name, _ in counters)]))
        lines.append(" ".join([f"{section}:", *(str(value) for _, value in counters)]))
    return "".join(f"{line}\n" for line in lines).encode()


@given(st.lists(st.lists(SECTIONS, max_size=6), min_size=1, max_size=4))
def test_any_sections_in_any_order_at_any_time(
    files: list[list[tuple[str, list[tuple[str, int]]]]],
) -> None:
    pairs = Pairs()
    for sections in files:
        parsed = pairs.parse(_written(sections))
        assert parsed.faults == ()
        assert list(zip(parsed.names, parsed.values, strict=True)) == [
            ((section, name), value) for section, counters in sections for name, value in counters
        ]


@given(st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=8), min_size=1, max_size=4))
def test_any_listing_at_any_time(files: list[list[tuple[str, int]]]) -> None:
    listing = Listing()
    for lines in files:
        parsed = listing.parse("".join(f"{name}   \t{value}\n" for name, value in lines).encode())
        assert parsed.faults == ()
        assert [name for _, name in parsed.names] == [name for name, _ in lines]
        assert parsed.values == [value for _, value in lines]
        assert all(name.startswith(section) for section, name in parsed.names)


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_rubbish_never_raises(texts: list[bytes]) -> None:
    pairs, listing = Pairs(), Listing()
    for text in texts:
        for parsed in (pairs.parse(text), listing.parse(text)):
            assert len(parsed.names) == len(parsed.values)
