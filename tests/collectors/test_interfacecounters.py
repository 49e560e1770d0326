"""IPv6 counters of each interface: made-up files, and those of a namespace."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import interfacecounters
from sockscope.app.collectors.interfacecounters import InterfaceCountersCollector
from sockscope.app.frames.table import Table
from tests.lab.namespace import Namespace, pair

LO = "ifIndex\t1\nIp6InReceives\t5\nIcmp6InMsgs\t6\n"
ETH0 = "ifIndex\t2\nIp6InReceives\t7\nIcmp6InMsgs\t8\nIcmp6InType1\t9\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "dev_snmp6").mkdir()
    (tmp_path / "dev_snmp6" / "lo").write_text(LO)
    (tmp_path / "dev_snmp6" / "eth0").write_text(ETH0)
    return tmp_path


def values(table: Table) -> dict[tuple[str | None, ...], int]:
    return {
        tuple(table.text(name, row) for name in ("interface", "section", "name")): table.integer("value", row)
        for row in range(len(table))
    }


def collected(directory: Path) -> tuple[dict[tuple[str | None, ...], int], list[str]]:
    found = InterfaceCountersCollector(str(directory)).collect()
    return values(found.tables["interface_counters"]), [note.why for note in found.notes]


def test_every_counter_of_every_interface_but_no_index(directory: Path) -> None:
    found, notes = collected(directory)
    assert found == {
        ("lo", "Ip6", "Ip6InReceives"): 5,
        ("lo", "Icmp6", "Icmp6InMsgs"): 6,
        ("eth0", "Ip6", "Ip6InReceives"): 7,
        ("eth0", "Icmp6", "Icmp6InMsgs"): 8,
        ("eth0", "Icmp6", "Icmp6InType1"): 9,
    }
    assert notes == []


def test_interfaces_come_and_go_and_learn_new_names(directory: Path) -> None:
    collector = InterfaceCountersCollector(str(directory))
    before = collector.collect().tables["interface_counters"]
    assert len(before) == 5
    again = collector.collect().tables["interface_counters"]
    assert again.strings("name") is before.strings("name")
    (directory / "dev_snmp6" / "lo").write_text(f"{LO}Icmp6OutType3\t1\n")
    (directory / "dev_snmp6" / "eth0").unlink()
    after = values(collector.collect().tables["interface_counters"])
    assert list(after.values()) == [5, 6, 1]
    assert {interface for interface, *_ in after} == {"lo"}


def test_without_ipv6_there_is_nothing_to_complain_of(tmp_path: Path) -> None:
    assert collected(tmp_path) == ({}, [])


def test_an_interface_that_cannot_be_read_is_told(directory: Path) -> None:
    (directory / "dev_snmp6" / "bad").mkdir()
    found, notes = collected(directory)
    assert len(found) == 5
    assert notes == [f"{directory}/dev_snmp6/bad: Is a directory"]


def test_no_interface_is_told_in_part(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfacecounters, "LIMIT", 6)
    found, notes = collected(directory)
    assert len(found) in {2, 3}
    assert notes == ["only the first 1 of 2 interfaces are shown"]


def test_values_beyond_63_bits_are_signed(directory: Path) -> None:
    (directory / "dev_snmp6" / "lo").write_text(f"ifIndex 1\nIp6InOctets {2**64 - 1}\n")
    found, _ = collected(directory)
    assert found["lo", "Ip6", "Ip6InOctets"] == -1


@given(st.lists(st.binary(max_size=120), max_size=3))
def test_rubbish_never_raises(texts: list[bytes]) -> None:
    collector = InterfaceCountersCollector("/nowhere")
    parsed = [collector._listing.parse(text) for text in texts]
    shape = [(str(place), each.names) for place, each in enumerate(parsed)]
    counting, interfaces, sections, names = interfacecounters._texts(shape)
    assert len(counting) == len(interfaces) == len(sections) == len(names)
    assert all(names[row] != "ifIndex" for row in range(len(names)))


@pytest.mark.lab
def test_the_files_of_a_namespace(namespace: Namespace) -> None:
    with Namespace() as other:
        pair(namespace, other, ["fd00::1/64"], ["fd00::2/64"])
        with namespace.inside():
            table = InterfaceCountersCollector().collect().tables["interface_counters"]
            theirs = {
                (path.name, line.split()[0])
                for path in Path("/proc/thread-self/net/dev_snmp6").iterdir()
                for line in path.read_text().splitlines()[1:]
            }
        ours = {(interface, name) for interface, _, name in values(table)}
        assert {interface for interface, _ in ours} == {"lo", "eth0"}
        late = {(interface, name) for interface, name in theirs - ours if "Type" in name}
        assert ours | late == theirs  # types may be seen first between the two looks
