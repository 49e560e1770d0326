"""Rows of the log of opened and closed sockets, made of what was polled and of the kernel's destroy events.

Columns: `key` u8, counting up; `at` f8 (seconds since the epoch) and `when` f8 (CLOCK_MONOTONIC) of the tick
that found out; `event` u1 (OPENED, CLOSED) and `told` u1 (POLLED, BY_KERNEL); family, protocol, addresses,
ports, state (0 unknown; the last one polled of what was closed), cookie (the socket's key) as in
model/sockets.py, and its owner, `inherited`, uid and user; `namespace` (text), its name as it was then, and
`netns` where there are several; `duration` f8 in seconds (NaN unknown) with
`sure` u1 (ABOUT, LEAST, MOST); rx, tx (bytes of data; rx with the peer's FIN as one), rtt, min_rtt (us),
segs_in, segs_out, total_retrans (segments), bytes_retrans, all i8, -1 unknown.
"""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Column, Numbers, Strings, Table, concatenate
from sockscope.app.model.listeners import listener_of, listening
from sockscope.app.model.namespaces import carried
from sockscope.app.model.ownership import FROM_LISTENER, NOBODY, NOT_LOOKED
from sockscope.app.model.sockets import NO_UID

OPENED, CLOSED = 0, 1
POLLED, BY_KERNEL = 0, 1
ABOUT, LEAST, MOST = 0, 1, 2
"""How sure a duration is: within an interval at either end; at least, for it began before watching did; at
most, for no tick saw it."""

ENDS = ("local_address", "remote_address", "local_port", "remote_port")
OWNER = ("pid", "holders", "why", "inherited", "uid", "name", "user")
AMOUNTS = ("rx", "tx", "rtt", "min_rtt", "segs_in", "segs_out", "total_retrans", "bytes_retrans")
_SOCKET = ("family", "protocol", "state", *ENDS, *OWNER, "namespace")
READ = (*_SOCKET, "key", "timer", "inode")
"""Columns of sockets that are read here and in lives.py."""
_SLACK = 0.5
"""Seconds by which the kernel's and our clocks may differ."""


def polled(rows: Table, event: int) -> Table:
    """What polling alone tells of sockets that were opened, or that are gone without a destroy event."""
    columns: dict[str, Column] = {name: rows.columns[name] for name in _SOCKET}
    columns |= carried(rows)
    unknown = np.full(len(rows), -1, dtype=np.int64)
    columns |= dict.fromkeys(AMOUNTS, unknown)
    duration = np.full(len(rows), np.nan)
    sure = np.full(len(rows), ABOUT, np.uint8)
    if event == CLOSED:
        duration = rows.numbers("missed") - rows.numbers("since")
        sure = np.where(rows.numbers("older"), LEAST, ABOUT).astype(np.uint8)
    return Table(
        {
            **columns,
            "cookie": rows.numbers("key"),
            "event": np.full(len(rows), event, np.uint8),
            "told": np.full(len(rows), POLLED, np.uint8),
            "duration": duration,
            "sure": sure,
        }
    )


def destroyed(events: Table, seen: Table | None, sockets: Table | None, floor: float) -> Table:
    """What destroy events tell, which have a column `namespace` by now. `seen` has a row for each event with
    what was polled of the socket (`since` NaN where it never was); `sockets` the last poll, for its
    listeners; `floor` is when those that were not seen were not there yet (CLOCK_MONOTONIC, -inf: not known).
    """
    known = np.zeros(len(events), np.bool_) if seen is None else ~np.isnan(seen.numbers("since"))
    told = ("family", "protocol", *ENDS, "namespace")
    columns: dict[str, Column] = {name: events.columns[name] for name in told}
    columns |= carried(events)
    columns |= {
        "state": np.zeros(len(events), np.uint8),
        "pid": np.full(len(events), -1, np.int64),
        "holders": np.zeros(len(events), np.uint32),
        "why": np.full(len(events), NOBODY, np.uint8),
        "inherited": np.zeros(len(events), np.uint8),
        "uid": np.full(len(events), NO_UID, np.uint32),
        "name": Strings(np.full(len(events), -1, np.int32), ()),
        "user": Strings(np.full(len(events), -1, np.int32), ()),
    }
    made = Table(columns)
    if seen is not None and known.any():
        places = np.flatnonzero(known)
        made = _over(made, seen, places, places, ("state", *OWNER))
        forgotten = np.flatnonzero(known & (events.numbers("remote_port") == 0))
        made = _over(made, seen, forgotten, forgotten, ENDS)
    made = _owned_by_listeners(made, sockets, np.flatnonzero(~known))
    sent, again = events.numbers("bytes_sent"), events.numbers("bytes_retrans")
    duration, sure = _durations(events, seen, known, floor)
    return made.with_columns(
        cookie=events.numbers("cookie"),
        event=np.full(len(events), CLOSED, np.uint8),
        told=np.full(len(events), BY_KERNEL, np.uint8),
        duration=duration,
        sure=sure,
        rx=events.numbers("bytes_received"),
        tx=np.where(sent < 0, events.numbers("bytes_acked"), sent - np.maximum(again, 0)),
        rtt=np.where(events.numbers("rtt") == 0, -1, events.numbers("rtt")),
        **{name: events.numbers(name) for name in AMOUNTS[3:]},
    )


