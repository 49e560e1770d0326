"""Sockets from netlink messages and from /proc/net lines."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import inetdiag, procnet, sockets
from sockscope.app.collectors.inetdiag import decode, each_once
from sockscope.app.collectors.netlink import Dump
from sockscope.app.collectors.sockets import SocketsCollector, tcp_states
from sockscope.app.frames.table import Table
from tests.collectors.test_netlink import attribute, dump_of

DIAG = struct.Struct("=BBBB2s2s16s16sIQIIIII")


@st.composite
def diag(draw: st.DrawFn) -> dict[str, int | bytes]:
    return {
        "family": draw(st.sampled_from([2, 10])),
        "state": draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])),
        "timer": draw(st.integers(0, 4)),
        "retrans": draw(st.integers(0, 255)),
        "local_port": draw(st.integers(0, 65535)),
        "remote_port": draw(st.integers(0, 65535)),
        "local_address": draw(st.binary(min_size=16, max_size=16)),
        "remote_address": draw(st.binary(min_size=16, max_size=16)),
        "interface": draw(st.integers(0, 2**32 - 1)),
        "cookie": draw(st.integers(0, 2**64 - 1)),
        "expires": draw(st.integers(0, 2**32 - 1)),
        "rx_queue": draw(st.integers(0, 2**32 - 1)),
        "tx_queue": draw(st.integers(0, 2**32 - 1)),
        "uid": draw(st.integers(0, 2**32 - 1)),
        "inode": draw(st.integers(0, 2**32 - 1)),
        "v6only": draw(st.sampled_from([-1, 0, 1])),
        "drops": draw(st.integers(-1, 2**32 - 1)),
    }


def message(
    row: dict[str, int | bytes], message_type: int = inetdiag.SOCK_DIAG_BY_FAMILY, more: bytes = b""
) -> bytes:
    fixed = DIAG.pack(
        row["family"],
        row["state"],
        row["timer"],
        row["retrans"],
        struct.pack(">H", row["local_port"]),
        struct.pack(">H", row["remote_port"]),
        *(row[name] for name in ("local_address", "remote_address", "interface", "cookie", "expires")),
        *(row[name] for name in ("rx_queue", "tx_queue", "uid", "inode")),
    )
    parts = attribute(8, b"\0")
    if row["drops"] != -1:
        parts += attribute(7, struct.pack("=9I", 1, 2, 3, 4, 5, 6, 7, 8, row["drops"]))
    if row["v6only"] != -1:
        parts += attribute(11, struct.pack("=B", row["v6only"]))
    body = fixed + parts + more
    return struct.pack("=IHHII", 16 + len(body), message_type, 2, 1, 0) + body


@given(st.lists(diag(), max_size=8, unique_by=lambda row: row["cookie"]), st.sampled_from([6, 17]))
def test_every_field_of_every_message_becomes_its_column(
    rows: list[dict[str, int | bytes]], protocol: int
) -> None:
    table = decode(dump_of([message(row) for row in rows]), protocol)
    assert len(table) == len(rows)
    for place, row in enumerate(rows):
        for name, value in row.items():
            told = table.numbers(name)[place]
            if isinstance(value, bytes):
                assert told.tobytes() == value
            elif name == "state" and protocol == 6 and value == 7:
                assert told == inetdiag.BOUND_INACTIVE
            elif (name == "v6only" and (row["family"] != 10 or row["state"] not in (7, 10))) or (
                name == "drops" and protocol == 6
            ):
                assert told == -1
            else:
                assert told == value
        assert table.integer("protocol", place) == protocol


def test_a_socket_met_twice_during_a_dump_counts_once_as_it_was_last() -> None:
    first = dict.fromkeys(("timer", "retrans", "local_port", "remote_port", "interface", "expires"), 0)
    base: dict[str, int | bytes] = {
        **first, "family": 2, "local_address": bytes(16), "remote_address": bytes(16), "rx_queue": 0,
        "tx_queue": 0, "uid": 0, "inode": 0, "v6only": -1, "drops": -1,
    }  # fmt: skip
    rows = [
        {**base, "state": 3, "cookie": 5},
        {**base, "state": 1, "cookie": 6},
        {**base, "state": 1, "cookie": 5},
    ]
    table = decode(each_once(dump_of([message(row) for row in rows])), 6)
    assert sorted(zip(table.numbers("cookie").tolist(), table.numbers("state").tolist(), strict=True)) == [
        (5, 1),
        (6, 1),
    ]


def test_an_empty_dump_is_a_table_without_rows() -> None:
    empty = np.empty(0, np.intp)
    assert len(decode(Dump(b"", empty, empty), 6)) == 0
    assert len(decode(Dump(b"", empty, empty), 17)) == 0


# ruff: noqa: E501
TCP = b"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000003 00:00000000 00000000    33        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0500000A:01BB 076433C6:C822 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000
   2: cut short
"""
TCP6 = b"""\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:1F40 0000000000000000FFFF00000100007F:9C40 01 0000000A:00000005 02:00000100 00000002  1000        0 99 2 0000000000000000 20 4 30 10 -1
"""
UDP = b"""\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  812: 00000000:007B 00000000:0000 07 00000000:00000340 00:00000000 00000000   123        0 555 2 0000000000000000 98
"""


