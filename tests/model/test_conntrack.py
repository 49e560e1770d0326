"""What was done to tracked connections, who they are from tick to tick, and what flows through them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sockscope.app.frames.conntrack import Status
from sockscope.app.model.conntrack import BOTH, DESTINATION, PLAIN, SOURCE, ConntrackModel
from sockscope.app.model.conntrack_use import Use, use
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from tests.collectors import conntrack_messages as made
from tests.collectors.conntrack_messages import EVERY, ICMP, UDP, End, Entry
from tests.model.conntrack_tables import TRANSLATED, Played

GRE = 47


def verdict(entry: Entry) -> int:
    return Played().see(entry).rows().integer("translated", 0)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (made.PLAIN, PLAIN),
        (made.MASQUERADED, SOURCE),
        (made.REWRITTEN, DESTINATION),
        (made.BOTH, BOTH),
        (made.ECHO, SOURCE),
        (made.SIX, SOURCE),
        (replace(made.PLAIN, reply=End("10.2.0.2", "10.1.0.2", 443, 61001)), SOURCE),
        (replace(made.PLAIN, reply=End("10.2.0.2", "10.1.0.2", 8443, 50001)), DESTINATION),
        (Entry(End("10.1.0.2", "10.2.0.2", 77, 8 << 8), End("10.2.0.2", "10.1.0.2", 77, 0), ICMP), PLAIN),
        (Entry(End("10.1.0.2", "10.2.0.2", 77, 8 << 8), End("10.2.0.2", "10.1.0.2", 78, 0), ICMP), SOURCE),
        (Entry(End("10.1.0.2", "10.2.0.2", 5, 6), End("10.2.0.2", "10.1.0.2", 7, 5), GRE), PLAIN),
    ],
)
def test_what_was_rewritten_is_the_difference_of_the_tuples(entry: Entry, expected: int) -> None:
    assert verdict(entry) == expected


def test_only_translated_connections_unless_asked() -> None:
    it = Played().see(*EVERY)
    assert len(it.rows()) == len(EVERY)
    shown = it.rows(TRANSLATED)
    assert len(shown) == len(EVERY) - 1
    assert (shown.numbers("translated") != PLAIN).all()


def test_a_source_that_became_an_own_address_was_masqueraded() -> None:
    lent = replace(made.MASQUERADED, id=8, reply=replace(made.MASQUERADED.reply, destination="10.2.0.77"))
    rows = Played().see(made.MASQUERADED, lent, made.SIX).rows()
    assert rows.numbers("own_source").tolist() == [True, False, True]
    redirected = replace(made.REWRITTEN, id=8, reply=End("10.2.0.1", "10.1.0.2", 80, 50002))
    rows = Played().see(made.REWRITTEN, redirected).rows()
    assert rows.numbers("own_destination").tolist() == [False, True]


def test_an_address_of_the_other_family_is_not_its_own() -> None:
    """The first four bytes of an IPv6 address are an IPv4 address to none but a careless reader."""
    rows = Played().see(made.MASQUERADED, own=("a02:1::",)).rows()
    assert rows.numbers("own_source").tolist() == [False]


def test_an_entry_that_the_kernel_listed_twice_is_one_row() -> None:
    rows = Played().see(made.MASQUERADED, made.REWRITTEN, made.MASQUERADED).rows()
    assert rows.numbers("id").tolist() == [2, 3]


def test_identity_is_id_tuple_and_zone() -> None:
    other = replace(made.PLAIN, id=99)
    in_zone = replace(made.PLAIN, zone=3)
    one_way = replace(made.PLAIN, zone=3, zone_of=1)
    port = replace(made.PLAIN, original=replace(made.WEB, source_port=1))
    udp = replace(made.PLAIN, protocol=UDP, state=-1)
    keys = Played().see(made.PLAIN, other, in_zone, one_way, port, udp).rows().numbers("key")
    assert len(np.unique(keys)) == 6
    later = replace(made.PLAIN, timeout=7, state=7, mark=3, status=Status(0))
    assert Played().see(later).rows().numbers("key")[0] == keys[0]


def counted(entry: Entry, packets: int, size: int) -> Entry:
    there = replace(entry.original, packets=packets, bytes=size)
    back = replace(entry.reply, packets=2 * packets, bytes=3 * size)
    return replace(entry, original=there, reply=back)


def test_rates_over_the_time_that_passed() -> None:
    it = Played().see(counted(made.BOTH, 10, 1000), seconds=2)
    rows = it.rows()
    assert (rows.integer("packets", 0), rows.integer("bytes", 0)) == (30, 4000)
    assert math.isnan(rows.real("original_bytes_rate", 0))
    it.see(counted(made.MASQUERADED, 1, 1), counted(made.BOTH, 14, 1500), seconds=2)
    new, old = it.rows(), 1
    assert [new.real(f"{name}_rate", old) for name in ("original_packets", "original_bytes")] == [2, 250]
    assert [new.real(f"{name}_rate", old) for name in ("reply_packets", "reply_bytes")] == [4, 750]
    assert new.real("bytes_rate", old) == 1000
    assert math.isnan(new.real("bytes_rate", 0))


def test_counters_that_began_anew_have_no_rate() -> None:
    it = Played().see(counted(made.BOTH, 10, 1000)).see(counted(made.BOTH, 1, 50))
    assert math.isnan(it.rows().real("original_bytes_rate", 0))


def test_what_is_not_counted_is_unknown() -> None:
    it = Played().see(made.BOTH).see(made.BOTH)
    assert (it.rows().integer("packets", 0), it.rows().integer("bytes", 0)) == (-1, -1)
    assert math.isnan(it.rows().real("bytes_rate", 0))
    it.see(counted(made.BOTH, 10, 1000))
    assert math.isnan(it.rows().real("bytes_rate", 0))


SEEN, ASSURED = Status.SEEN_REPLY, Status.SEEN_REPLY | Status.ASSURED


@pytest.mark.parametrize(
    ("protocol", "state", "status", "expected"),
    [
        (6, 3, ASSURED, "ESTABLISHED"),
        (6, 1, Status(0), "SYN_SENT"),
        (132, 4, ASSURED, "ESTABLISHED"),
        (33, 4, ASSURED, "OPEN"),
        (6, -1, ASSURED | Status.OFFLOAD, "offloaded"),
        (6, 99, Status(0), "unreplied"),
        (17, -1, Status(0), "unreplied"),
        (17, -1, SEEN, "replied"),
        (17, -1, ASSURED, "assured"),
        (47, -1, ASSURED, "assured"),
    ],
)
def test_states_in_words(protocol: int, state: int, status: Status, expected: str) -> None:
    rows = Played().see(replace(made.PLAIN, protocol=protocol, state=state, status=status)).rows()
    assert rows.text("state_name", 0) == expected


def test_without_entries_there_is_nothing_to_show() -> None:
    assert ConntrackModel().rows(Store(), Options()) is None
    assert len(Played().see().rows()) == 0
    assert len(Played().see().rows(TRANSLATED)) == 0
    assert len(Played().see(made.PLAIN).see(made.PLAIN).rows(TRANSLATED)) == 0


def test_the_count_is_the_kernels() -> None:
    it = Played().see(made.PLAIN, count=1204, limit=262144)
    assert it.model.count(it.store) == 1204
    assert ConntrackModel().count(Store()) is None


@pytest.mark.parametrize(("count", "near"), [(1204, 0), (196_607, 0), (196_608, 1), (262_144, 1), (-1, 0)])
def test_a_table_that_is_nearly_full_wants_looking_at(count: int, near: int) -> None:
    it = Played().see(count=count, limit=262_144)
    assert it.model.attention(it.store) == near


def test_losses_of_the_last_interval_want_looking_at() -> None:
    it = Played().see(count=5, limit=100, drop=7, early_drop=1, seconds=2)
    assert it.model.attention(it.store) == 0
    it.see(count=5, limit=100, drop=11, early_drop=3, seconds=2)
    assert use(it.store) == Use(5, 100, 3.0, None, tracked=5)
    assert it.model.attention(it.store) == 1
    it.see(count=5, limit=100, drop=11, early_drop=3, seconds=2)
    assert it.model.attention(it.store) == 0


@pytest.mark.parametrize(("then", "now"), [(7, -1), (-1, 7), (7, 3)])
def test_losses_that_are_not_known_are_none(then: int, now: int) -> None:
    it = Played().see(count=5, limit=100, drop=then).see(count=5, limit=100, drop=now)
    assert use(it.store).lost == 0


def test_a_limit_of_nothing_is_no_limit() -> None:
    assert use(Played().see(count=5, limit=0).store).share is None
