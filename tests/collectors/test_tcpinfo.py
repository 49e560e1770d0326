"""struct tcp_info by its length: what an older kernel does not send is unknown."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import tcpinfo
from sockscope.app.collectors.inetdiag import INET_DIAG_CONG, INET_DIAG_INFO, MESSAGE
from sockscope.app.frames.table import Table
from tests.collectors.test_netlink import attribute, dump_of
from tests.collectors.test_sockets import message, row

KERNELS = (104, 120, 136, 144, 160, 168, 192, 200, 224, 232, 240, 248, 280)
"""Lengths of the structure, from Linux 3.14 to 6.18."""
CODES = {1: "=B", 4: "=I", 8: "=Q"}


def decoded(*infos: bytes | None, state: int = 1) -> Table:
    raw = [
        message(row(place, state), 18, b"" if info is None else attribute(INET_DIAG_INFO, info))
        for place, info in enumerate(infos, 1)
    ]
    return tcpinfo.decode(dump_of(raw), MESSAGE)


@given(st.lists(st.none() | st.sampled_from(KERNELS).flatmap(lambda n: st.binary(min_size=n, max_size=n))))
def test_every_field_is_read_where_it_lies_or_unknown(infos: list[bytes | None]) -> None:
    table = decoded(*infos)
    told = [(place, info) for place, info in enumerate(infos, 1) if info is not None]
    assert table.numbers("cookie").tolist() == [place for place, _ in told]
    for name, (offset, kind) in tcpinfo.FIELDS.items():
        for value, (_, info) in zip(table.numbers(name).tolist(), told, strict=True):
            if offset + kind.itemsize > len(info):
                assert value == -1
                continue
            expected = struct.unpack_from(CODES[kind.itemsize], info, offset)[0]
            if name == "min_rtt" and expected == 2**32 - 1:
                expected = -1
            wide = np.int8 if kind.itemsize == 1 else np.int64
            assert value == np.array(expected, kind).astype(wide)


def test_listeners_have_no_row_since_their_fields_mean_something_else() -> None:
    assert len(decoded(bytes(280), state=10)) == 0


def test_no_socket_is_no_row() -> None:
    table = decoded()
    assert len(table) == 0
    assert set(table.columns) == {"cookie", "congestion", *tcpinfo.FIELDS}


@given(st.lists(st.none() | st.from_regex(r"\A[a-z]{1,15}\Z")))
def test_the_algorithm_of_each_connection_is_told_or_unknown(names: list[str | None]) -> None:
    raw = [
        message(
            row(place, 1),
            18,
            (b"" if name is None else attribute(INET_DIAG_CONG, name.encode() + b"\0"))
            + attribute(INET_DIAG_INFO, bytes(280)),
        )
        for place, name in enumerate(names, 1)
    ]
    found = tcpinfo.decode(dump_of(raw), MESSAGE).strings("congestion")
    assert [found[place] for place in range(len(found))] == names


@pytest.mark.parametrize("length", [0, 1, 103])
def test_a_structure_cut_short_gives_what_is_whole(length: int) -> None:
    assert decoded(bytes(length)).numbers("total_retrans").tolist() == [-1]
