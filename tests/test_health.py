"""How connections fare, through the whole dashboard and printed once, from made-up frames."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pytest

from sockscope.app.frames.frame import Frame
from sockscope.app.once import Printer
from sockscope.app.options import apply, parse
from sockscope.app.settings import HEALTH_COLUMNS, Settings
from sockscope.app.view import health
from sockscope.app.view.connections import CONNECTIONS
from tests.fake import frame, sockets
from tests.model.test_health import told
from tests.test_dashboard import Stage, stage

ROWS = sockets(*({"remote_port": 50000 + place} for place in (1, 2, 3)), {"state": 10, "remote_port": 0})
SLOW = {"bytes_received": 10_000, "rtt": 31_000, "min_rtt": 4_000, "max_pacing_rate": -1}
FAST = {"bytes_acked": 5_000_000, "busy_time": 999_000, "rwnd_limited": 900_000, "bytes_sent": 5_000_000}


def fares(number: int, *, grown: int) -> Frame:
    """Frame `number`, in which connection 2 has sent `grown` times as much as in the first."""
    rows: list[Mapping[str, int]] = [
        {name: value * grown if name.startswith("bytes") else value for name, value in SLOW.items()},
        {name: value * grown for name, value in FAST.items()},
        {},
    ]
    return frame(number, ROWS, {"tcp_info": told(1000.0 + number, *rows)})


def asked(on: Stage) -> bool:
    return "tcp_info" in on.source.orders[-1].wanted


async def test_one_key_tells_who_uses_the_line_and_asks_for_what_that_needs() -> None:
    async with stage() as on:
        assert not asked(on)
        await on.press("B")
        assert asked(on)
        on.source.push(fares(1, grown=1))
        await on.until(lambda: any(":50002" in line for line in on.lines()))
        on.source.push(fares(2, grown=2))
        await on.until(lambda: on.lines()[0].split()[-3:] == ["5.0M", "0", "5.0M"])
        assert "50002" in on.lines()[0]
        assert "50001" in on.lines()[1]
        assert on.lines()[1].split()[-3:] == ["10.0k", "10.0k", "0"]
        await on.press("B")
        assert not asked(on)
        assert on.app._session.choices.query.sort == CONNECTIONS.sort[0]
        await on.until(lambda: "LISTEN" in on.lines()[0])
        assert "5.0M" not in "".join(on.lines())


async def test_details_read_it_where_it_is_collected_of_all() -> None:
    async with stage(width=120, height=70, first=fares(1, grown=1)) as on:
        await on.press("B")
        await on.until(lambda: len(on.lines()) == 4)
        on.source.push(fares(2, grown=2))
        await on.until(lambda: ":50002" in on.lines()[0])
        await on.press("home", "enter")
        for number in (3, 4):
            on.source.push(fares(number, grown=number))
        await on.until(lambda: "sending      4.8 MiB/s  40.0M bit/s" in on.details())
        assert "limited by   the peer's window" in on.details()
        assert "round trip   not measured yet" in on.details()
        await on.press("escape")
        assert asked(on)


def printed(arguments: str, *frames: Frame) -> str:
    out = io.StringIO()
    printer = Printer(apply(parse(arguments.split()), Settings()), out)
    for each in frames:
        assert printer.print(each)
    return out.getvalue()


def test_json_has_it_only_when_asked_and_rates_from_the_second_sample_on() -> None:
    assert "rtt_ms" not in printed("-tan --json", fares(0, grown=1))
    text = printed("-tan --json --info", fares(0, grown=1), fares(1, grown=2))
    first, second = [json.loads(line) for line in text.splitlines()][::4][:2]
    assert (first["rtt_ms"], first["min_rtt_ms"], first["rx_bytes_per_second"]) == (31, 4, None)
    assert second["rx_bytes_per_second"] == 10_000
    listener = json.loads(text.splitlines()[3])
    assert {listener[field.name] for field in health.FIELDS} == {None}


def test_text_has_a_line_below_each_connection() -> None:
    lines = printed("-tan --info", fares(0, grown=1), fares(1, grown=2)).splitlines()
    assert len(lines) == 2 * (2 + 4 + 3)
    fast = next(place for place, line in enumerate(lines[9:], 9) if ":50002" in line)
    assert "tx_bytes_per_second:5000000" in lines[fast + 1]
    assert "limit:peer's-window" in lines[fast + 1]


def test_the_settings_know_the_columns() -> None:
    assert tuple(column.id for column in health.COLUMNS) == HEALTH_COLUMNS
    assert all(column.optional for column in health.COLUMNS)
    assert set(health.LINE) < {column.id for column in CONNECTIONS.columns}


@pytest.mark.parametrize(
    ("seconds", "words"), [(float("nan"), "-"), (0.000031, "0.031"), (0.0042, "4.20"), (0.184, "184")]
)
def test_times_read_in_milliseconds(seconds: float, words: str) -> None:
    assert health.milliseconds(seconds) == words


@pytest.mark.parametrize(
    ("part", "words"),
    [(float("nan"), "-"), (0, "0"), (1e-9, "0.01%"), (0.002, "0.20%"), (0.031, "3.1%"), (0.25, "25%")],
)
def test_a_small_share_never_reads_as_nothing(part: float, words: str) -> None:
    assert health.share(part) == words
