"""What the user has chosen so far, tab by tab; it says what to ask the engine for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sockscope.app.collectors.lookups import Lookup
from sockscope.app.model.engine import Request
from sockscope.app.model.query import Query
from sockscope.app.model.states import NAMES
from sockscope.app.model.tab import Options
from sockscope.app.view.calm import TRENDS
from sockscope.app.view.columns import Column, TabView
from sockscope.app.view.search import PROTOCOLS

INTERVALS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds; what `+` and `-` step through."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one tab."""

    query: Query
    words: str = ""
    options: Options = field(default_factory=Options)


class Session:
    """The tab that is shown, the choices of every tab, and what holds for all of them."""

    def __init__(
        self,
        views: Sequence[TabView],
        active: str,
        interval: float,
        *,
        words: str = "",
        protocols: Sequence[str] = (),
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.views: Mapping[str, TabView] = {view.id: view for view in views}
        self.active = active
        self.interval = interval
        self.hidden_columns = hidden
        self.details_open = False
        self.open_row: int | None = None
        self.which: Lookup | None = None
        self.paused = False
        self.calm = False
        self.marked = 0
        self._marks = 0
        self._choices = {view.id: Choices(Query(*view.sort), options=view.options) for view in views}
        self.protocols = tuple(protocols)
        if words:
            self.filter(words)
        if protocols:
            self.narrow(protocols)

    @property
    def view(self) -> TabView:
        """The tab that is shown."""
        return self.views[self.active]

    @property
    def choices(self) -> Choices:
        """What was chosen in the tab that is shown."""
        return self._choices[self.active]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that may show in this tab."""
        hidden = self.hidden_columns | TRENDS if self.calm else self.hidden_columns
        return tuple(column for column in self.view.columns if column.id not in hidden)

    def request(self) -> Request:
        """What the engine should make."""
        return Request(
            tab=self.active,
            query=self.choices.query,
            options=self.choices.options,
            open_row=self.open_row if self.details_open else None,
            paused=self.paused,
            marked=self.marked,
        )

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """What the user asked the kernel; the answer stands in the details, and is given up with them."""
        return (self.which,) if self.which is not None and self.details_open else ()

    def step(self, by: int) -> str:
        """The tab `by` places further, round and round."""
        tabs = list(self.views)
        return tabs[(tabs.index(self.active) + by) % len(tabs)]

    def go(self, tab: str) -> None:
        """Show another tab; details belong to a row and stay behind."""
        self.active = tab
        self.open_row = None
        self.details_open = False
        self.which = None

    def filter(self, words: str) -> None:
        """Rows must contain every one of these words."""
        wanted = tuple(words.lower().split())
        self._set(replace(self.choices, words=words, query=replace(self.choices.query, words=wanted)))

    def sort_by(self, column: str) -> None:
        """Sort by a column; by the one that is in force already: the other way round."""
        query = self.choices.query
        if column == query.sort:
            self.reverse()
            return
        found = next(each for each in self.view.columns if each.id == column)
        self._set(replace(self.choices, query=replace(query, sort=column, descending=found.descending)))

    def sort_next(self, shown: Sequence[str]) -> None:
        """Sort by the next of the shown columns; a tab's natural order, if any, comes after the last."""
        names = [*shown, *([""] if self.view.sort[0] == "" else [])]
        query = self.choices.query
        place = names.index(query.sort) + 1 if query.sort in names else 0
        name = names[place % len(names)]
        if name:
            self.sort_by(name)
        else:
            self._set(replace(self.choices, query=replace(query, sort="", descending=False)))

    def reverse(self) -> None:
        """Turn the order round."""
        query = self.choices.query
        self._set(replace(self.choices, query=replace(query, descending=not query.descending)))

    def only(self, state: int) -> None:
        """Only this TCP state; if that is so already: all again."""
        chosen = frozenset({state})
        self.states(None if self.choices.query.states == chosen else chosen)

    def states(self, states: frozenset[int] | None) -> None:
        """Only these TCP states; None for all."""
        self._set(replace(self.choices, query=replace(self.choices.query, states=states)))

    def switch(self, name: str) -> None:
        """Turn over one of the tab's switches."""
        self._set(replace(self.choices, options=self.choices.options.toggled(name)))

    def narrow(self, protocols: Sequence[str]) -> None:
        """Only sockets of these protocols, by netstat's names, in both tabs of sockets."""
        pairs = frozenset(pair for pair, name in PROTOCOLS.items() if name in protocols)
        for tab in ("connections", "listening"):
            choices = self._choices[tab]
            self._choices[tab] = replace(choices, query=replace(choices.query, protocols=pairs))

    @property
    def states_enough(self) -> frozenset[int] | None:
        """TCP states whose rows are enough for what is shown; None for all.

        An open row must not seem gone, nor a paused screen lack rows, because they were not collected.
        """
        if self.active != "connections" or self.paused or self.details_open:
            return None
        return self.choices.query.states

    @property
    def filtered(self) -> bool:
        """Whether rows are hidden by words, states or protocols."""
        query = self.choices.query
        return bool(query.words) or query.states is not None or query.protocols is not None

    @property
    def filter_words(self) -> str:
        """The filter in force as it reads."""
        query = self.choices.query
        states = (
            "" if query.states is None else " ".join(NAMES[each] for each in sorted(query.states)) or "none"
        )
        parts = (
            " ".join(self.protocols) if query.protocols is not None else "",
            f"state {states}" if states else "",
            self.choices.words,
        )
        return " and ".join(part for part in parts if part)

    def clear(self) -> None:
        """Lift words, states and protocols."""
        query = replace(self.choices.query, words=(), states=None, protocols=None)
        self._set(replace(self.choices, words="", query=query))

    def mark(self) -> None:
        """Count from now on; if counting already: stop that."""
        if self.marked:
            self.marked = 0
        else:
            self._marks += 1
            self.marked = self._marks

    def slower(self, by: int) -> None:
        """The next longer (1) or shorter (-1) interval."""
        longer = [seconds for seconds in INTERVALS if seconds > self.interval]
        shorter = [seconds for seconds in INTERVALS if seconds < self.interval]
        if by > 0 and longer:
            self.interval = longer[0]
        elif by < 0 and shorter:
            self.interval = shorter[-1]

    def _set(self, choices: Choices) -> None:
        self._choices[self.active] = choices
