"""The Log tab: which sockets were opened and closed while the tool runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.engine import Snapshot
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import compile_filter
from sockscope.app.model.filters.fields import Choice, Number
from sockscope.app.model.filters.fields import Field as FilterField
from sockscope.app.model.log import Pace
from sockscope.app.model.logrows import CLOSED, LEAST, MOST, OPENED
from sockscope.app.model.socketstates import state_name, tcp_code
from sockscope.app.model.store import Store
from sockscope.app.view import filterfields, namespaces, ordering, search, socketfields, socketgroups, sockets
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, TabView, details_in
from sockscope.app.view.format import UNKNOWN, address, count, duration, most, short
from sockscope.app.view.grammar import grammar
from sockscope.app.view.plaincolumns import number_column

EVENTS = {OPENED: "opened", CLOSED: "closed"}
_SURENESS = {LEAST: "at least", MOST: "at most"}


@lru_cache(maxsize=1024)
def _clock(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _time_cell(rows: Table, row: int) -> Cell:
    return Cell(_clock(int(rows.real("at", row))), "dim")


def _event_cell(rows: Table, row: int) -> Cell:
    event = rows.integer("event", row)
    return Cell(EVENTS[event], "good" if event == OPENED else "")


def _state_cell(rows: Table, row: int) -> Cell:
    if not rows.integer("state", row):
        return Cell(UNKNOWN, "dim")
    return Cell(state_name(rows, row), sockets.TONES.get(tcp_code(rows, row), ""))


def lasted(rows: Table, row: int) -> str:
    """How long it was open: `41s`, `>4h12m` where it was there before watching began, `<1.1s` where no tick
    saw it."""
    seconds, sure = rows.real("duration", row), rows.integer("sure", row)
    if math.isnan(seconds):
        return UNKNOWN
    if sure == MOST:
        return f"<{most(seconds)}"
    return f"{'>' if sure == LEAST else ''}{duration(seconds)}"


def _duration_cell(rows: Table, row: int) -> Cell:
    text = lasted(rows, row)
    return Cell(text, "dim" if text == UNKNOWN else "")


def _amount(name: str, title: str, width: int, priority: int, filter_: str) -> Column:
    def cell(rows: Table, row: int) -> Cell:
        value = rows.integer(name, row)
        if value < 0:
            return Cell(UNKNOWN, "dim")
        return Cell(short(value), "" if value else "dim")

    return number_column(name, title, width, cell, name, priority=priority, filter=filter_)


def _rtt_cell(rows: Table, row: int) -> Cell:
    rtt = rows.integer("rtt", row)
    if rtt < 0:
        return Cell(UNKNOWN, "dim")
    return Cell(f"{rtt / 1000:.{2 if rtt < 10_000 else 1}f}")


def _retrans_cell(rows: Table, row: int) -> Cell:
    number = rows.integer("total_retrans", row)
    if number < 0:
        return Cell(UNKNOWN, "dim")
    return Cell(count(number), "warn" if number else "dim")


def standing(pace: Pace) -> tuple[Cell, ...]:
    """How many come and go lately, and what the log has not kept."""
    if math.isnan(pace.opened):
        return ()
    cells = [Cell(f"opened {_rate(pace.opened)}  closed {_rate(pace.closed)}", "dim")]
    if pace.short:
        cells.append(Cell(f"  unseen {_rate(pace.short)}", "dim"))
    if pace.dropped:
        cells.append(Cell(f"  {count(pace.dropped)} older dropped", "dim"))
    if pace.lost:
        ticks = "tick" if pace.lost == 1 else "ticks"
        cells.append(Cell(f"  ▲ events lost in {count(pace.lost)} {ticks}", "warn"))
    return tuple(cells)


def _rate(value: float) -> str:
    return f"{short(round(value, 1))}/s"


def empty(store: Store) -> str:
    """Why there is no row."""
    told = store.notes("destroyed")
    return told[0].why if told else "no socket has been opened or closed since sockscope started"


def history(rows: Table, row: int) -> str:
    """The filter for what the log has of a socket's peer, or of its port where it has no peer."""
    if not rows.integer("remote_port", row):
        return f"sport = {rows.integer('local_port', row)}"
    raw = rows.numbers("remote_address")[row].tobytes()
    return f"dst {address(rows.integer('family', row), raw)}"


