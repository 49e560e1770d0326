"""Multicast memberships from made-up files."""

from __future__ import annotations

import math
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import multicast
from sockscope.app.collectors.multicast import GroupsCollector, Membership
from sockscope.app.frames.table import Table

IGMP = b"""\
Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
7\tlongest_name_15:     2      V2
\t\t\t\tFB0000E0     3 1:000000FA\t\t1
\t\t\t\t010000E0     1 0:00000000\t\t0
"""
IGMP6 = b"""\
1    lo              ff020000000000000000000000000001     1 0000000C 0
7    longest_name_15 ff0200000000000000000001ff000002     2 00000005 250
7    longest_name_15 ff0200000000000000000000000000fb     1 00000006 0
"""
DEV_MCAST = b"""\
7    longest_name_15 1     0     333300000001
7    longest_name_15 2     1     0180c200000e
9    ib0             1     0     00ffffffff12401bffff000000000000ffffffff
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in (("igmp", IGMP), ("igmp6", IGMP6), ("dev_mcast", DEV_MCAST)):
        (tmp_path / name).write_bytes(text)
    return tmp_path


def collected(directory: Path) -> tuple[Table, list[str]]:
    found = GroupsCollector(str(directory)).collect()
    return found.tables["groups"], [note.why for note in found.notes]


def column(table: Table, name: str) -> list[object]:
    return list(table.numbers(name).tolist())


def test_every_line_is_a_row_in_netstats_order(directory: Path) -> None:
    table, notes = collected(directory)
    assert notes == []
    names = [table.text("interface", row) for row in range(len(table))]
    assert names == ["lo", *["longest_name_15"] * 2, "lo", *["longest_name_15"] * 4, "ib0"]
    assert column(table, "index") == [1, 7, 7, 1, 7, 7, 7, 7, 9]
    inet, inet6, link = map(int, (socket.AF_INET, socket.AF_INET6, socket.AF_PACKET))
    assert column(table, "family") == [*[inet] * 3, *[inet6] * 3, *[link] * 3]
    assert column(table, "users") == [1, 3, 1, 1, 2, 1, 1, 2, 1]
    assert column(table, "length") == [4, 4, 4, 16, 16, 16, 6, 6, 20]


def test_addresses_are_in_network_order(directory: Path) -> None:
    table, _ = collected(directory)
    packed = [row.tobytes() for row in table.numbers("address")]
    assert packed[1] == socket.inet_aton("224.0.0.251").ljust(32, b"\0")
    assert packed[4] == socket.inet_pton(socket.AF_INET6, "ff02::1:ff00:2").ljust(32, b"\0")
    assert packed[7].startswith(b"\x01\x80\xc2\x00\x00\x0e")
    assert packed[8][:20].hex() == "00ffffffff12401bffff000000000000ffffffff"


def test_timers_are_seconds_and_unknown_is_not_zero(directory: Path) -> None:
    table, _ = collected(directory)
    timers = table.numbers("timer")
    assert timers[[1, 4]].tolist() == [2.5, 2.5]
    assert np.isnan(np.delete(timers, [1, 4])).all()
    assert column(table, "reporter") == [0, 1, 0, 0, 0, 1, -1, -1, -1]
    assert column(table, "static") == [*[-1] * 6, 0, 1, 0]
    assert column(table, "version") == [3, 2, 2, *[0] * 6]


def test_a_kernel_without_multicast_has_no_groups_and_no_notes(tmp_path: Path) -> None:
    table, notes = collected(tmp_path)
    assert (len(table), notes) == (0, [])
    assert table.numbers("address").shape == (0, 32)


def test_what_cannot_be_read_is_told(directory: Path) -> None:
    (directory / "igmp").unlink()
    (directory / "igmp").mkdir()
    table, notes = collected(directory)
    assert len(table) == 6
    assert notes == [f"{directory}/igmp: Is a directory"]


def test_groups_below_a_broken_heading_belong_to_nobody(directory: Path) -> None:
    (directory / "igmp").write_bytes(IGMP.replace(b"7\tlongest_name_15:", b"x\tlongest_name_15:"))
    table, notes = collected(directory)
    assert column(table, "index") == [1, 1, 7, 7, 7, 7, 9]
    assert notes == ["lines of igmp not understood: 3"]


@pytest.mark.parametrize(
    "line",
    [
        b"7 eth0 ff02 1 00000004 0",
        b"7 eth0 ff0200000000000000000000000000fb -1 00000004 0",
        b"99999999999 eth0 ff0200000000000000000000000000fb 1 00000004 0",
        b"7 eth0 ff0200000000000000000000000000fb 1 00000005 " + b"9" * 400,
        b"7 eth0",
        b"\xff\x00\x1b[2J",
    ],
)
def test_a_line_that_makes_no_sense_is_left_out_and_told(directory: Path, line: bytes) -> None:
    (directory / "igmp6").write_bytes(line + b"\n" + IGMP6)
    table, notes = collected(directory)
    assert len(table) == 9
    assert notes == ["lines of igmp6 not understood: 1"]


def test_no_more_rows_than_the_limit(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multicast, "LIMIT", 4)
    table, notes = collected(directory)
    assert len(table) == 4
    assert notes == ["only the first 4 memberships are shown"]


def test_what_reads_the_same_is_decoded_once(directory: Path) -> None:
    collector = GroupsCollector(str(directory))
    first, second = (collector.collect().tables["groups"] for _ in range(2))
    assert first is not second
    assert first.numbers("address") is second.numbers("address")
    (directory / "igmp6").write_bytes(b"")
    assert len(collector.collect().tables["groups"]) == 6


def test_a_name_that_is_no_text_stays_what_it_was() -> None:
    row = next(iter(multicast.dev_mcast(b"3 \xffx\x1b 1 0 333300000001\n")))
    assert row is not None
    assert row.interface == "\udcffx\x1b"


@given(st.binary(max_size=400), st.integers(0, len(IGMP)), st.integers(0, len(IGMP)))
def test_damaged_files_give_rows_that_fit_and_no_failure(damage: bytes, first: int, second: int) -> None:
    start, end = sorted((first, second))
    for parse, text in ((multicast.igmp, IGMP), (multicast.igmp6, IGMP6), (multicast.dev_mcast, DEV_MCAST)):
        read = list(parse(text[:start] + damage + text[end:]))
        assert all(row is None or isinstance(row, Membership) for row in read)


addresses = st.binary(min_size=16, max_size=16)


@given(st.lists(st.tuples(addresses, st.integers(0, 2**32 - 1), st.integers(0, 31), st.integers(0, 10**6))))
def test_igmp6_reads_back_what_the_kernel_writes(told: list[tuple[bytes, int, int, int]]) -> None:
    text = "".join(
        f"{place:<4} {'eth0':<15} {address.hex()} {users:5} {flags:08X} {ticks}\n"
        for place, (address, users, flags, ticks) in enumerate(told)
    )
    read = list(multicast.igmp6(text.encode()))
    assert len(read) == len(told)
    for row, (address, users, flags, ticks) in zip(read, told, strict=True):
        assert row is not None
        assert (row.address, row.users, row.reporter) == (address, users, flags >> 1 & 1)
        assert row.timer == ticks / 100 if flags & 1 else math.isnan(row.timer)
