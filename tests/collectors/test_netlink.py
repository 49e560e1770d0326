"""Bulk decoding gives what a plain decoder, message by message, gives."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import netlink
from sockscope.app.collectors.netlink import Dump, NetlinkSocket

KIND = 24
FIXED = 12

attributes = st.lists(st.tuples(st.integers(1, 6), st.binary(max_size=9)), max_size=6)
messages = st.lists(st.tuples(st.binary(min_size=FIXED, max_size=FIXED), attributes), max_size=12)


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind | 0x8000) + payload + bytes(-len(payload) % 4)


def message(fixed: bytes, parts: list[tuple[int, bytes]], kind: int = KIND, flags: int = 2) -> bytes:
    body = fixed + b"".join(attribute(*part) for part in parts)
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def dump_of(raw: list[bytes]) -> Dump:
    starts, at = [], 0
    for each in raw:
        starts.append(at)
        at += len(each)
    lengths = [len(each) for each in raw]
    return Dump(b"".join(raw), np.array(starts, np.intp), np.array(lengths, np.intp))


@given(messages)
def test_attributes_are_found_where_they_are(content: list[tuple[bytes, list[tuple[int, bytes]]]]) -> None:
    dump = dump_of([message(fixed, parts) for fixed, parts in content])
    found = netlink.attributes(dump, FIXED, (1, 2, 3))
    for kind, where in found.items():
        for row, (_, parts) in enumerate(content):
            wanted = next((payload for each, payload in parts if each == kind), None)
            start = int(where.offsets[row])
            told = None if start < 0 else dump.buffer[start : start + int(where.lengths[row])]
            assert told == wanted


@given(messages)
def test_fixed_headers_and_numbers_are_read_in_one_go(
    content: list[tuple[bytes, list[tuple[int, bytes]]]],
) -> None:
    dump = dump_of([message(fixed, parts) for fixed, parts in content])
    fixed = netlink.fields(dump, np.dtype([("a", "u1", 4), ("b", "u8")]))
    assert [row.tobytes() for row in fixed] == [each for each, _ in content]
    numbers = netlink.values(dump.buffer, netlink.attributes(dump, FIXED, (2,))[2], np.uint32, 7)
    for row, (_, parts) in enumerate(content):
        payload = next((payload for each, payload in parts if each == 2), b"")
        assert numbers[row] == (struct.unpack_from("=I", payload)[0] if len(payload) >= 4 else 7)


@given(st.lists(st.binary(min_size=16, max_size=80), max_size=8))
def test_garbage_is_never_read_beyond_its_message(raw: list[bytes]) -> None:
    dump = dump_of([struct.pack("=IHHII", 16 + len(each), KIND, 0, 1, 0) + each for each in raw])
    for where in netlink.attributes(dump, FIXED, range(8)).values():
        inside = where.present
        assert (where.offsets[inside] + where.lengths[inside] <= (dump.offsets + dump.lengths)[inside]).all()


def test_messages_of_another_kind_or_cut_short_are_left_out() -> None:
    whole = message(bytes(FIXED), [])
    dump = dump_of([whole, message(bytes(FIXED), [], kind=99), message(bytes(4), []), whole])
    assert len(netlink.whole(dump, KIND, FIXED)) == 2


Answer = Callable[..., socket.socket]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    """Makes one end of a socket pair answer as the kernel would."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    monkeypatch.setattr(NetlinkSocket, "_open", lambda _: ours)

    def answers(*said: bytes) -> socket.socket:
        for each in said:
            theirs.send(each)
        return theirs

    yield answers
    ours.close()
    theirs.close()


def done(error: int = 0, flags: int = 2, sequence: int = 1) -> bytes:
    return struct.pack("=IHHIIi", 20, netlink.NLMSG_DONE, flags, sequence, 0, error)


def test_a_dump_ends_with_done(kernel: Answer) -> None:
    each = message(bytes(FIXED), [(1, b"abcd")])
    kernel(each * 3, each * 2 + done())
    dump = NetlinkSocket(0).dump(22, b"")
    assert (len(dump), dump.error, dump.interrupted) == (5, 0, False)
    assert dump.offsets.tolist() == [len(each) * n for n in range(5)]


def test_done_may_carry_the_refusal(kernel: Answer) -> None:
    kernel(done(-errno.ENOENT))
    assert NetlinkSocket(0).dump(20, b"").error == errno.ENOENT


def test_an_error_message_is_a_refusal(kernel: Answer) -> None:
    kernel(struct.pack("=IHHIIi16x", 36, netlink.NLMSG_ERROR, 0, 1, 0, -errno.EPERM))
    assert NetlinkSocket(0).dump(20, b"").error == errno.EPERM


def test_a_dump_that_the_kernel_calls_interrupted_says_so(kernel: Answer) -> None:
    kernel(message(bytes(FIXED), [], flags=2 | netlink.NLM_F_DUMP_INTR) + done())
    assert NetlinkSocket(0).dump(22, b"").interrupted


def test_the_rest_of_an_earlier_dump_is_thrown_away(kernel: Answer) -> None:
    stale = struct.pack("=IHHII", 28, KIND, 2, 77, 0) + bytes(FIXED)
    kernel(stale, message(bytes(FIXED), []) + done())
    assert len(NetlinkSocket(0).dump(22, b"")) == 1


def test_a_socket_that_breaks_is_a_refusal(kernel: Answer) -> None:
    made = NetlinkSocket(0)
    kernel().close()
    assert made.dump(22, b"").error in (errno.EPIPE, errno.ECONNRESET)


class Overrun:
    """A socket that gives one datagram and then runs out of buffers."""

    def __init__(self, *said: bytes) -> None:
        self._said = list(said)

    def send(self, _: bytes) -> None:
        """Nobody listens."""

    def recv(self, _: int) -> bytes:
        if not self._said:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        return self._said.pop(0)

    def close(self) -> None:
        """Nothing is open."""


def test_what_came_before_a_dump_broke_off_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader decides what a part is worth."""
    each = message(bytes(FIXED), [(1, b"abcd")])
    monkeypatch.setattr(NetlinkSocket, "_open", lambda _: Overrun(each * 3))
    dump = NetlinkSocket(0).dump(22, b"")
    assert (len(dump), dump.error) == (3, errno.ENOBUFS)
    assert dump.lengths.tolist() == [len(each)] * 3


@given(st.binary(min_size=8, max_size=64), st.data())
def test_values_are_gathered_from_any_places(buffer: bytes, data: st.DataObject) -> None:
    kind = np.dtype([("low", "u1"), ("high", "<u4")])
    last = len(buffer) - kind.itemsize
    evenly = st.builds(
        lambda first, step: [*range(first, last + 1, step)], st.integers(0, last), st.integers(1, 9)
    )
    anyhow = st.lists(st.integers(0, last), max_size=9)
    offsets = np.array(data.draw(evenly | evenly.map(lambda even: even[::-1]) | anyhow), np.intp)
    found = netlink.gather(buffer, offsets, kind)
    assert found.tolist() == [struct.unpack_from("<BI", buffer, at) for at in offsets.tolist()]
    assert netlink.records(buffer, offsets, kind).tolist() == found.tolist()
    found["low"] = 0  # what was gathered is a copy


def test_messages_equally_far_apart_are_not_copied() -> None:
    buffer = bytes(range(256))
    there = netlink.records(buffer, np.arange(0, 240, 16, dtype=np.intp), np.uint32)
    assert np.shares_memory(there, np.frombuffer(buffer, np.uint8))