def history_of(snapshot: Snapshot, key: int) -> str | None:
    """The same for the socket of that key, None while there is none such."""
    rows = snapshot.rows
    if rows is None or snapshot.request.tab == LOG.id:
        return None
    places = np.flatnonzero(rows.numbers("key") == np.uint64(key)).tolist()
    return history(rows, places[0]) if places else None


def tells(expression: str) -> bool:
    """Whether the log knows what an expression of another tab asks for."""
    try:
        compile_filter(expression, grammar(LOG))
    except FilterError:
        return False
    return True


def _unless_unknown(name: str, unit: float = 1) -> Callable[[Table, int], float | None]:
    def value(rows: Table, row: int) -> float | None:
        number = rows.integer(name, row)
        return None if number < 0 else number / unit if unit != 1 else number

    return value


def _seconds(rows: Table, row: int) -> float | None:
    seconds = rows.real("duration", row)
    return None if math.isnan(seconds) else round(seconds, 3)


def _bytes(help_: str, name: str) -> Number:
    return Number(help_, ordering.numbers(name), "bytes", -1)


_KEPT = ("state", "src", "dst", "sport", "dport", "port", "proto", "proc", "pid", "user", "ns")
_FILTERS: Mapping[str, FilterField] = {
    "event": Choice(
        "opened or closed",
        ordering.numbers("event"),
        {name: frozenset({code}) for code, name in EVENTS.items()},
    ),
    **{name: filterfields.SOCKETS[name] for name in _KEPT},
    "duration": Number("how long it was open, or at most was", ordering.numbers("duration"), "seconds"),
    "rx": _bytes("bytes received", "rx"),
    "tx": _bytes("bytes sent", "tx"),
    "retrans": Number("segments sent again", ordering.numbers("total_retrans"), "count", -1),
}
_GROUPINGS = tuple(
    replace(each, by_state=False, sums=("rx", "tx"))
    for each in socketgroups.GROUPINGS
    if each.id in ("remote", "remote-network", "target", "process", "user", "port")
)
_SHARED = (
    "proto",
    "local_address",
    "local_port",
    "remote_address",
    "remote_port",
    "uid",
    "user",
    "pid",
    "process",
)


LOG = TabView(
    id="log",
    columns=(
        Column("time", "Time", 8, _time_cell, ordering.numbers("key"), priority=1, descending=True),
        Column(
            "event",
            "Event",
            6,
            _event_cell,
            ordering.numbers("event"),
            priority=1,
            search=search.names("event", EVENTS),
            filter="event",
        ),
        replace(sockets.PROTO, priority=5),
        sockets.LOCAL,
        sockets.REMOTE,
        Column(
            "state",
            "State",
            11,
            _state_cell,
            ordering.numbers("state"),
            priority=7,
            search=sockets.STATE.search,
            filter="state",
        ),
        number_column("duration", "Open for", 8, _duration_cell, "duration", priority=2, filter="duration"),
        _amount("rx", "RX bytes", 8, 4, "rx"),
        _amount("tx", "TX bytes", 8, 4, "tx"),
        number_column("rtt", "RTT ms", 7, _rtt_cell, "rtt", priority=6),
        number_column("retrans", "Retrans", 7, _retrans_cell, "total_retrans", priority=6, filter="retrans"),
        replace(sockets.OWNER, priority=3),
        namespaces.NAMESPACE,
    ),
    fields=(
        Field("time", lambda rows, row: round(rows.real("at", row), 3)),
        Field("event", lambda rows, row: EVENTS[rows.integer("event", row)]),
        Field(
            "state", lambda rows, row: state_name(rows, row) or None if rows.integer("state", row) else None
        ),
        *(field for field in socketfields.FIELDS if field.name in _SHARED),
        Field("duration_seconds", _seconds),
        Field("duration_is", lambda rows, row: _SURENESS.get(rows.integer("sure", row), "about")),
        Field("rx_bytes", _unless_unknown("rx")),
        Field("tx_bytes", _unless_unknown("tx")),
        Field("rtt_ms", _unless_unknown("rtt", 1000)),
        Field("min_rtt_ms", _unless_unknown("min_rtt", 1000)),
        Field("retransmits", _unless_unknown("total_retrans")),
        Field("cookie", lambda rows, row: int(rows.numbers("cookie")[row])),
        *namespaces.FIELDS,
    ),
    filters=_FILTERS,
    groupings=_GROUPINGS,
    sort=("time", True),
    details=details_in("logdetails"),
    empty=empty,
    noun="events",
)
