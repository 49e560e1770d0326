"""Unix sockets from made-up answers of unix_diag and lines of /proc/net/unix."""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import procunix, unix
from sockscope.app.collectors.netlink import Dump, NetlinkSocket
from sockscope.app.collectors.protocols import ProtocolsCollector
from sockscope.app.frames.table import Table
from tests.collectors.unix_messages import CLOSE, DGRAM, LISTEN, SEQPACKET, Told, dump, encoded

HEAD = b"Num       RefCount Protocol Flags    Type St Inode Path\n"


class Kernel:
    """Stands in for a netlink socket: answers every question with one dump, and keeps the questions."""

    def __init__(self, answer: Dump) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.closed = False

    def __call__(self, protocol: int) -> NetlinkSocket:
        assert protocol == 4
        return cast("NetlinkSocket", self)

    def dump(self, message_type: int, payload: bytes) -> Dump:
        assert message_type == unix.SOCK_DIAG_BY_FAMILY
        self.asked.append(payload)
        return self.answer

    def close(self) -> None:
        self.closed = True


def texts(table: Table, name: str = "path") -> list[str | None]:
    column = table.strings(name)
    return [column[row] for row in range(len(table))]


def test_names() -> None:
    told = (
        b"/run/a.sock\0",
        b"\0abstract",
        b"\0",
        None,
        b"x" * 108,
        b"\0with\0nul\x1b",
        b"\xff\xfe\n\0",
        b"",
    )
    sockets, _ = unix.decode(dump(*(Told(10 + row, name=name) for row, name in enumerate(told))))
    assert texts(sockets) == [
        "/run/a.sock",
        "abstract",
        "",
        None,
        "x" * 108,
        "with\0nul\x1b",
        "\udcff\udcfe\n",
        None,
    ]
    assert sockets.numbers("abstract").tolist() == [0, 1, 1, 0, 0, 1, 0, 0]


def test_a_path_and_an_abstract_name_of_the_same_letters_are_two() -> None:
    sockets, _ = unix.decode(dump(Told(1, name=b"x\0"), Told(2, name=b"\0x"), Told(3, name=b"x\0")))
    assert sockets.strings("path").codes.tolist() == [0, 1, 0]


def test_what_is_not_told_is_unknown() -> None:
    (sockets, _) = unix.decode(dump(Told(1, queues=None, shutdown=None, uid=None)))
    assert sockets.integer("rx_queue", 0) == sockets.integer("tx_queue", 0) == -1
    assert sockets.integer("shutdown", 0) == -1
    assert sockets.integer("uid", 0) == unix.NO_UID
    assert sockets.integer("peer", 0) == unix.NO_PEER


def test_peers_queues_and_kinds() -> None:
    sockets, waiting = unix.decode(
        dump(
            Told(1, peer=2, queues=(50, 768), uid=1000, shutdown=2),
            Told(2, peer=0, kind=SEQPACKET),
            Told(3, state=LISTEN, queues=(3, 2), icons=(7, 8, 9)),
            Told(4, kind=DGRAM, state=CLOSE),
            Told(5, state=LISTEN, icons=(11,)),
        )
    )
    assert sockets.numbers("peer").tolist() == [2, 0, -1, -1, -1]
    assert sockets.numbers("rx_queue").tolist() == [50, 0, 3, 0, 0]
    assert sockets.numbers("tx_queue").tolist() == [768, 0, 2, 0, 0]
    assert sockets.numbers("type").tolist() == [1, 5, 1, 2, 1]
    assert sockets.numbers("uid").tolist() == [1000, 0, 0, 0, 0]
    assert sockets.numbers("shutdown").tolist() == [2, 0, 0, 0, 0]
    pairs = zip(waiting.numbers("listener").tolist(), waiting.numbers("client").tolist(), strict=True)
    assert list(pairs) == [(3, 7), (3, 8), (3, 9), (5, 11)]


def test_a_socket_that_was_met_twice_is_there_once_as_it_was_last() -> None:
    sockets, _ = unix.decode(dump(Told(1, cookie=9), Told(2), Told(1, cookie=9, name=b"/late\0")))
    assert sockets.numbers("inode").tolist() == [2, 1]
    assert texts(sockets) == [None, "/late"]


def test_broken_messages() -> None:
    cut = encoded(Told(1, name=b"/a\0"))[:24]
    attribute_too_long = bytearray(encoded(Told(2, name=b"/b\0")))
    attribute_too_long[32:34] = struct.pack("=H", 4000)
    short_queue = encoded(Told(3, queues=None)) + struct.pack("=HHI", 8, unix.RQLEN, 5)
    short_queue = struct.pack("=I", len(short_queue)) + short_queue[4:]
    sockets, _ = unix.decode(dump(cut, bytes(attribute_too_long), short_queue))
    assert sockets.numbers("inode").tolist() == [2, 3]
    assert texts(sockets) == [None, None]
    assert sockets.numbers("rx_queue").tolist() == [-1, -1]


