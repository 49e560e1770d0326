"""What the user has chosen so far, tab by tab; it says what to ask the engine for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType

from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.table import Table
from sockscope.app.model.engine import Request
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import Grammar, compile_filter, reading
from sockscope.app.model.filters.states import limits
from sockscope.app.model.filters.syntax import Any
from sockscope.app.model.groupview import Grouping
from sockscope.app.model.query import Query
from sockscope.app.model.states import NAMES
from sockscope.app.model.tab import Options
from sockscope.app.record import dataclass
from sockscope.app.view.calm import without_trends
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.columns import Column, TabView
from sockscope.app.view.grammar import grammar, needs
from sockscope.app.view.groupings import grouped_view
from sockscope.app.view.naming import Naming
from sockscope.app.view.search import PROTOCOLS

INTERVALS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds; what `+` and `-` step through."""
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one tab."""

    query: Query
    options: Options = field(default_factory=Options)
    grouping: Grouping | None = None
    order: tuple[str, bool] | None = None
    """While rows are sorted by who uses the line: the order before."""


class Session:
    """The tab that is shown, the choices of every tab, and what holds for all of them."""

    def __init__(
        self,
        views: Sequence[TabView],
        active: str,
        interval: float,
        *,
        filter: str = "",  # noqa: A002 - the option's name
        protocols: Sequence[str] = (),
        chosen: Chosen | None = None,
        wide: bool = False,
        saved: Mapping[str, str] = _NO_NAMES,
        naming: Naming | None = None,
    ) -> None:
        """FilterError where `filter`, that of the first tab, is none; `saved` are filters by name."""
        self.views: Mapping[str, TabView] = {view.id: view for view in views}
        self.active = active
        self.interval = interval
        self.chosen = Chosen() if chosen is None else chosen
        self.wide = wide
        self.details_open = False
        self.open_row: int | None = None
        self.which: Lookup | None = None
        self.paused = False
        self.calm = False
        self.marked = 0
        self._marks = 0
        self._choices = {view.id: Choices(Query(*view.sort), options=view.options) for view in views}
        self._above: dict[str, list[Choices]] = {view.id: [] for view in views}
        self.protocols = tuple(protocols)
        self.saved = saved
        self.naming = Naming() if naming is None else naming
        wrong = self.filter(filter)
        if wrong is not None:
            raise wrong
        if protocols:
            self.narrow(protocols)

    @property
    def view(self) -> TabView:
        """The tab that is shown, with groups in place of its rows where these are asked for."""
        view, grouping = self.views[self.active], self.choices.grouping
        if grouping is None:
            return view
        return grouped_view(view, next(each for each in view.groupings if each.id == grouping.by))

    @property
    def choices(self) -> Choices:
        """What was chosen in the tab that is shown."""
        return self._choices[self.active]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that may show in this tab."""
        also = frozenset(self.view.line) if self.choices.order else frozenset[str]()
        columns = self.chosen.columns(self.view, also)
        return without_trends(columns) if self.calm else columns

    @property
    def column_needs(self) -> frozenset[str]:
        """The tables that are read by the columns that may show, and by the one that rows are sorted by."""
        sort = self.choices.query.sort
        sorted_by = (column for column in self.view.columns if column.id == sort)
        return frozenset().union(*(column.needs for column in (*self.columns, *sorted_by)))

    def request(self) -> Request:
        """What the engine should make; with other columns a filter looks for its words in those."""
        chosen = self.choices.query.filter
        if chosen is not None and chosen.searched != self.grammar.searched:
            self.filter(chosen.expression)
        return Request(
            tab=self.active,
            query=replace(self.choices.query, names=self.naming.on),
            options=self.choices.options,
            open_row=self.open_row if self.details_open else None,
            paused=self.paused,
            marked=self.marked,
            grouping=self.choices.grouping,
        )

    def shows(self, request: Request) -> bool:
        """Whether the rows of that request are of the kind that is shown."""
        then, now = request.grouping, self.choices.grouping
        return request.tab == self.active and (then and then.by) == (now and now.by)

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

    @property
    def grammar(self) -> Grammar:
        """What a filter can ask of this tab; words are looked for in what may show."""
        view = self.views[self.active]
        return grammar(view, self.saved, self.naming.hosts, self.chosen.columns(view))

    @property
    def expression(self) -> str:
        """The filter in force as it was typed."""
        chosen = self.choices.query.filter
        return chosen.expression if chosen else ""

    @property
    def filter_needs(self) -> frozenset[str]:
        """The tables that the filter reads beside those of the tab."""
        return needs(self.view, self.choices.query.filter)

    def filter(self, expression: str) -> FilterError | None:
        """Rows must pass this filter; where it is none the last one stays, and what is wrong is returned."""
        try:
            chosen = compile_filter(expression, self.grammar) if expression.strip() else None
        except FilterError as wrong:
            return wrong
        self._set(replace(self.choices, query=replace(self.choices.query, filter=chosen)))
        return None

    def filter_too(self, term: str) -> FilterError | None:
        """Rows must pass this as well."""
        chosen = self.choices.query.filter
        if chosen is None:
            return self.filter(term)
        read = reading(chosen.tree)
        before = f"({read})" if isinstance(chosen.tree, Any) else read if "(" in read else chosen.expression
        return self.filter(f"{before} and {term}")

    @property
    def _sorting(self) -> tuple[str, bool]:
        by = self.choices.grouping or self.choices.query
        return by.sort, by.descending

    def _sort(self, sort: str, *, descending: bool) -> None:
        choices = self.choices
        if choices.grouping is not None:
            changed = replace(choices.grouping, sort=sort, descending=descending)
            self._set(replace(choices, grouping=changed))
        else:
            self._set(replace(choices, query=replace(choices.query, sort=sort, descending=descending)))

    def sort_by(self, column: str) -> None:
        """Sort by a column; by the one that is in force already: the other way round."""
        if column == self._sorting[0]:
            self.reverse()
            return
        found = next(each for each in self.view.columns if each.id == column)
        self._sort(column, descending=found.descending)

    def sort_next(self, shown: Sequence[str]) -> None:
        """Sort by the next of the shown columns; a tab's natural order, if any, comes after the last."""
        names = [*shown, *([""] if self.view.sort[0] == "" else [])]
        if not names:
            return
        sort, _ = self._sorting
        name = names[(names.index(sort) + 1 if sort in names else 0) % len(names)]
        if name:
            self.sort_by(name)
        else:
            self._sort("", descending=False)

    def reverse(self) -> None:
        """Turn the order round."""
        sort, descending = self._sorting
        self._sort(sort, descending=not descending)

    def line(self) -> None:
        """Who uses the line: columns of rates, the highest first; again: columns and order as before."""
        choices, query = self.choices, self.choices.query
        kept = None if choices.order else (query.sort, query.descending)
        sort, descending = choices.order or (self.views[self.active].line[0], True)
        changed = replace(query, sort=sort, descending=descending)
        self._set(replace(choices, query=changed, order=kept, grouping=None))

    def group(self, by: str | None) -> None:
        """Show groups in place of rows, or the rows again (None)."""
        self.open_row, self.details_open = None, False
        self._set(replace(self.choices, grouping=None if by is None else Grouping(by)))

    def term(self, groups: Table, row: int) -> str | None:
        """The filter that finds the rows of a group, None where no filter can."""
        grouping = self.choices.grouping
        if grouping is None:
            return None
        by = next(each for each in self.views[self.active].groupings if each.id == grouping.by)
        return by.term(groups, row)

    def descend(self, term: str) -> FilterError | None:
        """Show the rows of one group, by the filter that finds them."""
        before = self.choices
        wrong = self.filter_too(term)
        if wrong is None:
            self._above[self.active].append(before)
            self.group(None)
        return wrong

    def ascend(self) -> bool:
        """Out of the groups, or back to those that the rows were reached from; whether there was a way."""
        if self.choices.grouping is not None:
            self.group(None)
            return True
        if not self._above[self.active]:
            return False
        self._set(self._above[self.active].pop())
        return True

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
        query = self.choices.query
        left = None if query.filter is None else limits(query.filter.tree)
        if query.states is None or left is None:
            return left if query.states is None else query.states
        return query.states & left

    @property
    def filtered(self) -> bool:
        """Whether rows are hidden by a filter, states or protocols."""
        query = self.choices.query
        return query.filter is not None or query.states is not None or query.protocols is not None

    @property
    def filter_words(self) -> str:
        """The filter in force as it reads."""
        query = self.choices.query
        states = (
            "" if query.states is None else " ".join(NAMES[each] for each in sorted(query.states)) or "none"
        )
        either = query.filter is not None and isinstance(query.filter.tree, Any)
        parts = (
            " ".join(self.protocols) if query.protocols is not None else "",
            f"state {states}" if states else "",
            f"({self.expression})" if either and (query.protocols or states) else self.expression,
        )
        return " and ".join(part for part in parts if part)

    def clear(self) -> None:
        """Lift the filter, states and protocols."""
        query = replace(self.choices.query, filter=None, states=None, protocols=None)
        self._set(replace(self.choices, query=query))

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
