"""MPTCP connections and subflows from the attributes of sock_diag."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import mptcp
from sockscope.app.collectors.netlink import Dump
from tests.collectors.test_netlink import attribute, dump_of
from tests.collectors.test_sockets import message, row

NAME, CONTEXT = 1, 3
TOKEN, FLAGS, REMOTE_ID, LOCAL_ID = 2, 8, 9, 10

words = st.integers(0, 2**32 - 1)
ids = st.integers(0, 255)


def ulp(name: bytes, *context: bytes) -> bytes:
    inside = attribute(NAME, name + b"\0")
    return attribute(
        mptcp.INET_DIAG_ULP_INFO, inside + (attribute(CONTEXT, b"".join(context)) if context else b"")
    )


def dump(*parts: bytes, state: int = 1) -> Dump:
    return dump_of([message(row(number, state), more=part) for number, part in enumerate(parts, 1)])


@given(st.lists(st.tuples(words, words, ids, ids), max_size=5))
def test_subflows_tell_their_connection(rows: list[tuple[int, int, int, int]]) -> None:
    made = [
        ulp(
            b"mptcp",
            attribute(1, struct.pack("=I", 7)),
            attribute(TOKEN, struct.pack("=I", token)),
            attribute(FLAGS, struct.pack("=I", flags)),
            attribute(REMOTE_ID, bytes([remote])),
            attribute(LOCAL_ID, bytes([local])),
        )
        for token, flags, local, remote in rows
    ]
    table = mptcp.subflows(dump(b"", *made, ulp(b"tls", attribute(1, b"xxxx"))))
    names = ("token", "flags", "local_id", "remote_id")
    assert list(zip(*(table.numbers(name).tolist() for name in names), strict=True)) == rows
    assert table.numbers("cookie").tolist() == list(range(2, len(rows) + 2))
    assert table.numbers("subflow").tolist() == [1] * len(rows)


def test_who_may_not_know_the_token_still_learns_of_the_subflow() -> None:
    table = mptcp.subflows(dump(ulp(b"mptcp"), ulp(b"mptcpx"), ulp(b"mptc")))
    assert table.numbers("cookie").tolist() == [1]
    assert table.numbers("token").tolist() == [0]


@given(words, words, st.integers(0, 96))
def test_connections_tell_their_token_as_far_as_the_kernel_does(token: int, flags: int, size: int) -> None:
    info = struct.pack("=8xII", flags, token).ljust(96, b"\1")[:size]
    table = mptcp.connections(dump(attribute(2, info), b""))
    known = size >= 16
    assert table.numbers("token").tolist() == [token if known else 0, 0]
    assert table.numbers("flags").tolist() == [flags if known else 0, 0]
    assert table.numbers("subflow").tolist() == [0, 0]


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_garbage_where_attributes_belong_does_no_harm(garbage: list[bytes]) -> None:
    parts = [piece + bytes(-len(piece) % 4) for piece in garbage]
    nested = [attribute(mptcp.INET_DIAG_ULP_INFO, attribute(NAME, b"mptcp\0") + piece) for piece in parts]
    for made in (dump(*parts), dump(*nested)):
        assert len(mptcp.subflows(made)) <= len(parts)
        assert len(mptcp.connections(made)) == len(parts)
