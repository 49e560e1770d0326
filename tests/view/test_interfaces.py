"""How interfaces read on the screen and in JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.links import UNKNOWN_COUNT, UNKNOWN_NUMBER
from sockscope.app.frames.table import Table
from sockscope.app.model.filters.match import Word
from sockscope.app.model.store import Store
from sockscope.app.view.cells import Cell
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.interfaces import INTERFACES
from tests.model.test_interfaces import Clockwork, eth0

COLUMN = {column.id: column for column in INTERFACES.columns}


def after(before: dict[str, Any], now: dict[str, Any], *more: dict[str, Any]) -> Table:
    """The rows after two ticks, one second apart."""
    clockwork = Clockwork()
    clockwork.tick(1.0, [eth0(**before), *more])
    clockwork.tick(2.0, [eth0(**now), *more])
    return clockwork.rows()


def cell(column: str, rows: Table, row: int = 0) -> Cell:
    return COLUMN[column].cell(rows, row)


def test_rates_and_packets() -> None:
    rows = after({}, {"rx_bytes": 1_234_567, "rx_packets": 1500, "tx_packets": 3})
    assert cell("rx_rate", rows).text == "1.2M"
    assert cell("tx_rate", rows) == Cell("0", "dim")
    assert cell("rx_packet_rate", rows).text == "1.5k"
    assert cell("tx_packet_rate", rows).text == "3"


def test_before_the_second_sample_nothing_is_claimed() -> None:
    clockwork = Clockwork()
    clockwork.tick(1.0, [eth0(rx_packets=5, rx_errors=3)])
    rows = clockwork.rows()
    for column in ("rx_rate", "tx_packet_rate", "rx_ok", "rx_err", "tx_drp", "use"):
        assert cell(column, rows).text == "-"
    assert cell("rx_trend", rows).text.strip() == ""


def test_changes_with_a_sign_and_an_alarm_where_it_belongs() -> None:
    rows = after(
        {},
        {"rx_packets": 2_100_000, "rx_errors": 4, "rx_dropped": 17, "tx_fifo_errors": 1},
    )
    assert cell("rx_ok", rows) == Cell("+2.1M", "")
    assert cell("rx_err", rows) == Cell("+4▲", "alarm")
    assert cell("rx_drp", rows) == Cell("+17", "")
    assert cell("tx_ovr", rows) == Cell("+1▲", "alarm")
    assert cell("tx_err", rows) == Cell("0", "dim")


def test_hard_drops_alarm() -> None:
    rows = after({}, {"rx_dropped": 1, "rx_missed_errors": 2})
    assert cell("rx_drp", rows) == Cell("+3▲", "alarm")


def test_a_reset_is_said_once_a_direction() -> None:
    rows = after({"rx_packets": 9}, {"rx_packets": 1})
    assert cell("rx_ok", rows) == Cell("reset", "warn")
    assert cell("tx_ok", rows) == Cell("reset", "warn")
    assert cell("rx_err", rows).text == "-"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, Cell("up", "")),
        ({"flags": 0x1002, "operstate": 2}, Cell("down", "dim")),
        ({"flags": 0x1003, "operstate": 2}, Cell("no link", "warn")),
    ],
)
def test_state(row: dict[str, Any], expected: Cell) -> None:
    assert cell("state", after(row, row)) == expected


def test_a_change_of_carrier_is_marked() -> None:
    assert cell("state", after({"carrier_changes": 1}, {"carrier_changes": 3})) == Cell("up▲", "alarm")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"flags": 0x1043}, "BMRU"),
        ({"flags": 0x1043, "promiscuity": 1}, "BMRU+P"),
        ({"flags": 0x1143, "promiscuity": 1}, "BMPRU"),
        ({"flags": 0}, "none"),
        ({"flags": UNKNOWN_NUMBER}, "-"),
    ],
)
def test_flags(row: dict[str, Any], text: str) -> None:
    assert cell("flags", after(row, row)).text == text


@pytest.mark.parametrize(
    ("speed", "text"), [(-1, "-"), (10, "10M"), (1000, "1G"), (2500, "2.5G"), (400000, "400G")]
)
def test_speed(speed: int, text: str) -> None:
    assert cell("speed", after({"speed_mbps": speed}, {"speed_mbps": speed})).text == text


def test_use_of_the_speed() -> None:
    busy = after({"speed_mbps": 1000}, {"speed_mbps": 1000, "rx_bytes": 110_000_000})
    assert cell("use", busy) == Cell("88%", "warn")
    calm = after({"speed_mbps": 1000}, {"speed_mbps": 1000, "rx_bytes": 100})
    assert cell("use", calm) == Cell("0%", "dim")


def test_trend_is_against_its_own_height_but_not_of_a_few_packets() -> None:
    loud = after({}, {"rx_bytes": 10_000_000})
    assert cell("rx_trend", loud).text == "       █"
    still = after({}, {"rx_bytes": 60})
    assert cell("rx_trend", still).text == "       ▁"


def test_sorting_puts_the_unknown_last_both_ways() -> None:
    rows = after({"mtu": UNKNOWN_NUMBER}, {"mtu": UNKNOWN_NUMBER}, {"name": "lo", "index": 1, "mtu": 9})
    order = COLUMN["mtu"].order(rows)
    assert order.tolist()[1] == 9.0
    assert order[0] != order[0]
    assert COLUMN["alias"].order(rows).tolist() == [0, 0]
    assert COLUMN["kind"].order(rows).dtype.kind == "i"


def test_words_are_found_in_what_stands_still() -> None:
    rows = after({"alias": "To the Shop"}, {"alias": "To the Shop"}, {"name": "lo", "kind": "loopback"})

    def found(word: str) -> set[str]:
        return {
            column.id
            for column in INTERFACES.columns
            if column.search and column.search(rows, Word(word)).any()
        }

    assert found("shop") == {"alias"}
    assert found("loopb") == {"kind"}
    assert found("1500") == {"mtu"}
    assert found("eth0") == {"interface"}
    assert found("0") == {"interface", "mtu"}


def test_columns_that_must_fit_in_80_cells() -> None:
    needed = {"interface", "state", "rx_rate", "tx_rate", "rx_err", "rx_drp", "tx_err", "tx_drp"}
    first = sorted(Chosen().columns(INTERFACES), key=lambda column: column.priority)[: len(needed)]
    assert {column.id for column in first} == needed
    assert sum(column.width + 2 for column in first) <= 80


def test_every_column_can_be_shown_sorted_and_searched_without_rows() -> None:
    clockwork = Clockwork()
    clockwork.tick(1.0, [])
    rows = clockwork.rows()
    for column in INTERFACES.columns:
        assert len(column.order(rows)) == 0
        assert column.search is not None
        assert len(column.search(rows, Word("x"))) == 0


def fields(rows: Table, row: int = 0) -> dict[str, object]:
    return {field.name: field.value(rows, row) for field in INTERFACES.fields}


def test_fields() -> None:
    clockwork = Clockwork()
    clockwork.tick(
        1.0,
        [
            eth0(
                rx_packets=1, rx_errors=2, rx_dropped=3, rx_missed_errors=1, rx_fifo_errors=5, tx_packets=6,
                tx_errors=7, tx_dropped=8, tx_fifo_errors=9, rx_bytes=10, tx_bytes=11, speed_mbps=1000,
            )
        ],
        [{"index": 2, "address": "10.0.0.5/24"}, {"index": 2, "address": "fe80::1/64"}],
    )  # fmt: skip
    told = fields(clockwork.rows())
    assert told == {
        "interface": "eth0", "mtu": 1500, "rx_ok": 1, "rx_err": 2, "rx_drp": 4, "rx_ovr": 5, "tx_ok": 6,
        "tx_err": 7, "tx_drp": 8, "tx_ovr": 9, "rx_bytes": 10, "tx_bytes": 11, "flags": "BMRU",
        "operstate": "up", "mac": "02:00:00:00:00:01", "addresses": ["10.0.0.5/24", "fe80::1/64"],
        "speed_mbps": 1000, "netns": "own", "netns_inode": None,
    }  # fmt: skip
    assert json.loads(json.dumps(told)) == told


def test_unknown_fields_are_null() -> None:
    row = {
        "mtu": UNKNOWN_NUMBER, "rx_errors": UNKNOWN_COUNT, "flags": UNKNOWN_NUMBER, "mac": None,
        "speed_mbps": -1, "operstate": 0,
    }  # fmt: skip
    told = fields(after(row, row))
    for name in ("mtu", "rx_err", "flags", "mac", "speed_mbps"):
        assert told[name] is None
    assert told["operstate"] == "unknown"
    assert told["addresses"] == []


def test_hostile_text_does_not_reach_a_cell() -> None:
    row = {"alias": "a\x1b]0;b\x07\n", "name": "e\x9b0"}
    rows = after(row, row)
    for column in INTERFACES.columns:
        assert column.cell(rows, 0).text.isprintable()
    assert "^[" in cell("alias", rows).text


def test_why_the_table_is_empty() -> None:
    store = Store()
    assert "waiting" in INTERFACES.empty(store)
    clockwork = Clockwork()
    clockwork.tick(1.0, [eth0()])
    assert "hidden" in INTERFACES.empty(clockwork.store)
    clockwork.tick(2.0, [])
    assert INTERFACES.empty(clockwork.store) == "there is no interface"
    store.take(Frame(0, 0.0, 0.0, 1.0, notes=(Note("links", "failed", "netlink: not permitted"),)))
    assert "not permitted" in INTERFACES.empty(store)
