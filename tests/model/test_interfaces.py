"""Rows of the tab Interfaces over several ticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.links import STATS, UNKNOWN_COUNT, UNKNOWN_NUMBER
from sockscope.app.frames.table import Table
from sockscope.app.model.interfaces import SAMPLES, InterfacesModel
from sockscope.app.model.linkfacts import natural_ranks
from sockscope.app.model.presence import Presence
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options, TabModel
from tests.model.link_tables import addresses_table, links_table

NOTHING = Options()
Rows = Sequence[Mapping[str, Any]]


class Clockwork:
    """A store and a model that are fed by hand."""

    def __init__(self) -> None:
        self.store = Store()
        self.model = InterfacesModel()
        self._number = 0

    def tick(self, taken: float, rows: Rows, addresses: Rows = ()) -> None:
        tables = {"links": links_table(rows, taken), "addresses": addresses_table(addresses, taken)}
        self.store.take(Frame(self._number, 0.0, taken, 1.0, tables=tables))
        self._number += 1
        self.model.advance(self.store)

    def rows(self, *switches: str) -> Table:
        rows = self.model.rows(self.store, Options(frozenset(switches)))
        assert rows is not None
        return rows

    @property
    def attention(self) -> int:
        return self.model.attention(self.store)


@pytest.fixture
def clockwork() -> Clockwork:
    return Clockwork()


def eth0(**more: Any) -> dict[str, Any]:
    return {"name": "eth0", "index": 2, **more}


def test_before_anything_was_collected() -> None:
    model: TabModel = InterfacesModel()
    store = Store()
    model.advance(store)
    assert model.rows(store, NOTHING) is None
    assert model.count(store) is None
    assert model.attention(store) == 0


def test_a_machine_without_interfaces(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [])
    rows = clockwork.rows()
    assert len(rows) == 0
    for name in ("key", "rx_rate", "rx_history", "use", "rx_ok_delta"):
        assert name in rows
    assert clockwork.model.count(clockwork.store) == 0


def test_a_list_that_doubles_and_halves_again(clockwork: Clockwork) -> None:
    def some(first: int, number: int, received: int) -> list[dict[str, Any]]:
        return [
            {"name": f"veth{place}", "index": place, "rx_bytes": received}
            for place in range(first, first + number)
        ]

    clockwork.tick(1.0, some(1, 500, 1000))
    clockwork.tick(2.0, some(1, 500, 1500))
    clockwork.tick(3.0, some(1, 500, 2000) + some(501, 500, 9000))
    rows = clockwork.rows()
    assert len(rows) == 1000
    rates = rows.numbers("rx_rate")
    assert rates[:500].tolist() == [500.0] * 500
    assert np.isnan(rates[500:]).all()
    assert np.isnan(rows.numbers("rx_history")[500:]).all()
    assert clockwork.attention == 0
    clockwork.tick(4.0, some(501, 500, 9300))
    rows = clockwork.rows()
    assert rows.strings("name").values[rows.strings("name").codes[0]] == "veth501"
    assert rows.numbers("rx_rate").tolist() == [300.0] * 500
    for history in (clockwork.model._received, clockwork.model._sent):
        assert len(history._keys) == len(history._samples) == 500
    clockwork.tick(5.0, some(501, 500, 10))
    assert len(clockwork.model._resets) == 500
    clockwork.tick(6.0, some(1001, 3, 0))
    assert not clockwork.model._resets
    assert len(clockwork.rows()) == len(clockwork.model._received._keys) == 3


def test_the_first_sample_has_no_rate(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_bytes=5000, rx_packets=7)])
    rows = clockwork.rows()
    assert np.isnan(rows.real("rx_rate", 0))
    assert np.isnan(rows.real("rx_ok_delta", 0))
    assert rows.integer("rx_ok", 0) == 7
    assert not rows.integer("reset", 0)


def test_rates_over_the_time_that_passed(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_bytes=1000, tx_bytes=0, rx_packets=10, tx_packets=0)])
    clockwork.tick(3.5, [eth0(rx_bytes=6000, tx_bytes=250, rx_packets=35, tx_packets=5)])
    rows = clockwork.rows()
    assert rows.real("rx_rate", 0) == 2000
    assert rows.real("tx_rate", 0) == 100
    assert rows.real("rx_packet_rate", 0) == 10
    assert rows.real("tx_packet_rate", 0) == 2
    assert rows.real("rx_ok_delta", 0) == 25


def test_a_table_that_was_not_collected_again_is_no_new_sample(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_bytes=0)])
    clockwork.tick(2.0, [eth0(rx_bytes=100)])
    history = clockwork.rows().numbers("rx_history").copy()
    clockwork.model.advance(clockwork.store)
    np.testing.assert_equal(clockwork.rows().numbers("rx_history"), history)


def test_natural_order(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [{"name": name} for name in ("eth10", "lo", "eth2")])
    rows = clockwork.rows()
    assert [rows.text("name", row) for row in range(3)] == ["eth2", "eth10", "lo"]


def test_netstats_columns(clockwork: Clockwork) -> None:
    first = dict.fromkeys(STATS, 100)
    second = {name: 100 + place for place, name in enumerate(STATS)}
    clockwork.tick(1.0, [eth0(**first)])
    clockwork.tick(2.0, [eth0(**second)])
    rows = clockwork.rows()
    at = {name: place for place, name in enumerate(STATS)}
    assert rows.integer("rx_drp", 0) == 200 + at["rx_dropped"] + at["rx_missed_errors"]
    expected = {
        "rx_ok": "rx_packets", "rx_err": "rx_errors", "rx_ovr": "rx_fifo_errors", "tx_ok": "tx_packets",
        "tx_err": "tx_errors", "tx_drp": "tx_dropped", "tx_ovr": "tx_fifo_errors",
    }  # fmt: skip
    for name, counter in expected.items():
        assert rows.integer(name, 0) == second[counter]
        assert rows.real(f"{name}_delta", 0) == at[counter]
    assert rows.real("rx_drp_delta", 0) == at["rx_dropped"] + at["rx_missed_errors"]
    for name in STATS:
        assert rows.real(f"{name}_delta", 0) == at[name]


def test_changes_since_the_mark_while_rates_stay_those_of_the_last_interval(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_packets=10, rx_bytes=0)])
    clockwork.store.mark()
    clockwork.tick(2.0, [eth0(rx_packets=30, rx_bytes=100)])
    clockwork.tick(3.0, [eth0(rx_packets=60, rx_bytes=300)])
    rows = clockwork.rows()
    assert rows.real("rx_ok_delta", 0) == 50
    assert rows.real("rx_rate", 0) == 200
    clockwork.store.unmark()
    assert clockwork.rows().real("rx_ok_delta", 0) == 30


def test_counters_that_began_anew(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_packets=1000, rx_bytes=9000, rx_errors=5)])
    clockwork.store.mark()
    clockwork.tick(2.0, [eth0(rx_packets=3, rx_bytes=200, rx_errors=0)])
    rows = clockwork.rows()
    assert rows.integer("reset", 0)
    assert np.isnan(rows.real("rx_rate", 0))
    assert np.isnan(rows.real("rx_ok_delta", 0))
    assert clockwork.attention == 0
    clockwork.tick(3.0, [eth0(rx_packets=5000, rx_bytes=10200, rx_errors=7)])
    rows = clockwork.rows()
    assert rows.integer("reset", 0), "what passed since the mark cannot be told any more"
    assert np.isnan(rows.real("rx_ok_delta", 0))
    assert rows.real("rx_rate", 0) == 10000
    clockwork.store.mark()
    clockwork.tick(4.0, [eth0(rx_packets=5001, rx_bytes=10200, rx_errors=7)])
    rows = clockwork.rows()
    assert not rows.integer("reset", 0)
    assert rows.real("rx_ok_delta", 0) == 1


def test_another_interface_of_the_same_name_or_index_is_another(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_bytes=100)])
    clockwork.tick(2.0, [eth0(rx_bytes=200)])
    old = clockwork.rows().integer("key", 0)
    clockwork.tick(3.0, [{"name": "eth0", "index": 9, "rx_bytes": 900}, {"name": "wan", "index": 2}])
    rows = clockwork.rows()
    assert old not in rows.numbers("key").tolist()
    assert np.isnan(rows.numbers("rx_rate")).all()
    assert np.isnan(rows.numbers("rx_history")).all()
    assert not rows.numbers("reset").any()


def test_histories_follow_their_interface(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_bytes=0, tx_bytes=0)])
    clockwork.tick(2.0, [{"name": "eth1", "index": 3}, eth0(rx_bytes=100, tx_bytes=7)])
    clockwork.tick(3.0, [eth0(rx_bytes=300, tx_bytes=7), {"name": "eth1", "index": 3, "rx_bytes": 50}])
    rows = clockwork.rows()
    assert rows.numbers("rx_history").shape == (2, SAMPLES)
    np.testing.assert_equal(rows.numbers("rx_history")[:, -2:], np.array([[100, 200], [np.nan, 50]], "f4"))
    np.testing.assert_equal(rows.numbers("tx_history")[0, -2:], np.array([7, 0], "f4"))


@pytest.mark.parametrize(
    ("change", "attention"),
    [
        ({"rx_errors": 1}, 1),
        ({"tx_errors": 1}, 1),
        ({"rx_missed_errors": 1}, 1),
        ({"rx_fifo_errors": 1}, 1),
        ({"rx_crc_errors": 1}, 1),
        ({"carrier_changes": 1}, 1),
        ({"rx_dropped": 9}, 0),
        ({"tx_dropped": 9, "rx_nohandler": 3, "collisions": 2}, 0),
        ({}, 0),
    ],
)
def test_what_wants_looking_at(clockwork: Clockwork, change: dict[str, int], attention: int) -> None:
    clockwork.tick(1.0, [eth0(rx_errors=0), {"name": "eth1"}])
    assert clockwork.attention == 0
    clockwork.tick(2.0, [eth0(**change), {"name": "eth1"}])
    assert clockwork.attention == attention
    clockwork.tick(3.0, [eth0(**change), {"name": "eth1"}])
    assert clockwork.attention == 0


def test_hiding(clockwork: Clockwork) -> None:
    clockwork.tick(
        1.0,
        [
            {"name": "eth0"},
            {"name": "eth1", "flags": 0x1002, "operstate": 2},
            {"name": "eth2", "flags": 0x1003, "operstate": 2},
            {"name": "lo", "kind": "loopback"},
            {"name": "veth0", "kind": "veth", "flags": 0x1002},
        ],
    )

    def names(*switches: str) -> list[str | None]:
        rows = clockwork.rows(*switches)
        return [rows.text("name", row) for row in range(len(rows))]

    assert names("hide_down") == ["eth0", "eth2", "lo"]
    assert names("hide_virtual") == ["eth0", "eth1", "eth2"]
    assert names("hide_down", "hide_virtual") == ["eth0", "eth2"]
    assert clockwork.model.count(clockwork.store) == 5


def test_promiscuity_as_it_really_is(clockwork: Clockwork) -> None:
    clockwork.tick(
        1.0,
        [
            {"name": "a", "flags": 0x1003, "promiscuity": 0},
            {"name": "b", "flags": 0x1003, "promiscuity": 1},
            {"name": "c", "flags": 0x1103, "promiscuity": 1},
            {"name": "d", "flags": 0x1103, "promiscuity": UNKNOWN_NUMBER},
            {"name": "e", "flags": UNKNOWN_NUMBER, "promiscuity": UNKNOWN_NUMBER},
        ],
    )
    assert clockwork.rows().numbers("promiscuous").tolist() == [False, True, True, True, False]


def test_addresses_are_gathered_by_interface(clockwork: Clockwork) -> None:
    links = [eth0(), {"name": "lo", "index": 1}, {"name": "tun0", "index": 5}]
    listed = [
        {"index": 2, "address": "10.0.0.5/24"},
        {"index": 1, "address": "127.0.0.1/8"},
        {"index": 2, "address": "fe80::1/64"},
    ]
    clockwork.tick(1.0, links, listed)
    assert [clockwork.rows().text("addresses", row) for row in range(3)] == [
        "10.0.0.5/24 fe80::1/64",
        "127.0.0.1/8",
        None,
    ]
    clockwork.tick(2.0, links, listed[:2])
    assert clockwork.rows().text("addresses", 0) == "10.0.0.5/24"
    clockwork.tick(3.0, links, [])
    assert clockwork.rows().text("addresses", 0) is None


def test_unknown_counters_have_no_change(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [eth0(rx_missed_errors=UNKNOWN_COUNT, rx_errors=UNKNOWN_COUNT, rx_dropped=1)])
    clockwork.tick(2.0, [eth0(rx_missed_errors=UNKNOWN_COUNT, rx_errors=4, rx_dropped=3)])
    rows = clockwork.rows()
    assert np.isnan(rows.real("rx_missed_errors_delta", 0))
    assert np.isnan(rows.real("rx_err_delta", 0))
    assert rows.real("rx_drp_delta", 0) == 2
    assert rows.integer("rx_err", 0) == 4
    assert clockwork.attention == 0


def test_hostile_text_is_printable(clockwork: Clockwork) -> None:
    clockwork.tick(1.0, [{"name": "e\x1b[2J", "alias": "\u202eevil[/x]\x9b"}])
    rows = clockwork.rows()
    assert rows.text("name", 0) == "e^[[2J"
    assert rows.text("alias", 0) == "\\u{202e}evil[/x]\\x9b"


@given(st.lists(st.integers(0, 2**64 - 2), min_size=2, max_size=8), st.floats(0.01, 1e4))
def test_no_rate_is_negative_and_no_change_is_invented(counts: list[int], seconds: float) -> None:
    clockwork = Clockwork()
    for place, count in enumerate(counts):
        clockwork.tick(place * seconds, [eth0(rx_bytes=count, rx_packets=count)])
        rows = clockwork.rows()
        earlier = counts[place - 1] if place else count + 1
        if count < earlier:
            assert np.isnan(rows.real("rx_rate", 0))
            assert np.isnan(rows.real("rx_ok_delta", 0))
            assert bool(rows.integer("reset", 0)) == (place > 0)
        else:
            assert rows.real("rx_ok_delta", 0) == float(count - earlier)
            assert rows.real("rx_rate", 0) == pytest.approx((count - earlier) / seconds)
            assert not rows.integer("reset", 0)


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=8))
def test_a_change_since_the_mark_is_right_or_said_to_be_reset(counts: list[int]) -> None:
    clockwork = Clockwork()
    clockwork.tick(0.0, [eth0(rx_packets=counts[0])])
    clockwork.store.mark()
    for place, count in enumerate(counts[1:], 1):
        clockwork.tick(float(place), [eth0(rx_packets=count)])
    rows = clockwork.rows()
    fell = any(later < earlier for earlier, later in pairwise(counts))
    assert bool(rows.integer("reset", 0)) == fell
    if fell:
        assert np.isnan(rows.real("rx_ok_delta", 0))
    else:
        assert rows.real("rx_ok_delta", 0) == counts[-1] - counts[0]


def test_an_interface_that_is_gone_lingers_in_its_place(clockwork: Clockwork) -> None:
    presence = Presence()
    clockwork.tick(1.0, [eth0(), {"name": "lo", "index": 1}, {"name": "wlan0", "index": 3}])
    presence.observe(clockwork.rows(), 1.0, 3.0)
    clockwork.tick(2.0, [eth0(), {"name": "wlan0", "index": 3}])
    rows = presence.observe(clockwork.rows(), 2.0, 3.0)
    shown = select(rows, Query("name"), Reading({"name": natural_ranks}))
    assert [rows.text("name", row) for row in shown.tolist()] == ["eth0", "lo", "wlan0"]
    assert rows.numbers("rx_history").shape == (3, SAMPLES)