names = st.one_of(
    st.none(),
    st.binary(min_size=1, max_size=107).filter(lambda raw: b"\0" not in raw).map(lambda raw: raw + b"\0"),
    st.binary(max_size=107).map(lambda raw: b"\0" + raw),
)
sockets_told = st.builds(
    Told,
    inode=st.integers(1, 2**32 - 1),
    kind=st.sampled_from((1, 2, 5)),
    state=st.sampled_from((1, 2, 7, 10)),
    name=names,
    peer=st.none() | st.integers(0, 2**32 - 1),
    icons=st.lists(st.integers(1, 2**32 - 1), max_size=4),
    queues=st.none() | st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    shutdown=st.none() | st.integers(0, 3),
    uid=st.none() | st.integers(0, 2**32 - 1),
)


@given(st.lists(sockets_told, max_size=12, unique_by=lambda told: told.inode))
def test_decoding_in_bulk_is_decoding_one_by_one(told: list[Told]) -> None:
    sockets, waiting = unix.decode(dump(*told))
    assert len(sockets) == len(told)
    for row, each in enumerate(told):
        assert sockets.integer("inode", row) == each.inode
        assert sockets.integer("peer", row) == (-1 if each.peer is None else each.peer)
        assert (sockets.integer("rx_queue", row), sockets.integer("tx_queue", row)) == (
            each.queues or (-1, -1)
        )
        assert sockets.integer("uid", row) == (unix.NO_UID if each.uid is None else each.uid)
        assert sockets.integer("shutdown", row) == (-1 if each.shutdown is None else each.shutdown)
        name = sockets.text("path", row)
        raw = None if name is None else name.encode("utf-8", "surrogateescape")
        if each.name is None:
            assert raw is None
        elif each.name.startswith(b"\0"):
            assert (raw, sockets.integer("abstract", row)) == (each.name[1:], 1)
        else:
            assert (raw, sockets.integer("abstract", row)) == (each.name[:-1], 0)
    pairs = [(each.inode, client) for each in told for client in each.icons]
    assert list(zip(waiting.numbers("listener"), waiting.numbers("client"), strict=True)) == pairs


@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_bytes_whatever_break_the_decoder(noise: bytes, cut: int) -> None:
    told = encoded(Told(7, name=b"/a\0", icons=(1, 2)))
    broken = told[: 32 + cut % (len(told) - 32)] + noise
    broken = struct.pack("=I", len(broken)) + broken[4:]
    sockets, _ = unix.decode(dump(Told(1), broken, Told(3, name=b"/c\0")))
    assert 1 in sockets.numbers("inode")
    assert 3 in sockets.numbers("inode")


def test_the_question_asks_for_all_that_is_shown() -> None:
    kernel = Kernel(dump(Told(1)))
    collector = unix.UnixCollector(connect=kernel)
    tables = collector.collect().tables
    collector.close()
    family, states, show = struct.unpack("=BxxxI4xI8x", kernel.asked[0])
    assert (family, states, show) == (1, 0xFFFFFFFF, 1 | 4 | 8 | 16 | 64)
    assert len(kernel.asked[0]) == 24
    assert set(tables) == {"unix", "unix_waiting"}
    assert tables["unix"].taken > 0
    assert kernel.closed


def test_listeners_alone() -> None:
    kernel = Kernel(dump(Told(3, state=LISTEN, queues=(3, 2)), Told(4, state=LISTEN, queues=(0, 128))))
    listeners = unix.UnixListenersCollector(kernel).collect().tables["unix_listeners"]
    _, states, show = struct.unpack("=BxxxI4xI8x", kernel.asked[0])
    assert (states, show) == (1 << 10, 16)
    assert listeners.numbers("rx_queue").tolist() == [3, 0]
    assert listeners.numbers("tx_queue").tolist() == [2, 128]
    assert unix.UnixListenersCollector(Kernel(dump(error=errno.ENOENT))).collect().tables == {}


def line(inode: int, name: bytes = b"", *, condition: int = 3, flags: int = 0, references: int = 2) -> bytes:
    told = b"%016x: %08X %08X %08X %04X %02X %5d" % (inode * 7, references, 0, flags, 1, condition, inode)
    return told + (b" " + name if name else b"") + b"\n"


