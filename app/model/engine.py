"""From frames and the user's wishes to what one screen needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.questions import Question
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.groupview import Grouped, Grouping, GroupParts, Groups
from sockscope.app.model.ownership import NO_PERMISSION
from sockscope.app.model.presence import GONE, LINGERING, Presence
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.model.rates import Key
from sockscope.app.model.states import StateNow, StateStrip
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options, TabModel
from sockscope.app.record import dataclass

Details = Callable[[Store, Table, int], Any]
"""Makes whatever the view wants to say about one row."""

MISSED_TICKS = 3.0
"""Intervals without a look at a tab after which its rows no longer count as watched."""


@dataclass(frozen=True, eq=False, slots=True)
class TabParts:
    """A tab as the engine needs it: rows, how they are sorted and searched, what there is to say of one."""

    model: TabModel
    reading: Reading
    details: Details
    empty: Callable[[Store], str]
    """Why there is no row at all."""
    left_out: Callable[[Store], int] = lambda _: 0
    """How many things were counted but have no row, because nobody looks at them."""
    standing: Callable[[Store], Any] = lambda _: ()
    """Whatever the view wants to say all the time, whatever rows there are."""
    asks: Callable[[Store, Table, int], tuple[Question, ...]] = lambda _, __, ___: ()
    """What the kernel has to be asked for the details of a row."""
    decides: Callable[[Store, Table], int | None] = lambda _, __: None
    """The key of the row that answers what the user asked the kernel, once it does."""
    watch: Callable[[Store, Table, int], None] = lambda _, __, ___: None
    """Takes note of the row whose details are open, before they are made."""
    lingering: int = LINGERING
    """How many rows that are gone may still be shown for a moment."""
    groupings: Mapping[str, GroupParts] = field(default_factory=dict)
    """What its rows can be grouped by."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the user looks at: a tab, how its rows are chosen and sorted, its switches, the row (by key) whose
    details are open, whether the screen stands still, whether changes count from a mark."""

    tab: str
    query: Query = field(default_factory=Query)
    options: Options = field(default_factory=Options)
    open_row: int | None = None
    paused: bool = False
    marked: int = 0
    """0 for no mark; a number that differs from the last one sets the mark anew."""
    grouping: Grouping | None = None
    """What the rows are grouped by, None where the rows themselves are shown."""

    @property
    def sorting(self) -> tuple[str, bool]:
        """The column that what is shown is sorted by, and whether largest first."""
        by = self.grouping or self.query
        return by.sort, by.descending


@dataclass(frozen=True, eq=False, slots=True)
class TabState:
    """How many things a tab holds (None: unknown) and how many of them want looking at."""

    count: int | None
    attention: int


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """Everything one screen shows, frozen.

    `rows` are all rows of the tab, or groups of them; `order` (intp) the ones to show, in order; `keys`
    (uint64) the identities of these. `details` is what the tab's view says of the open row, `details_gone`
    that it no longer exists.
    """

    request: Request
    frame: Frame
    rows: Table | None
    order: NDArray[np.intp]
    keys: Key
    states: tuple[StateNow, ...]
    tabs: Mapping[str, TabState]
    empty: str = ""
    """Why `rows` is empty, if it is."""
    details: Any = None
    details_gone: bool = False
    elapsed: float = 0.0
    """Seconds between the last two frames, 0 for the first."""
    marked_for: float | None = None
    """Seconds since the mark, None without one."""
    left_out: int = 0
    """Things of this tab that were counted but have no row, because nobody looks at them."""
    standing: Any = ()
    """What the tab's view says whatever rows there are."""
    questions: tuple[Question, ...] = ()
    """What the kernel has to be asked for the details of the open row."""
    decided: int | None = None
    """The key of the row that answers what the user asked the kernel."""
    hidden_owners: int = 0
    """Sockets whose owner this user may not see."""
    grouped: int | None = None
    """How many rows the groups hold together, None where rows are shown."""

    @property
    def things(self) -> NDArray[np.intp]:
        """The rows of `order` that are no headings."""
        if self.rows is None or "heading" not in self.rows:
            return self.order
        return self.order[~self.rows.numbers("heading")[self.order].astype(np.bool_)]

    @property
    def groups(self) -> int:
        """How many groups have members."""
        if self.rows is None or self.grouped is None:
            return 0
        return int(np.count_nonzero(self.rows.numbers("count")))

    @property
    def total(self) -> int:
        """How many things there are, shown or not."""
        rows = self.rows
        if rows is None:
            return self.left_out
        headings = int(np.count_nonzero(rows.numbers("heading"))) if "heading" in rows else 0
        return self.left_out + len(rows) - headings


@dataclass(frozen=True, eq=False, slots=True)
class _Scene:
    """What snapshots are made of: the newest frame's, or the one at which the screen was paused."""

    store: Store
    states: tuple[StateNow, ...] = ()
    tabs: Mapping[str, TabState] = field(default_factory=dict)
    elapsed: float = 0.0
    rows: dict[tuple[str, Options], Table | None] = field(default_factory=dict)


class _Chosen(NamedTuple):
    """Rows of a tab that a query shows, in order, and their identities."""

    rows: Table | None
    query: Query
    order: NDArray[np.intp]
    keys: Key


