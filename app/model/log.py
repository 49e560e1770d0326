"""Rows of the Log tab: sockets that were opened and closed while the tool runs."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table, concatenate
from sockscope.app.model import logrows, namespaces, sockets
from sockscope.app.model.lives import Lives, Polled
from sockscope.app.model.logrows import CLOSED, OPENED
from sockscope.app.model.sockets import Sockets, left_out
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.record import dataclass

CAPACITY = 10_000
"""Rows that are kept, the newest."""
WINDOW = 10.0
"""Seconds over which rates are taken."""
MISSED_TICKS = 3.0
"""Intervals without a look at the sockets after which new ones were not seen to open."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Events a second lately, NaN while too little is known; how many rows were dropped for want of room, and
    in how many ticks the kernel's events were lost."""

    opened: float = np.nan
    closed: float = np.nan
    short: float = np.nan
    """Closed without any tick having seen them."""
    dropped: int = 0
    lost: int = 0


class _Tick(NamedTuple):
    at: float
    opened: int
    closed: int
    short: int


@dataclass(frozen=True, eq=False, slots=True)
class _Moment:
    """The log as it was at a frame."""

    log: Table | None
    pace: Pace


class LogModel:
    """One row an event, oldest first; the columns are in model/logrows.py.

    Closes come from the kernel's destroy events whatever tab is shown; what is opened, owners and durations
    come from polling, which only goes on while a tab of sockets is shown. What the log was at a frame is kept
    as long as the frame is, so a paused screen stands still.
    """

    needs = (*sockets.NEEDS, "destroyed")

    def __init__(self, shared: Sockets, capacity: int | None = None) -> None:
        self._sockets = shared
        self._capacity = CAPACITY if capacity is None else capacity
        self._lives = Lives()
        self._log: Table | None = None
        self._total = 0
        self._lost = 0
        self._event = -1
        self._events: Table | None = None
        self._polled: Table | None = None
        self._ticks: deque[_Tick] = deque()
        self._moments: WeakKeyDictionary[Frame, _Moment] = WeakKeyDictionary()

    def advance(self, store: Store) -> None:
        """Note what was opened and closed, shown or not."""
        floor = self._lives.polled
        polled = self._poll(store)
        events = self._new_events(store)
        found: list[Table] = []
        room, number, short = self._capacity, 0, 0
        if events is not None:
            if self._log is not None:
                self._log, late = logrows.completed(self._log, events)
                events = events.take(~late)
            ended = self._lives.end(events.numbers("cookie"), room)
            told = _newest(events, room)
            found.append(logrows.destroyed(told, ended.rows, self._lives.rows, floor))
            room, number, short = room - len(told), len(events), int(ended.unseen.sum())
        if polled is not None:
            for rows, event in ((polled.vanished, CLOSED), (polled.opened, OPENED)):
                told = _newest(rows, room)
                if len(told):
                    found.append(logrows.polled(told, event))
                room, number = room - len(told), number + len(rows)
        self._append([rows for rows in reversed(found) if len(rows)], number, store.frame)
        opened = 0 if polled is None else len(polled.opened)
        self._look_back(store.frame.monotonic, opened, number - opened, short)
        now = self._polled_rows(store)
        if self._log is not None and now is not None:
            self._log = logrows.with_owners(self._log, now)
        self._moments[store.frame] = _Moment(self._log, self._pace(store.frame.monotonic))

    def rows(self, store: Store, options: Options) -> Table | None:  # noqa: ARG002
        """All events that are kept, as they were at the store's frame."""
        moment = self._moments.get(store.frame)
        return None if moment is None else moment.log

    def pace(self, store: Store) -> Pace:
        """How many are opened and closed lately."""
        moment = self._moments.get(store.frame)
        return Pace() if moment is None else moment.pace

    def count(self, store: Store) -> int | None:
        """The events that are kept."""
        rows = self.rows(store, Options())
        return 0 if rows is None else len(rows)

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """That connections come and go is as it should be."""
        return 0

    def _polled_rows(self, store: Store) -> Table | None:
        """All sockets, where the newest frame has them and none is left out."""
        if store.now("sockets") is None or left_out(store) > 0:
            return None
        return self._sockets.rows(store)

    def _poll(self, store: Store) -> Polled | None:
        """What a new look at the sockets tells; None where there is none."""
        rows = self._polled_rows(store)
        if rows is None:
            return None
        needed = rows.only((*logrows.READ, *namespaces.carried(rows)))
        table = store.now("sockets")
        if table is self._polled:
            self._lives.refresh(needed)
            return None
        self._polled = table
        return self._lives.poll(needed, rows.taken, MISSED_TICKS * store.frame.every)

    def _new_events(self, store: Store) -> Table | None:
        """Events that were not yet taken, of sockets that ever had a port."""
        events = store.now("destroyed")
        if events is None or events is self._events:
            return None
        self._events = events
        self._lost += bool(store.notes("destroyed"))
        if not len(events):
            return None
        numbers = events.numbers("number")
        if int(numbers[-1]) < self._event:
            self._event = -1  # the sampler was started anew
        new = numbers > self._event
        self._event = int(numbers[-1])
        events = events.take(new & (events.numbers("local_port") > 0))
        return events.with_columns(namespace=namespaces.named(events, store))

    def _append(self, found: list[Table], number: int, frame: Frame) -> None:
        """Add rows, the newest of `number` events."""
        self._total += number
        if not found:
            return
        added = concatenate([_in_order(rows) for rows in found])
        wall = frame.wall - frame.monotonic
        when = np.full(len(added), max(frame.monotonic, self._lives.polled))
        added = added.with_columns(
            key=np.arange(self._total + 1 - len(added), self._total + 1, dtype=np.uint64),
            at=when + wall,
            when=when,
            carrier=np.zeros(len(added), np.bool_),
        )
        room = self._capacity - len(added)
        kept = [] if self._log is None or not room else [_newest(self._log, room)]
        log = concatenate([*kept, added])
        self._log = log.with_columns(**{name: _needed(log.strings(name)) for name in _TEXTS})

    def _look_back(self, now: float, opened: int, closed: int, short: int) -> None:
        self._ticks.append(_Tick(now, opened + short, closed, short))
        while self._ticks[0].at < now - WINDOW and len(self._ticks) > 2:
            self._ticks.popleft()

    def _pace(self, now: float) -> Pace:
        dropped = self._total - (0 if self._log is None else len(self._log))
        seconds = now - self._ticks[0].at
        if seconds <= 0:
            return Pace(dropped=dropped, lost=self._lost)
        later = list(self._ticks)[1:]  # the first one's events are from before the stretch of time
        return Pace(
            sum(tick.opened for tick in later) / seconds,
            sum(tick.closed for tick in later) / seconds,
            sum(tick.short for tick in later) / seconds,
            dropped,
            self._lost,
        )


_TEXTS = ("name", "user", "namespace")
_NAMES = (
    "event",
    "told",
    "family",
    "protocol",
    "state",
    "cookie",
    "duration",
    "sure",
    "namespace",
    *logrows.ENDS,
    *logrows.OWNER,
    *logrows.AMOUNTS,
)


def _in_order(rows: Table) -> Table:
    return Table({name: rows.columns[name] for name in _NAMES} | namespaces.carried(rows))


def _newest(rows: Table, most: int) -> Table:
    return rows if len(rows) <= most else rows.take(np.arange(len(rows) - most, len(rows)))


def _needed(column: Strings) -> Strings:
    """The same texts, without those that no row has any more."""
    used = np.unique(column.codes[column.codes >= 0])
    if len(used) == len(column.values):
        return column
    places = np.full(len(column.values) + 1, -1, np.int32)
    places[used] = np.arange(len(used))
    return Strings(places[column.codes], tuple(column.values[code] for code in used.tolist()))
