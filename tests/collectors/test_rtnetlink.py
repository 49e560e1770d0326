"""The undecoded dump: ends, errors and interruptions are found, nothing else is looked at."""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors.rtnetlink import RouteSocket, _Undecoded
from tests.collectors.netlink_messages import done, link, refusal


def parsed(data: bytes) -> list[dict[str, Any]]:
    return list(_Undecoded().parse(data, 1, None))


def test_messages_of_one_datagram_come_as_one() -> None:
    first, second = link(1, []), link(2, [])
    (answer,) = parsed(first + second)
    assert answer["datagram"].data == first + second
    assert answer["datagram"].offsets == [0, len(first)]
    assert not answer["interrupted"]


def test_the_end_of_the_dump_follows_what_was_in_the_same_datagram() -> None:
    marshal = _Undecoded()
    answer, end = marshal.parse(link(1, []) + done())
    assert answer["datagram"].offsets == [0]
    assert not marshal.is_enough(answer)
    assert marshal.is_enough(end)
    assert end["header"]["error"] is None


@pytest.mark.parametrize("end", [refusal(errno.EPERM), done(-errno.EPERM)])
def test_a_refusal_is_an_os_error(end: bytes) -> None:
    *_, last = parsed(end)
    assert last["header"]["error"].errno == errno.EPERM


def test_an_interrupted_dump_is_noticed() -> None:
    plain = bytearray(link(1, []))
    struct.pack_into("=H", plain, 6, 0x12)
    assert parsed(bytes(plain))[0]["interrupted"]
    assert parsed(link(1, []) + done(flags=0x12))[0]["interrupted"]


@given(st.binary(max_size=200))
def test_any_bytes_come_to_an_end(data: bytes) -> None:
    for offset in parsed(data)[0]["datagram"].offsets:
        size = struct.unpack_from("=I", data, offset)[0]
        assert size >= 16
        assert offset + size <= len(data)


def test_the_kernel_answers_and_the_socket_is_given_back() -> None:
    held = len(list(Path("/proc/self/fd").iterdir()))
    route = RouteSocket()
    for _ in range(3):
        assert any(datagram.offsets for datagram in route.dump("link").datagrams)
        route.dump("addr")
    route.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == held


def test_after_a_failure_the_next_dump_works_again() -> None:
    route = RouteSocket()
    route.dump("link")

    def broken(_: str) -> list[Any]:
        raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    route._route.close()
    route._route = type("Broken", (), {"link": staticmethod(broken), "close": lambda _: None})()
    with pytest.raises(OSError, match="No buffer space"):
        route.dump("link")
    assert route.dump("link").datagrams
    route.close()