def test_the_file() -> None:
    text = (
        HEAD + line(12, b"/run/x") + line(345678901, b"@l@x", references=0xAB) + line(0, b"@l@x", condition=2)
    )
    text += line(99, b"/run/y", condition=1, flags=procunix.ACCEPTING) + line(7)
    listed = procunix.parse(text)
    assert listed.numbers("inode").tolist() == [12, 345678901, 0, 99, 7]
    assert listed.numbers("references").tolist() == [2, 0xAB, 2, 2, 2]
    assert listed.numbers("condition").tolist() == [3, 3, 2, 1, 3]
    assert texts(listed) == ["/run/x", "l@x", "l@x", "/run/y", None]
    assert listed.numbers("abstract").tolist() == [0, 1, 1, 0, 0]
    assert listed.numbers("address").tolist() == [84, 345678901 * 7, 0, 693, 49]
    assert texts(procunix.parse(text, every_name=False)) == [None, None, "l@x", None, None]


def test_a_line_end_in_a_name_does_not_make_a_row() -> None:
    text = HEAD + line(1, b"/run/a\nb\n\nc: d") + line(2, b"/run/e\n") + line(3)
    assert texts(procunix.parse(text)) == ["/run/a\nb\n\nc: d", "/run/e\n", None]


@pytest.mark.parametrize("text", [b"", HEAD, HEAD + line(1)[:30], b"nonsense\nmore: of it\n", HEAD + b"\n\n"])
def test_a_file_without_sockets(text: bytes) -> None:
    assert len(procunix.parse(text)) == 0


@given(st.lists(st.tuples(st.integers(0, 2**40), st.binary(max_size=30)), max_size=8), st.integers(0, 400))
def test_the_file_cut_anywhere(sockets: list[tuple[int, bytes]], cut: int) -> None:
    named = [(inode, name.replace(b"\n", b"").replace(b"\0", b"")) for inode, name in sockets]
    text = HEAD + b"".join(line(inode, name) for inode, name in named)
    whole = procunix.parse(text)
    assert whole.numbers("inode").tolist() == [inode for inode, _ in named]
    raw = [(name or "").encode("utf-8", "surrogateescape") for name in texts(whole)]
    assert raw == [name.removeprefix(b"@") for _, name in named]
    procunix.parse(text[: len(text) - min(cut, len(text))])


def test_where_unix_diag_is_refused_the_file_serves_and_a_note_says_so(tmp_path: Path) -> None:
    (tmp_path / "unix").write_bytes(
        HEAD
        + line(1, b"/a")
        + line(2, b"@b", condition=1, flags=procunix.ACCEPTING)
        + line(0, b"@b", condition=2)
    )
    collected = unix.UnixCollector(str(tmp_path), Kernel(dump(error=errno.ENOENT))).collect()
    (note,) = collected.notes
    assert (note.table, note.kind) == ("unix", "fallback")
    sockets = collected.tables["unix"]
    assert sockets.numbers("inode").tolist() == [1, 2]
    assert sockets.numbers("state").tolist() == [1, 10]
    assert sockets.numbers("peer").tolist() == [unix.UNTOLD, unix.UNTOLD]
    assert texts(sockets) == ["/a", "b"]
    assert len(collected.tables["unix_waiting"]) == 0


def test_where_both_are_refused_there_is_a_note_and_no_table(tmp_path: Path) -> None:
    collected = unix.UnixCollector(str(tmp_path), Kernel(dump(error=errno.EPERM))).collect()
    assert collected.tables == {}
    assert [note.kind for note in collected.notes] == ["failed"]
    listed = procunix.UnixFileCollector(str(tmp_path)).collect()
    assert listed.tables == {}
    assert [note.kind for note in listed.notes] == ["missing"]


def test_a_netlink_socket_that_cannot_be_opened_is_a_refusal(tmp_path: Path) -> None:
    def refuse(_: int) -> NetlinkSocket:
        raise OSError(errno.EPROTONOSUPPORT, "no such protocol")

    assert unix.UnixCollector(str(tmp_path), refuse).collect().notes[0].kind == "failed"


def test_counts_of_protocols(tmp_path: Path) -> None:
    file = tmp_path / "protocols"
    file.write_text("protocol  size sockets  memory\nUNIX-STREAM 1152     13      -1\nUNIX 1152 2 -1\n")
    table = ProtocolsCollector(str(tmp_path)).collect().tables["protocols"]
    assert texts(table, "name") == ["UNIX-STREAM", "UNIX"]
    assert np.array_equal(table.numbers("sockets"), [13, 2])
    file.unlink()
    assert ProtocolsCollector(str(tmp_path)).collect().tables == {}
