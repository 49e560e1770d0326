"""Packet, netlink and vsock sockets from sock_diag's messages, and from /proc/net."""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import netlinksockets, packet, vsock
from sockscope.app.collectors.inetdiag import SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import Dump, NetlinkSocket
from sockscope.app.collectors.others import OthersCollector
from sockscope.app.frames.table import Table
from tests.collectors.test_netlink import attribute, dump_of

u1, u2, u4, u8 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64))
Attributes = list[tuple[int, bytes]]


def message(fixed: bytes, *parts: bytes) -> bytes:
    body = fixed + b"".join(parts)
    return struct.pack("=IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, 2, 1, 0) + body


def memory(*numbers: int) -> bytes:
    return struct.pack(f"={len(numbers)}I", *numbers)


def membership(device: int, kind: int) -> bytes:
    return struct.pack("=IIHH32x", device, 1, kind, 6)


def a_packet(*parts: bytes, kind: int = 3, protocol: int = 3, inode: int = 5, cookie: int = 9) -> bytes:
    return message(struct.pack("=BBHIQ", 17, kind, protocol, inode, cookie), *parts)


def a_netlink(*parts: bytes, protocol: int = 0, port: int = 7, cookie: int = 9) -> bytes:
    return message(struct.pack("=BBBBIIIIQ", 16, 3, protocol, 7, port, 0, 0, 5, cookie), *parts)


@given(st.lists(st.tuples(u1, u2, u4, u8, u4, u4, u4), max_size=6))
def test_every_field_of_a_packet_socket(rows: list[tuple[int, ...]]) -> None:
    raw = [
        a_packet(
            attribute(0, struct.pack("=5I4s", device, 0, 0, 0, 0, struct.pack("=I", 5))),
            attribute(5, struct.pack("=I", uid)),
            attribute(6, memory(1, 2, 3, 4, 5, 6, 7, 8, drops)),
            kind=kind,
            protocol=protocol,
            inode=inode,
            cookie=cookie,
        )
        for kind, protocol, inode, cookie, device, uid, drops in rows
    ]
    table = packet.decode(dump_of(raw))
    names = ("type", "protocol", "inode", "cookie", "device", "uid", "drops")
    assert list(zip(*(table.numbers(name).tolist() for name in names), strict=True)) == rows
    for name, value in (("rmem", 1), ("rcvbuf", 2), ("wmem", 3), ("flags", 5), ("fanout", -1), ("ring", 0)):
        assert table.numbers(name).tolist() == [value] * len(rows)


def test_what_a_packet_socket_asked_for() -> None:
    table = packet.decode(
        dump_of(
            [
                a_packet(attribute(1, membership(2, 0))),
                a_packet(attribute(1, membership(2, 0) + membership(3, 1))),
                a_packet(attribute(1, membership(2, 2) + membership(3, 0))),
                a_packet(attribute(1, membership(2, 1) + membership(2, 2))),
                a_packet(
                    attribute(1, b""), attribute(2, bytes(28)), attribute(4, struct.pack("=I", 0x10007))
                ),
                a_packet(attribute(1, membership(2, 1)[:-1])),
            ]
        )
    )
    assert table.numbers("promiscuous").tolist() == [0, 1, 2, 1, 0, 0]
    assert table.numbers("ring").tolist() == [0, 0, 0, 0, 1, 0]
    assert table.numbers("fanout").tolist() == [-1, -1, -1, -1, 0x10007, -1]
    assert table.numbers("drops").tolist() == [-1] * 6
    assert table.numbers("uid").tolist() == [packet.NO_UID] * 6


@given(st.lists(st.tuples(u1, u4, u8, st.sets(st.integers(1, 256), max_size=5)), max_size=6))
def test_every_field_of_a_netlink_socket(rows: list[tuple[int, int, int, set[int]]]) -> None:
    raw = [
        a_netlink(
            attribute(1, sum(1 << group - 1 for group in groups).to_bytes(32, "little")),
            attribute(0, memory(9, 8, 7, 6, 0, 0, 0, 0, 4)),
            protocol=protocol,
            port=port,
            cookie=cookie,
        )
        for protocol, port, cookie, groups in rows
    ]
    table = netlinksockets.decode(dump_of(raw))
    first = {row[2]: row for row in reversed(rows)}
    told = sorted(first.values(), key=rows.index)
    assert table.numbers("cookie").tolist() == [row[2] for row in told]
    assert table.numbers("protocol").tolist() == [row[0] for row in told]
    assert table.numbers("port").tolist() == [row[1] for row in told]
    bits = np.unpackbits(table.numbers("groups"), axis=1, bitorder="little")
    assert [set((np.flatnonzero(row) + 1).tolist()) for row in bits] == [row[3] for row in told]
    assert table.numbers("drops").tolist() == [4] * len(told)


def test_a_member_of_a_group_that_is_listed_twice_is_there_once() -> None:
    table = netlinksockets.decode(dump_of([a_netlink(cookie=4), a_netlink(cookie=3), a_netlink(cookie=4)]))
    assert table.numbers("cookie").tolist() == [4, 3]


@given(st.lists(st.tuples(u1, u1, u4, u4, u4, u4, u8), max_size=6))
def test_every_field_of_a_vsock(rows: list[tuple[int, ...]]) -> None:
    raw = [
        message(struct.pack("=BBBBIIIIIQ", 40, kind, state, 0, *ends, 5, cookie))
        for kind, state, *ends, cookie in rows
    ]
    table = vsock.decode(dump_of(raw))
    names = ("type", "state", "local_cid", "local_port", "remote_cid", "remote_port", "cookie")
    assert list(zip(*(table.numbers(name).tolist() for name in names), strict=True)) == rows
    assert table.numbers("inode").tolist() == [5] * len(rows)


@pytest.mark.parametrize("decode", [packet.decode, netlinksockets.decode, vsock.decode])
@given(st.lists(st.binary(max_size=90), max_size=5))
def test_garbage_does_no_harm(decode: Callable[[Dump], Table], bodies: list[bytes]) -> None:
    padded = [body + bytes(-len(body) % 4) for body in bodies]
    dump = dump_of([message(body) for body in padded])
    assert len(decode(dump)) <= len(bodies)
    beyond = Dump(dump.buffer[:-4], dump.offsets, dump.lengths)
    assert len(decode(beyond)) <= len(bodies)


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_truncated_attributes_are_not_known(parts: list[bytes]) -> None:
    raw = [a_packet(attribute(6, part[:35]), attribute(0, part[:3]), cookie=7) for part in parts]
    table = packet.decode(dump_of(raw))
    assert table.numbers("drops").tolist() == [-1] * len(parts)
    assert table.numbers("device").tolist() == [0] * len(parts)


PACKET_FILE = b"""\
sk               RefCnt Type Proto  Iface R Rmem   User   Inode
000000006c9327ef 3      3    0003   1     1 3332   33     307962
00000000ed524615 3      2    0806   0     1 0      0      308157
00000000ed524615 3      2    08
"""
NETLINK_FILE = b"""\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000060d8f77f 0   6822       00000011 0        0        0     2        3        308160
0000000036a4b466 15  0          00000000 832      4        0     2        0        332392
garbage
"""


def test_files_serve_where_sock_diag_does_not(tmp_path: Path) -> None:
    (tmp_path / "packet").write_bytes(PACKET_FILE)
    (tmp_path / "netlink").write_bytes(NETLINK_FILE)
    collected = OthersCollector(str(tmp_path), connect=refusing(errno.EACCES)).collect()
    frames, talk = collected.tables["packet"], collected.tables["netlink"]
    assert set(collected.tables) == {"packet", "netlink"}
    assert [note.kind for note in collected.notes] == ["fallback"]
    assert frames.numbers("protocol").tolist() == [3, 0x806]
    assert frames.numbers("rmem").tolist() == [3332, 0]
    assert frames.numbers("uid").tolist() == [33, 0]
    assert frames.numbers("drops").tolist() == [-1, -1]
    assert talk.numbers("port").tolist() == [6822, 0]
    assert talk.numbers("drops").tolist() == [3, 0]
    assert talk.numbers("groups")[0].tolist() == [0x11, *[0] * 31]
    same = {name: column.dtype for name, column in frames.columns.items()}  # type: ignore[union-attr]
    decoded = packet.decode(dump_of([a_packet()]))
    assert {name: column.dtype for name, column in decoded.columns.items()} == same  # type: ignore[union-attr]
    same = {name: column.dtype for name, column in talk.columns.items()}  # type: ignore[union-attr]
    decoded = netlinksockets.decode(dump_of([a_netlink()]))
    assert {name: column.dtype for name, column in decoded.columns.items()} == same  # type: ignore[union-attr]


class Kernel:
    """Answers each family with its dump, or with an errno."""

    def __init__(self, answers: dict[int, Sequence[bytes] | int]) -> None:
        self.answers = answers
        self.asked: list[int] = []

    def dump(self, message_type: int, payload: bytes) -> Dump:
        assert message_type == SOCK_DIAG_BY_FAMILY
        self.asked.append(payload[0])
        answer = self.answers[payload[0]]
        if isinstance(answer, int):
            return Dump(b"", np.empty(0, np.intp), np.empty(0, np.intp), answer)
        return dump_of(list(answer))

    def close(self) -> None:
        self.asked.append(-1)


def refusing(error: int) -> Callable[[int], NetlinkSocket]:
    def connect(_protocol: int) -> NetlinkSocket:
        raise OSError(error, "refused")

    return connect


def test_a_family_that_the_kernel_lacks_is_asked_for_once_and_not_spoken_of(tmp_path: Path) -> None:
    kernel = Kernel({17: [a_packet()], 16: [a_netlink(), a_netlink(cookie=10)], 40: errno.ENOENT})
    collector = OthersCollector(str(tmp_path), connect=lambda _: kernel)  # type: ignore[arg-type,return-value]
    for _ in range(3):
        collected = collector.collect()
        assert {name: len(table) for name, table in collected.tables.items()} == {"packet": 1, "netlink": 2}
        assert collected.notes == ()
    collector.close()
    assert kernel.asked == [17, 16, 40, 17, 16, 17, 16, -1]


def test_a_family_that_is_not_loaded_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "protocols").write_bytes(b"protocol size sockets\nNETLINK 1096 1 -1\nTCP 2304 0 0\n")
    kernel = Kernel({16: [a_netlink()]})
    collector = OthersCollector(str(tmp_path), connect=lambda _: kernel)  # type: ignore[arg-type,return-value]
    assert set(collector.collect().tables) == {"netlink"}
    assert kernel.asked == [16]
