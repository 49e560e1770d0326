"""How a TCP connection fares, in words, for its details."""

from __future__ import annotations

import math

from sockscope.app.frames.table import Table
from sockscope.app.model.health import BUFFER, LIMITS, NETWORK, NOT_SENDING, PEER
from sockscope.app.model.store import Store
from sockscope.app.view.columns import Fact
from sockscope.app.view.format import duration, octets, short, sparkline
from sockscope.app.view.health import LOSSY, congestion_state, milliseconds, recovers, share

SPARK = 32
"""Cells of a sparkline in the details."""
QUIET = 1024.0
"""Bytes/s that fill the height of a sparkline at least."""

_LIMIT_WORDS = {
    LIMITS[NOT_SENDING]: "nothing: no data was sent",
    LIMITS[1]: "the application: mostly it had nothing to send",
    LIMITS[NETWORK]: "the network: the congestion window, or the path is this fast",
    LIMITS[3]: "its own pacing limit (SO_MAX_PACING_RATE)",
    LIMITS[PEER]: "the peer's window: it reads too slowly, or its buffer is small",
    LIMITS[BUFFER]: "our send buffer is too small for this path",
}


def facts(store: Store, rows: Table, row: int) -> list[Fact]:
    """How the connection fares; none where the kernel does not tell, as of listeners."""
    if "rtt" not in rows or rows.text("congestion", row) is None:
        return []
    key = rows.integer("key", row)
    rx, tx = rows.real("rx_rate", row), rows.real("tx_rate", row)
    told = [
        Fact("receiving", _rate(rx)),
        *_trend("", store.trace.of(key, "rx_rate"), QUIET),
        Fact("sending", _rate(tx)),
        *_trend("", store.trace.of(key, "tx_rate"), QUIET),
    ]
    limit = rows.text("limit", row)
    if limit is not None:
        held = limit in (LIMITS[PEER], LIMITS[BUFFER])
        told.append(Fact("limited by", _LIMIT_WORDS[limit], "warn" if held else ""))
    told.append(Fact("round trip", _round_trip(rows, row)))
    told += _trend("", store.trace.of(key, "rtt"), 0.0)
    lost = rows.real("retransmitted", row)
    if not math.isnan(lost):
        part = share(lost) if lost else "none"
        told.append(Fact("resent", f"{part} of the bytes sent", "warn" if lost >= LOSSY else ""))
    return [*told, *_window(rows, row)]


def _window(rows: Table, row: int) -> list[Fact]:
    state, delivery = rows.integer("ca_state", row), rows.real("delivery_rate", row)
    words = f"{rows.text('congestion', row)}, {congestion_state(state) if state >= 0 else 'state not told'}"
    told = [
        Fact("congestion", words, "warn" if recovers(rows, row) else ""),
        Fact("window", f"{short(rows.real('cwnd', row))} segments"),
    ]
    if not math.isnan(delivery):
        told.append(Fact("delivery", f"{octets(delivery)}/s, when last measured"))
    unsent, idle = rows.real("unsent", row), rows.real("idle", row)
    if not math.isnan(unsent):
        told.append(Fact("unsent", f"{octets(unsent)} written and not sent yet"))
    if not math.isnan(idle):
        told.append(Fact("idle", f"{duration(idle)} since data last came or went"))
    return told


def _rate(value: float) -> str:
    return (
        "not known before the next look"
        if math.isnan(value)
        else f"{octets(value)}/s  {short(value * 8)} bit/s"
    )


def _round_trip(rows: Table, row: int) -> str:
    now, least = rows.real("rtt", row), rows.real("min_rtt", row)
    if math.isnan(now):
        return "not measured yet"
    return f"{milliseconds(now)} ms" + ("" if math.isnan(least) else f", at best {milliseconds(least)} ms")


def _trend(label: str, samples: list[float], least: float) -> list[Fact]:
    """A sparkline from zero to the highest sample, and what that is; none while nothing is known."""
    known = [value for value in samples if not math.isnan(value)]
    if len(known) < 2 or not max(known):
        return []
    return [Fact(label, sparkline(samples, SPARK, high=max(*known, least)).lstrip(), "dim")]