def shown(table: Table, row: int, end: str) -> str:
    family = socket.AF_INET if table.integer("family", row) == 2 else socket.AF_INET6
    raw = table.numbers(f"{end}_address")[row].tobytes()
    return f"{socket.inet_ntop(family, raw[:4] if family == socket.AF_INET else raw)}:{table.integer(f'{end}_port', row)}"


@pytest.fixture
def proc_net(tmp_path: Path) -> Path:
    for name, text in (("tcp", TCP), ("tcp6", TCP6), ("udp", UDP)):
        (tmp_path / name).write_bytes(text)
    return tmp_path


def test_lines_of_proc_net_give_the_same_table(proc_net: Path) -> None:
    tcp, tcp6, udp = procnet.sockets(str(proc_net), ("tcp", "tcp6", "udp", "raw"))
    assert [shown(tcp, 0, "local"), shown(tcp, 0, "remote")] == ["127.0.0.1:8000", "0.0.0.0:0"]
    assert [tcp.integer(name, 0) for name in ("state", "rx_queue", "uid", "inode", "drops")] == [
        10,
        3,
        33,
        4711,
        -1,
    ]
    assert shown(tcp, 1, "remote") == "198.51.100.7:51234"
    assert [tcp.integer(name, 1) for name in ("state", "timer", "expires", "inode")] == [6, 3, 60_000, 0]
    assert len(tcp) == 2
    assert shown(tcp6, 0, "remote") == "::ffff:127.0.0.1:40000"
    assert [tcp6.integer(name, 0) for name in ("tx_queue", "rx_queue", "timer", "retrans")] == [10, 5, 2, 2]
    assert [udp.integer(name, 0) for name in ("state", "rx_queue", "drops", "uid")] == [7, 832, 98, 123]


