"""How the log reads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sockscope.app.frames.table import Table
from sockscope.app.model.log import Pace
from sockscope.app.model.logrows import LEAST, MOST
from sockscope.app.model.store import Store
from sockscope.app.view.log import LOG, history, lasted, standing
from tests.fake import sockets
from tests.model.test_log import LISTENER, OWNERS, Ticks, destroyed

END = {
    "cookie": 5,
    "bytes_sent": 71_700,
    "bytes_received": 8,
    "rtt": 1500,
    "min_rtt": 900,
    "total_retrans": 3,
}


def both() -> tuple[Ticks, Table]:
    """A connection that was opened and closed, and one that no tick saw."""
    ticks = Ticks()
    ticks.tick(sockets(LISTENER), OWNERS)
    ticks.tick(sockets(LISTENER, {"cookie": 5, "inode": 70}), OWNERS)
    ticks.tick(sockets(LISTENER, {"cookie": 5, "inode": 70}), OWNERS)
    return ticks, ticks.tick(sockets(LISTENER), OWNERS, destroyed(0, END, {"cookie": 6}))


def cells(rows: Table, row: int) -> dict[str, str]:
    return {column.id: column.cell(rows, row).text for column in LOG.columns}


def test_a_closed_connection_in_a_line() -> None:
    _, rows = both()
    shown = cells(rows, 1)
    assert shown["event"] == "closed"
    assert (shown["duration"], shown["rx"], shown["tx"]) == ("2s", "8", "71.7k")
    assert (shown["rtt"], shown["retrans"]) == ("1.50", "3")
    assert (shown["state"], shown["owner"]) == ("ESTABLISHED", "orders 1054")


def test_what_is_not_known_is_a_dash() -> None:
    _, rows = both()
    opened = cells(rows, 0)
    assert {opened[name] for name in ("duration", "rx", "tx", "rtt", "retrans")} == {"-"}
    unseen = cells(rows, 2)
    assert (unseen["state"], unseen["rtt"]) == ("-", "-")
    assert unseen["owner"] == "nginx ↑ 1053"


@pytest.mark.parametrize(
    ("seconds", "sure", "text"),
    [
        (1.003, MOST, "<1.1s"),
        (0.0, MOST, "<0.0s"),
        (75.2, MOST, "<1m16s"),
        (41.9, LEAST, ">41s"),
        (np.nan, MOST, "-"),
    ],
)
def test_how_sure_a_duration_is(seconds: float, sure: int, text: str) -> None:
    rows = Table({"duration": np.array([seconds]), "sure": np.array([sure], np.uint8)})
    assert lasted(rows, 0) == text


def test_details_say_how_it_is_known() -> None:
    ticks, rows = both()
    told = [
        "\n".join(
            f"{fact.label} {fact.value}"
            for section in LOG.details(ticks.store, rows, row)
            for fact in section.facts
        )
        for row in range(3)
    ]
    assert "a tick saw it that was not there in the one before" in told[0]
    assert "the kernel told that it destroyed the socket" in told[1]
    assert "sent 71,700 bytes (70.0 KiB)" in told[1]
    assert "RTT 1.50 ms, least 0.90 ms" in told[1]
    assert "this socket opened" in told[1]
    assert "at most 1.0s: it came and went between two looks" in told[2]
    assert "the listener's: nobody saw who took the connection" in told[2]


def test_every_field_is_json_and_unknown_is_null() -> None:
    _, rows = both()
    records = [
        json.loads(json.dumps({field.name: field.value(rows, row) for field in LOG.fields}))
        for row in range(3)
    ]
    assert records[0]["rx_bytes"] is None
    assert records[0]["duration_seconds"] is None
    assert (records[1]["tx_bytes"], records[1]["rtt_ms"], records[1]["duration_is"]) == (71_700, 1.5, "about")
    assert (records[2]["state"], records[2]["duration_is"]) == (None, "at most")


def test_the_line_below_tells_rates_and_what_is_missing() -> None:
    text = "".join(cell.text for cell in standing(Pace(12.34, 10.0, 9.0, 4211, 1)))
    assert text == "opened 12/s  closed 10/s  unseen 9/s  4,211 older dropped  ▲ events lost in 1 tick"
    assert standing(Pace()) == ()


def test_the_way_from_a_row_to_its_history() -> None:
    rows = sockets(
        {"remote_address": "198.51.100.8"},
        {"remote_address": "fd00::7", "local_address": "fd00::1"},
        LISTENER,
    )
    assert [history(rows, row) for row in range(3)] == ["dst 198.51.100.8", "dst fd00::7", "sport = 443"]


def test_an_empty_log_says_so() -> None:
    assert LOG.empty(Store()) == "no socket has been opened or closed since sockscope started"
