"""Connections find the listener they came in through, however many there are of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Table
from sockscope.app.model.listeners import LISTEN, embryonic, listener_of, listening

ESTABLISHED, SYN_RECV = 1, 3
TCP, UDP = 6, 17
INET, INET6 = 2, 10

End: TypeAlias = tuple[int, int, bytes, int, int]
"""Protocol, family, address, port, state."""

V4 = [bytes(4), b"\x7f\0\0\1", b"\x0a\0\0\1"]
MAPPED = [bytes(10) + b"\xff\xff" + address for address in V4]
V6 = [bytes(16), bytes(15) + b"\x01", b"\xfe\x80" + bytes(14), *MAPPED]


def sockets(ends: Sequence[End]) -> Table:
    protocol, family, address, port, state = zip(*ends, strict=True) if ends else ((),) * 5
    raw = b"".join(each.ljust(16, b"\0") for each in address)
    return Table(
        {
            "protocol": np.array(protocol, np.uint8),
            "family": np.array(family, np.uint8),
            "local_address": np.frombuffer(raw, np.uint8).reshape(-1, 16),
            "local_port": np.array(port, np.uint16),
            "state": np.array(state, np.uint8),
            "inode": np.zeros(len(ends), np.uint64),
        }
    )


def plain(ends: Sequence[End], rows: Sequence[int]) -> list[int]:
    """One connection at a time: the exact address first, then any address."""

    def mapped(family: int, address: bytes) -> bytes:
        return bytes(10) + b"\xff\xff" + address if family == INET else address

    def listener(row: int) -> int:
        _, family, address, port, _ = ends[row]
        same = [
            place
            for place, (protocol, other, _, its_port, state) in enumerate(ends)
            if (protocol, state, other, its_port) == (TCP, LISTEN, family, port)
        ]
        wanted = mapped(family, address)
        exact = [place for place in same if mapped(*ends[place][1:3]) == wanted]
        anywhere = [place for place in same if mapped(*ends[place][1:3]) in {bytes(16), MAPPED[0]}]
        return next(iter([*exact, *anywhere]), -1)

    return [listener(row) for row in rows]


def ends(family: int, addresses: list[bytes]) -> st.SearchStrategy[End]:
    """Listeners at any address; a connection has one of its own, never the wildcard."""
    of_its_own = [address for address in addresses if address not in (bytes(4), bytes(16), MAPPED[0])]
    port = st.sampled_from([0, 80, 443, 65535])
    kind = st.tuples(st.sampled_from([TCP, TCP, UDP]), st.just(family))
    listener = st.tuples(st.sampled_from(addresses), port, st.just(LISTEN))
    connection = st.tuples(st.sampled_from(of_its_own), port, st.sampled_from([SYN_RECV, ESTABLISHED]))
    return st.tuples(kind, listener | connection).map(lambda made: (*made[0], *made[1]))


@given(st.lists(ends(INET, V4) | ends(INET6, V6), max_size=40))
def test_as_one_by_one(some: list[End]) -> None:
    table = sockets(some)
    waiting = embryonic(table)
    assert listener_of(table, waiting).tolist() == plain(some, waiting.tolist())


def test_without_listeners_nobody_has_one() -> None:
    table = sockets([(TCP, INET, V4[1], 80, SYN_RECV), (TCP, INET6, V6[0], 80, SYN_RECV)])
    assert listener_of(table, embryonic(table)).tolist() == [-1, -1]


def test_an_ipv6_listener_takes_connections_of_both_families_as_its_own() -> None:
    some = [
        (TCP, INET6, V6[0], 80, LISTEN),
        (TCP, INET, V4[0], 80, LISTEN),
        (TCP, INET6, MAPPED[1], 80, SYN_RECV),
        (TCP, INET, V4[1], 80, SYN_RECV),
    ]
    table = sockets(some)
    assert listener_of(table, embryonic(table)).tolist() == [0, 1]


def test_of_several_on_one_port_the_first_stands_for_all() -> None:
    some = [(TCP, INET, V4[1], 80, LISTEN)] * 3 + [(TCP, INET, V4[1], 80, SYN_RECV)]
    table = sockets(some)
    assert len(listening(table)) == 3
    assert listener_of(table, embryonic(table)).tolist() == [0]