def test_where_sock_diag_is_refused_the_files_serve_and_a_note_says_so(
    proc_net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(sockets, "NetlinkSocket", refused)
    collected = SocketsCollector(str(proc_net)).collect()
    assert len(collected.tables["sockets"]) == 4
    assert [note.kind for note in collected.notes] == ["fallback"]
    assert "operation not permitted" in collected.notes[0].why
    states = collected.tables["tcp_states"]
    counts = dict(zip(states.numbers("state").tolist(), states.numbers("count").tolist(), strict=True))
    assert {state: n for state, n in counts.items() if n} == {10: 1, 6: 1, 1: 1}


def test_without_netlink_and_without_files_there_are_no_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(93, "Protocol not supported")

    monkeypatch.setattr(sockets, "NetlinkSocket", refused)
    assert len(SocketsCollector(str(tmp_path)).collect().tables["sockets"]) == 0


def test_a_dump_refused_later_falls_back_for_good(proc_net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, _: int) -> None:
            pass

        def dump(self, *_: object) -> Dump:
            empty = np.empty(0, np.intp)
            return Dump(b"", empty, empty, error=13)

        def close(self) -> None:
            pass

    monkeypatch.setattr(sockets, "NetlinkSocket", Refusing)
    collector = SocketsCollector(str(proc_net))
    for _ in range(2):
        collected = collector.collect()
        assert len(collected.tables["sockets"]) == 4
        assert "permission denied" in collected.notes[0].why


def test_every_state_is_counted_even_at_zero() -> None:
    states = tcp_states(procnet.no_sockets())
    assert states.numbers("state").tolist() == [*range(1, 12), 13]
    assert not states.numbers("count").any()


REQUEST = 56
"""Size of struct inet_diag_req_v2."""


class Kernel:
    """Answers dumps from rows as sock_diag would, and counts them."""

    def __init__(
        self,
        rows: list[dict[str, int | bytes]],
        *,
        knows_both: bool = True,
        knows_attributes: bool = True,
        lacks: tuple[int, ...] = (),
    ) -> None:
        self.rows = rows
        self.knows_attributes = knows_attributes
        self.lacks = lacks
        self.knows_both = knows_both
        self.asked: list[tuple[int, int]] = []

    def dump(self, message_type: int, payload: bytes) -> Dump:
        family, protocol = payload[0], payload[1] or socket.IPPROTO_TCP
        if len(payload) == REQUEST + 8 and self.knows_attributes:
            protocol = struct.unpack_from("=I", payload, REQUEST + 4)[0]
        self.asked.append((family, protocol))
        if message_type == inetdiag.TCPDIAG_GETSOCK and not self.knows_both:
            return refused_with(95)
        if protocol in self.lacks:
            return refused_with(2)
        rows = [row for row in self.rows if family in (0, row["family"]) and row["protocol"] == protocol]
        return dump_of([message(row, message_type) for row in rows])

    def close(self) -> None:
        pass


def refused_with(error: int) -> Dump:
    return Dump(b"", np.empty(0, np.intp), np.empty(0, np.intp), error)


def row(cookie: int, state: int, **more: int | bytes) -> dict[str, int | bytes]:
    return {
        "family": 2, "timer": 0, "retrans": 0, "local_port": 80, "remote_port": 9, "interface": 0, "expires": 0,
        "local_address": bytes(16), "remote_address": bytes(16), "rx_queue": 0, "tx_queue": 0, "uid": 0,
        "inode": cookie + 1000, "v6only": -1, "drops": -1, "protocol": 6, "state": state, "cookie": cookie,
        **more,
    }  # fmt: skip


def collector_of(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **counts: int
) -> SocketsCollector:
    """One of a namespace with so many sockets of each protocol, of all others none."""
    monkeypatch.setattr(sockets, "NetlinkSocket", lambda _: kernel)
    lines = [f"{name.replace('_', '-')} 1344 {number} 0" for name, number in counts.items()]
    (tmp_path / "protocols").write_text("\n".join(["protocol size sockets memory", *lines]), encoding="ascii")
    return SocketsCollector(str(tmp_path))


def counted(table: Table) -> dict[int, int]:
    pairs = zip(table.numbers("state").tolist(), table.numbers("count").tolist(), strict=True)
    return {state: number for state, number in pairs if number}


MIXED = [
    row(1, 1),
    row(2, 6, family=10),
    row(3, 3),
    row(4, 10),
    row(5, 7),
    row(3, 1),
    row(6, 7, protocol=17),
]


def test_both_families_of_tcp_take_one_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(MIXED)
    collected = collector_of(kernel, tmp_path, monkeypatch).collect()
    assert kernel.asked == [(0, 6), (2, 17), (10, 17)]
    assert sorted(collected.tables["sockets"].numbers("cookie").tolist()) == [1, 2, 3, 4, 5, 6]
    assert counted(collected.tables["tcp_states"]) == {1: 2, 6: 1, 10: 1, 13: 1}
    assert set(collected.tables) == {"sockets", "tcp_states"}


def test_a_kernel_without_the_older_request_is_asked_family_by_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(MIXED, knows_both=False)
    made = collector_of(kernel, tmp_path, monkeypatch)
    for _ in range(2):
        kernel.asked.clear()
        collected = made.collect()
        assert len(collected.tables["sockets"]) == 6
    assert kernel.asked[:2] == [(2, 6), (10, 6)]  # the second time it is not asked again


def test_counts_alone_take_one_dump_and_no_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(MIXED)
    made = collector_of(kernel, tmp_path, monkeypatch)
    monkeypatch.setattr(sockets, "decode", None)
    made.choose(frozenset({"routes"}), None)
    collected = made.collect()
    assert kernel.asked == [(0, 6)]
    assert set(collected.tables) == {"tcp_states"}
    assert counted(collected.tables["tcp_states"]) == {1: 2, 6: 1, 10: 1, 13: 1}


def test_rows_of_other_states_are_left_out_where_that_spares_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = collector_of(Kernel(MIXED), tmp_path, monkeypatch)
    made.choose(frozenset({"sockets"}), frozenset({6}))
    assert set(made.collect().tables) == {"sockets", "tcp_states"}  # for three rows it is not worth it
    monkeypatch.setattr(sockets, "SPARED_FROM", 3)
    collected = made.collect()
    assert sorted(collected.tables["sockets"].numbers("cookie").tolist()) == [2, 4, 6]  # listener, UDP stay
    assert counted(collected.tables["tcp_states"]) == {1: 2, 6: 1, 10: 1, 13: 1}
    assert set(collected.tables["inodes"].numbers("inode").tolist()) == {1001, 1002, 1003, 1004, 1005, 1006}
    made.choose(frozenset({"sockets"}), None)
    assert len(made.collect().tables["sockets"]) == 6


def test_what_is_rare_is_asked_for_where_the_kernel_counts_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel([*MIXED, row(7, 7, protocol=136), row(8, 1, protocol=262)], lacks=(255,))
    more = {"UDP_Lite": 0, "UDPLITEv6": 1, "MPTCP": 2, "MPTCPv6": 0, "RAW": 1, "SCTP": 0}
    made = collector_of(kernel, tmp_path, monkeypatch, **more)
    asked = [(0, 6), (2, 17), (10, 17), (2, 136), (10, 136), (2, 255), (10, 255), (2, 262), (10, 262)]
    collected = made.collect()
    assert kernel.asked == asked
    assert collected.notes == ()
    assert sorted(collected.tables["sockets"].numbers("cookie").tolist()) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert counted(collected.tables["tcp_states"]) == {1: 2, 6: 1, 10: 1, 13: 1}
    kernel.asked.clear()
    made.collect()
    assert kernel.asked == [
        each for each in asked if each[1] != 255
    ]  # the files have them, it need not refuse


def test_a_kernel_that_answers_with_tcp_is_not_asked_for_mptcp_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(MIXED, knows_attributes=False)
    made = collector_of(kernel, tmp_path, monkeypatch, MPTCP=1)
    assert len(made.collect().tables["sockets"]) == 6
    kernel.asked.clear()
    collected = made.collect()
    assert kernel.asked == [(0, 6), (2, 17), (10, 17)]
    assert "mptcp" not in collected.tables


@pytest.mark.parametrize(("kernel", "asks"), [((6, 2), True), ((6, 3), False)])
def test_where_mptcp_is_not_counted_it_is_asked_for(
    kernel: tuple[int, int], asks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_kernel", lambda: kernel)
    answering = Kernel(MIXED)
    collector_of(answering, tmp_path, monkeypatch, MPTCP=0).collect()
    assert ((2, 262) in answering.asked) == asks


def test_without_counts_everything_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(MIXED)
    made = collector_of(kernel, tmp_path, monkeypatch)
    (tmp_path / "protocols").write_bytes(b"protocol\n\xff\xfe\n")
    made.collect()
    assert {protocol for _, protocol in kernel.asked} == {6, 17, 136, 255, 132, 262}


def test_associations_of_one_sctp_socket_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(9, 3, protocol=132, remote_port=port, retrans=1) for port in (1, 2, 3)]
    kernel = Kernel([*rows, row(9, 10, protocol=132, remote_port=0)])
    table = collector_of(kernel, tmp_path, monkeypatch, SCTP=1).collect().tables["sockets"]
    assert table.numbers("remote_port").tolist() == [1, 2, 3, 0]
    assert table.numbers("state").tolist() == [3, 3, 3, 10]
