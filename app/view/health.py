"""How a TCP connection fares: columns that show when asked for, and fields."""

from __future__ import annotations

import math
from collections.abc import Callable

from sockscope.app.frames.table import Table
from sockscope.app.model.health import BUFFER, CONGESTION_STATES, LIMITS, NEEDS, NOT_SENDING, PEER
from sockscope.app.view import ordering, search
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, known
from sockscope.app.view.format import UNKNOWN, count, duration, short
from sockscope.app.view.plaincolumns import number_column, real_cell, text_column

LOSSY = 0.01
"""Share of retransmitted bytes from which a connection counts as losing much."""

_UNKNOWN = Cell(UNKNOWN, "dim")
_RECOVERY = 3


def milliseconds(seconds: float) -> str:
    """A time in at most six cells: `0.031`, `4.20`, `184`, NaN as `-`; in milliseconds."""
    if math.isnan(seconds):
        return UNKNOWN
    value = seconds * 1000
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def share(value: float) -> str:
    """A part of a whole: `0`, `0.02%`, `3.1%`, NaN as `-`; what is there never reads as nothing."""
    if math.isnan(value):
        return UNKNOWN
    if value == 0:
        return "0"
    if value < 0.01:
        return f"{max(value, 0.0001):.2%}"
    return f"{value:.1%}" if value < 0.0995 else f"{value:.0%}"


def _column(
    name: str, title: str, width: int, words: Callable[[float], str], priority: int, *, asked: str = ""
) -> Column:
    return number_column(
        name,
        title,
        width,
        real_cell(name, words),
        name,
        priority=priority,
        filter=asked,
        optional=True,
        needs=NEEDS,
    )


def _retransmitted_cell(rows: Table, row: int) -> Cell:
    value = rows.real("retransmitted", row)
    return Cell(share(value), "warn" if value >= LOSSY else "" if value > 0 else "dim")


def _limit_cell(rows: Table, row: int) -> Cell:
    limit = rows.text("limit", row)
    if limit is None:
        return _UNKNOWN
    held = limit in (LIMITS[PEER], LIMITS[BUFFER])
    return Cell(limit, "warn" if held else "dim" if limit == LIMITS[NOT_SENDING] else "")


def _congestion_cell(rows: Table, row: int) -> Cell:
    words = congestion(rows, row)
    return _UNKNOWN if words is None else Cell(words, "warn" if recovers(rows, row) else "")


def congestion(rows: Table, row: int) -> str | None:
    """The algorithm, and its state where that is not the usual one: `cubic`, `bbr loss`."""
    algorithm, state = rows.text("congestion", row), rows.integer("ca_state", row)
    words = [algorithm] if algorithm else []
    if state > 0:
        words.append(congestion_state(state))
    return " ".join(words) or None


def congestion_state(state: int) -> str:
    """The state in words, its number where it has none."""
    return CONGESTION_STATES[state] if state < len(CONGESTION_STATES) else str(state)


def recovers(rows: Table, row: int) -> bool:
    """Whether the connection makes up for losses."""
    return rows.integer("ca_state", row) >= _RECOVERY


def _drops_told(written: Callable[[int], str]) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        drops = rows.integer("drops", row)
        return _UNKNOWN if drops < 0 else Cell(written(drops), "warn" if drops else "dim")

    return cell


RX = _column("rx_rate", "RX B/s", 7, short, 3, asked="rxrate")
TX = _column("tx_rate", "TX B/s", 7, short, 3, asked="txrate")
RATE = _column("rate", "B/s", 6, short, 3, asked="rate")
RTT = _column("rtt", "RTT ms", 7, milliseconds, 4, asked="rtt")
MIN_RTT = _column("min_rtt", "min ms", 7, milliseconds, 7, asked="minrtt")
RETRANS = number_column(
    "retrans",
    "Retrans",
    7,
    _retransmitted_cell,
    "retransmitted",
    priority=4,
    filter="retrans",
    optional=True,
    needs=NEEDS,
)
CWND = _column("cwnd", "cwnd", 5, short, 7, asked="cwnd")
DELIVERY = _column("delivery_rate", "Path B/s", 8, short, 7, asked="delivery")
UNSENT = _column("unsent", "Unsent", 6, short, 6, asked="unsent")
LIMIT = Column(
    "limit",
    "Limited by",
    13,
    _limit_cell,
    ordering.texts("limit"),
    priority=4,
    search=search.nowhere,
    filter="limit",
    optional=True,
    needs=NEEDS,
)
CONGESTION = text_column(
    "congestion",
    "Congestion",
    14,
    _congestion_cell,
    "congestion",
    priority=7,
    filter="congestion",
    optional=True,
    needs=NEEDS,
)
IDLE = _column("idle", "Idle", 6, duration, 6, asked="idle")
DROPS = number_column(
    "drops",
    "Drops",
    6,
    _drops_told(count),
    "drops",
    priority=6,
    filter="drops",
    optional=True,
    brief=_drops_told(short),
)

COLUMNS = (RATE, RX, TX, RTT, MIN_RTT, RETRANS, CWND, DELIVERY, UNSENT, LIMIT, CONGESTION, IDLE, DROPS)
LINE = (RATE.id, RX.id, TX.id)
"""The columns that tell who uses the line; the first is the sum of the others."""


def _real(name: str, scale: float = 1.0) -> Callable[[Table, int], float | None]:
    def value(rows: Table, row: int) -> float | None:
        found = rows.real(name, row)
        return None if math.isnan(found) else round(found * scale, 6)

    return value


def _whole(name: str) -> Callable[[Table, int], int | None]:
    def value(rows: Table, row: int) -> int | None:
        found = rows.real(name, row)
        return None if math.isnan(found) else round(found)

    return value


def _congestion_state(rows: Table, row: int) -> str | None:
    state = rows.integer("ca_state", row)
    return None if state < 0 else congestion_state(state)


FIELDS = (
    Field("rx_bytes_per_second", _whole("rx_rate")),
    Field("tx_bytes_per_second", _whole("tx_rate")),
    Field("rtt_ms", _real("rtt", 1000)),
    Field("min_rtt_ms", _real("min_rtt", 1000)),
    Field("retransmitted_share", _real("retransmitted")),
    Field("cwnd", _whole("cwnd")),
    Field("delivery_rate", _whole("delivery_rate")),
    Field("unsent", _whole("unsent")),
    Field("limit", lambda rows, row: rows.text("limit", row)),
    Field("congestion", lambda rows, row: rows.text("congestion", row)),
    Field("congestion_state", _congestion_state),
    Field("idle_seconds", _real("idle")),
    Field("drops", known("drops")),
)
"""Names in JSON and CSV, printed when asked for; rates and `limit` need a sample before."""
