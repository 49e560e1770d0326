"""Destroy events as bytes: decoding, refusals, losses, and what listening may cost."""

from __future__ import annotations

import errno
import socket
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import destroyed, netlink
from sockscope.app.collectors.destroyed import LOST, PATIENCE, REST, DestroyedCollector, decode
from sockscope.app.collectors.inetdiag import MESSAGE, SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import Dump
from tests.collectors.netlink_messages import attribute, message

FULL = 280


def event(
    cookie: int, *, protocol: int = 6, info: bytes | None = None, ports: tuple[int, int] = (443, 5000)
) -> bytes:
    """One event as the kernel writes it."""
    fixed = struct.pack("=BBBB", 2, 7, 0, 0) + struct.pack(">HH", *ports)
    fixed += socket.inet_aton("10.0.0.5").ljust(16, b"\0") + socket.inet_aton("198.51.100.7").ljust(16, b"\0")
    fixed += struct.pack("=IQIIIII", 0, cookie, 0, 0, 0, 0, 0)
    told = attribute(10, bytes([protocol]))
    return message(SOCK_DIAG_BY_FAMILY, fixed + told + (b"" if info is None else attribute(2, info)))


def tcp_info(size: int = FULL, **fields: int) -> bytes:
    """A tcp_info that ends after `size` bytes."""
    made = bytearray(FULL)
    for name, value in fields.items():
        offset, kind = destroyed._PLACES[name]
        made[offset : offset + kind.itemsize] = value.to_bytes(kind.itemsize, "little")
    return bytes(made[:size])


def dump(*events: bytes) -> Dump:
    starts = np.cumsum([0, *map(len, events)])[:-1].astype(np.intp)
    lengths = np.array([len(each) for each in events], np.intp)
    return netlink.whole(Dump(b"".join(events), starts, lengths), SOCK_DIAG_BY_FAMILY, MESSAGE.itemsize)


def test_a_tcp_event_has_ends_cookie_and_final_amounts() -> None:
    info = tcp_info(
        rtt=1500, min_rtt=900, bytes_sent=70_000, bytes_retrans=1400, bytes_received=8, total_retrans=1
    )
    rows = decode(dump(event(77, info=info)))
    assert rows.integer("cookie", 0) == 77
    assert (rows.integer("local_port", 0), rows.integer("remote_port", 0)) == (443, 5000)
    names = ("rtt", "min_rtt", "bytes_sent", "bytes_retrans", "bytes_received", "total_retrans")
    assert [rows.integer(name, 0) for name in names] == [1500, 900, 70_000, 1400, 8, 1]


def test_udp_has_no_amounts() -> None:
    rows = decode(dump(event(1, protocol=17)))
    assert rows.integer("protocol", 0) == socket.IPPROTO_UDP
    assert {rows.integer(name, 0) for name in destroyed.FIELDS} == {-1}


@pytest.mark.parametrize("told", [True, False])
def test_the_protocol_is_told_or_follows_from_tcp_info(told: bool) -> None:
    rows = decode(dump(event(1, protocol=6 if told else 0, info=tcp_info())))
    assert rows.integer("protocol", 0) == socket.IPPROTO_TCP


@given(st.integers(0, FULL))
def test_what_an_older_kernel_does_not_tell_is_unknown(size: int) -> None:
    rows = decode(dump(event(1, info=tcp_info(size, min_rtt=5))))
    for name in destroyed.FIELDS:
        offset, kind = destroyed._PLACES[name]
        known = size >= offset + kind.itemsize
        assert rows.integer(name, 0) == ((5 if name == "min_rtt" else 0) if known else -1)


def test_a_least_rtt_that_was_never_measured_is_unknown() -> None:
    assert decode(dump(event(1, info=tcp_info(min_rtt=2**32 - 1)))).integer("min_rtt", 0) == -1


@given(st.lists(st.one_of(st.binary(max_size=120), st.builds(event, st.integers(0, 2**64 - 1)))))
def test_hostile_datagrams_make_no_rows_and_no_errors(datagrams: list[bytes]) -> None:
    padded = [each.ljust(len(each) + -len(each) % 8, b"\0") for each in datagrams if len(each) >= 16]
    if padded:
        found = dump(*padded)
        assert len(decode(found)) == len(found) <= len(padded)


class Heard:
    """An event socket made up by a test."""

    def __init__(self, *drains: tuple[Dump, bool] | OSError) -> None:
        self.drains = list(drains)
        self.closed = False

    def drain(self, most: int) -> tuple[Dump, bool]:
        assert most == destroyed.MOST
        told = self.drains.pop(0) if self.drains else (dump(event(1)), False)
        if isinstance(told, OSError):
            raise told
        return told

    def close(self) -> None:
        self.closed = True


class Clock:
    now = 100.0
    spent = 0.0


def collector(clock: Clock, *heard: Heard | OSError) -> DestroyedCollector:
    made = list(heard)

    def listen() -> Heard:
        told = made.pop(0)
        if isinstance(told, OSError):
            raise told
        return told

    return DestroyedCollector(lambda: clock.now, lambda: clock.spent, listen)  # type: ignore[arg-type]


def test_numbers_go_on_from_tick_to_tick() -> None:
    made = collector(Clock(), Heard((dump(event(1), event(2)), False), (dump(event(3)), False)))
    numbers = [made.collect().tables["destroyed"].numbers("number").tolist() for _ in range(2)]
    assert numbers == [[0, 1], [2]]


def test_lost_events_are_a_note_of_that_tick() -> None:
    made = collector(Clock(), Heard((dump(event(1)), True), (dump(event(2)), False)))
    first, second = made.collect(), made.collect()
    assert [note.why for note in first.notes] == [LOST]
    assert len(first.tables["destroyed"]) == 1
    assert not second.notes


def test_a_kernel_without_the_groups_is_asked_once() -> None:
    clock = Clock()
    made = collector(clock, OSError(errno.EPROTONOSUPPORT, ""))
    for _ in range(3):
        clock.now += REST + 1
        told = made.collect()
        assert not told.tables
        assert told.notes[0].why == "destroy events: protocol not supported"


def test_a_failing_socket_is_opened_anew_after_a_rest() -> None:
    clock = Clock()
    broken, sound = Heard(OSError(errno.EBADF, "")), Heard()
    made = collector(clock, broken, sound)
    assert made.collect().notes[0].why == "destroy events: bad file descriptor"
    assert broken.closed
    assert len(made.collect().tables["destroyed"]) == 1


def test_listening_that_costs_too_much_stops_for_a_while_and_says_so() -> None:
    clock = Clock()
    dear, later = Heard(), Heard()
    made = collector(clock, dear, later)

    def spend() -> float:
        clock.spent += 0.1
        return clock.spent

    made._cpu = spend
    for _ in range(PATIENCE + 1):
        assert made.collect().tables
        clock.now += 1.0
    assert dear.closed
    told = made.collect()
    assert not told.tables
    assert "they cost 10% of a core" in told.notes[0].why
    clock.now += REST
    assert made.collect().tables