class Engine:
    """Takes frames and requests, gives snapshots. It lives in one thread."""

    def __init__(self, tabs: Mapping[str, TabParts]) -> None:
        self._tabs = tabs
        self._store = Store()
        self._strip = StateStrip()
        self._presence = {tab: Presence(parts.lingering) for tab, parts in tabs.items()}
        self._switched: dict[str, Options] = {}
        self._live = _Scene(self._store)
        self._paused: _Scene | None = None
        self._mark = 0
        self._details: tuple[int, Any] | None = None
        self._chosen: _Chosen | None = None
        self._groups = Groups()

    def advance(self, frame: Frame) -> None:
        """Take a frame in; histories grow, shown or not."""
        before = self._store.frame
        elapsed = self._live.elapsed
        if before.number >= 0 and frame.monotonic > before.monotonic:
            elapsed = frame.monotonic - before.monotonic
        self._store.take(frame)
        states = self._strip.advance(self._store)
        for parts in self._tabs.values():
            parts.model.advance(self._store)
        tabs = {
            tab: TabState(parts.model.count(self._store), parts.model.attention(self._store))
            for tab, parts in self._tabs.items()
        }
        self._live = _Scene(self._store, states, tabs, elapsed)

    def snapshot(self, request: Request) -> Snapshot:
        """What `request` shows of the newest frame, or of the one at which the screen was paused."""
        if request.marked != self._mark:
            self._set_mark(request.marked)
        if not request.paused:
            self._paused = None
        elif self._paused is None:
            self._paused = replace(self._live, store=self._store.copy())
        scene = self._paused or self._live
        parts = self._tabs[request.tab]
        rows = self._rows(scene, request, parts)
        chosen = self._choose(rows, request.query, parts.reading)
        since = scene.store.marked_at
        details, gone = self._open(scene, request, rows, parts)
        groups = self._group(scene, request, chosen, parts)
        if groups is not None:
            chosen = _Chosen(
                groups.groups, chosen.query, groups.order, groups.groups.numbers("key")[groups.order]
            )
        return Snapshot(
            request=request,
            frame=scene.store.frame,
            rows=chosen.rows,
            order=chosen.order,
            keys=chosen.keys,
            states=scene.states,
            tabs=scene.tabs,
            empty="" if rows is not None and len(rows) else parts.empty(scene.store),
            details=details,
            details_gone=gone,
            elapsed=scene.elapsed,
            marked_for=None if since is None else scene.store.frame.monotonic - since,
            left_out=0 if groups is not None else parts.left_out(scene.store),
            standing=parts.standing(scene.store),
            questions=_questions(scene.store, request, rows, parts),
            decided=None if rows is None else parts.decides(scene.store, rows),
            hidden_owners=_hidden(scene.store),
            grouped=None if groups is None else groups.whole,
        )

    def _set_mark(self, mark: int) -> None:
        self._mark = mark
        for store in (self._store, *([self._paused.store] if self._paused else [])):
            if mark:
                store.mark()
            else:
                store.unmark()
        self._live.rows.clear()
        if self._paused:
            self._paused.rows.clear()

    def _rows(self, scene: _Scene, request: Request, parts: TabParts) -> Table | None:
        name = (request.tab, request.options)
        if name not in scene.rows:
            rows = parts.model.rows(scene.store, request.options)
            if rows is not None:
                now = scene.store.frame.monotonic
                gap = MISSED_TICKS * max(scene.store.frame.every, scene.elapsed)
                if self._switched.get(request.tab, request.options) != request.options:
                    gap = -1.0  # what a switch shows is not new, what it hides not gone
                self._switched[request.tab] = request.options
                partly = parts.left_out(scene.store) > 0
                rows = self._presence[request.tab].observe(rows, now, gap, partly=partly)
            scene.rows[name] = rows
        return scene.rows[name]

    def _choose(self, rows: Table | None, query: Query, reading: Reading) -> _Chosen:
        """The rows to show, in order; not chosen anew while neither rows nor query are others."""
        last = self._chosen
        if last is None or last.rows is not rows or last.query != query:
            order = np.empty(0, np.intp) if rows is None else select(rows, query, reading)
            keys = np.empty(0, np.uint64) if rows is None else rows.numbers("key")[order]
            last = self._chosen = _Chosen(rows, query, order, keys)
        return last

    def _group(self, scene: _Scene, request: Request, chosen: _Chosen, parts: TabParts) -> Grouped | None:
        """The groups of the chosen rows, where groups are asked for."""
        asked, rows = request.grouping, chosen.rows
        if asked is None or rows is None:
            return None
        about = (request.tab, request.options, replace(request.query, sort="", descending=False))
        taken = scene.store.frame.monotonic
        split = parts.groupings[asked.by]
        return self._groups.make(rows, chosen.order, asked, split, taken=taken, about=about)

    def _open(self, scene: _Scene, request: Request, rows: Table | None, parts: TabParts) -> tuple[Any, bool]:
        """Details of the open row and whether it is gone; a row that is gone keeps the last that was said."""
        key = request.open_row
        if key is None or rows is None:
            self._details = None
            return None, False
        places = np.flatnonzero(rows.numbers("key") == np.uint64(key))
        if len(places):
            parts.watch(scene.store, rows, int(places[0]))
            self._details = (key, parts.details(scene.store, rows, int(places[0])))
            return self._details[1], bool(rows.numbers("presence")[places[0]] == GONE)
        if self._details is not None and self._details[0] == key:
            return self._details[1], True
        return None, True


def _questions(store: Store, request: Request, rows: Table | None, parts: TabParts) -> tuple[Question, ...]:
    """What the details of the open row want to be asked."""
    if request.open_row is None or rows is None:
        return ()
    places = np.flatnonzero(rows.numbers("key") == np.uint64(request.open_row))
    return parts.asks(store, rows, int(places[0])) if len(places) else ()


def _hidden(store: Store) -> int:
    unowned = store.now("unowned")
    return 0 if unowned is None else int((unowned.numbers("reason") == NO_PERMISSION).sum())