def _durations(
    events: Table, seen: Table | None, known: NDArray[np.bool_], floor: float
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Since it was first seen; of what was not, at most since nobody saw it, unless the kernel says that its
    last data came before that."""
    since = np.full(len(events), floor if floor > -np.inf else np.nan)
    sure = np.full(len(events), MOST, np.uint8)
    quiet = events.numbers("last_data_recv") / 1000
    since[events.taken - since + _SLACK < quiet] = np.nan
    if seen is not None:
        first, older = seen.numbers("since"), seen.numbers("older")
        dated = known & (
            older | (first <= floor)
        )  # what came in this very tick is dated no better than others
        since[dated] = first[dated]
        sure[dated] = np.where(older, LEAST, ABOUT)[dated]
    return np.maximum(events.taken - since, 0.0), sure


def _owned_by_listeners(made: Table, sockets: Table | None, rows: NDArray[np.intp]) -> Table:
    """A connection that no tick saw came in through the listener with its local address and port."""
    if sockets is None or not len(rows):
        return made
    tcp = rows[made.numbers("protocol")[rows] == socket.IPPROTO_TCP]
    names = ("family", "protocol", "state", "local_address", "local_port")
    listeners = sockets.take(listening(sockets))
    both = concatenate(
        [Table({name: each.numbers(name) for name in names} | carried(each)) for each in (listeners, made)]
    )
    listener = listener_of(both, len(listeners) + tcp)
    found = listener >= 0
    made = _over(made, listeners, tcp[found], listener[found], OWNER)
    inherited = made.numbers("inherited").copy()
    inherited[tcp[found]] = FROM_LISTENER
    return made.with_columns(inherited=inherited)


def _over(
    made: Table,
    source: Table,
    rows: NDArray[np.intp],
    places: NDArray[np.intp],
    names: tuple[str, ...],
) -> Table:
    """`made` with columns of `rows` replaced by those of `places` in `source`."""
    columns: dict[str, Column] = {}
    index = np.arange(len(made))
    index[rows] = len(made) + np.arange(len(rows))
    for name in names:
        column, new = made.columns[name], source.columns[name]
        if isinstance(column, Strings):
            parts = [Table({name: column}), Table({name: new}).take(places)]
            columns[name] = concatenate(parts).strings(name).take(index)
        else:
            values: Numbers = column.copy()
            values[rows] = source.numbers(name)[places]
            columns[name] = values
    return made.with_columns(**columns)


def completed(log: Table, events: Table) -> tuple[Table, NDArray[np.bool_]]:
    """Destroy events that come after polling had told that the socket is gone, because a process still held
    what was left of it: the log with their amounts, and which of the events these are."""
    waiting = np.flatnonzero((log.numbers("event") == CLOSED) & (log.numbers("told") == POLLED))
    found = find(events.numbers("cookie"), log.numbers("cookie")[waiting])
    late = found >= 0
    if not late.any():
        return log, late
    final = destroyed(events.take(late), None, None, -np.inf)
    return _over(log, final, waiting[found[late]], np.arange(len(final)), (*AMOUNTS, "told")), late


def with_owners(log: Table, sockets: Table) -> Table:
    """The log with the owners of sockets that had not yet been looked for when they were opened."""
    waiting = np.flatnonzero(log.numbers("why") == NOT_LOOKED)
    if not len(waiting):
        return log
    found = find(log.numbers("cookie")[waiting], sockets.numbers("key"))
    there = found >= 0
    rows, places = waiting[there], found[there]
    looked = sockets.numbers("why")[places] != NOT_LOOKED
    if looked.any():
        log = _over(log, sockets, rows[looked], places[looked], OWNER)
    if not there.all():
        why = log.numbers("why").copy()
        why[waiting[~there]] = NOBODY
        log = log.with_columns(why=why)
    return log
