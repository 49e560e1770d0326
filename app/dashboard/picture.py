"""The screen of the dashboard: its widgets, and a snapshot drawn in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from sockscope.app.actions import holding
from sockscope.app.model.engine import Snapshot
from sockscope.app.model.states import NAMES, StateNow
from sockscope.app.tabs import TABS
from sockscope.app.view import bars, facts
from sockscope.app.view.calm import without_history
from sockscope.app.view.cells import Bar
from sockscope.app.view.filterline import Typing, below
from sockscope.app.view.firstframe import SMALLEST, too_small
from sockscope.app.view.layout import unshortened
from sockscope.app.view.lines import Lines
from sockscope.app.view.session import Session
from sockscope.app.view.strip import strip_bar
from sockscope.app.view.window import Window
from sockscope.widgets.board import Holder
from sockscope.widgets.edge import Edge
from sockscope.widgets.entry import Entry
from sockscope.widgets.grid import Grid
from sockscope.widgets.line import Line
from sockscope.widgets.panel import Panel

WIDE = 140
"""Columns from which details stand beside the table instead of below it."""


class Picture:
    """Header, strip, tabs, table, details, filter and footer, and what stands in them.

    Parts come and go by `display`: a class of the screen would have the styles of every widget made anew.
    """

    def __init__(self) -> None:
        self.grid = Grid(id="grid")
        self.entry = Entry(id="entry")
        self.details = Panel(id="details")
        self.small = False
        """Whether the terminal has no room for the table."""
        self._aside = Holder(Edge(id="edge"), self.details, id="aside")
        self._small = Line(id="small")
        self._header = Line(id="header")
        self._strip = Line(id="strip")
        self._tabs = Line(id="tabs")
        self._filter = Line(id="filter")
        self._filter.display = self._aside.display = False
        self._footer = Line(id="footer")
        self._lines = Lines()
        self._stripped: tuple[tuple[tuple[StateNow, ...], bool, int], Bar] = (((), False, 0), Bar([], []))

    def widgets(self) -> Iterator[Widget]:
        """One line each for header, strip, tabs, filter and footer; the table has the rest."""
        yield self._small
        yield Holder(
            self._header,
            self._strip,
            self._tabs,
            Holder(self.grid, self._aside, id="body"),
            self.entry,
            self._filter,
            self._footer,
            id="all",
        )

    def fit(self, screen: Screen[object], size: Size) -> None:
        """Arrange the parts as they fit."""
        self.small = small = size.width < SMALLEST[0] or size.height < SMALLEST[1]
        screen.set_class(small, "-small")
        screen.set_class(size.width >= WIDE, "-wide")
        screen.set_class(size.width < WIDE, "-narrow")
        if small:
            self._small.show([too_small(size.width, size.height)])

    def draw_lines(
        self, snapshot: Snapshot | None, session: Session, status: bars.Status, width: int
    ) -> None:
        """What stands around the table, of whatever tab the snapshot is."""
        self._aside.display = session.details_open
        speaks = snapshot is not None and snapshot.request.tab == session.active and bool(snapshot.standing)
        grouped = session.choices.grouping is not None
        self._filter.display = session.filtered or self.entry.typing or speaks or grouped
        self._header.show(*bars.header(snapshot, status, session.interval, width))
        tabs = {} if snapshot is None else snapshot.tabs
        self._tabs.show(*bars.tab_bar(TABS, session.active, tabs, width))
        self._footer.show(*_footer(session.active, grouped, width))
        if snapshot is not None:
            self._strip.show(*self._states(snapshot.states, status.calm, width))

    def _states(self, states: tuple[StateNow, ...], calm: bool, width: int) -> Bar:
        """The strip, made anew for other states or another width; keys bring neither."""
        of, made = self._stripped
        if of[0] is not states or of[1:] != (calm, width):
            made = strip_bar(without_history(states) if calm else states, width)
            self._stripped = ((states, calm, width), made)
        return made

    def draw_rows(self, snapshot: Snapshot, session: Session, typing: Typing, width: int) -> None:
        """The table, its filter and its details."""
        self.grid.show(self.window(snapshot, session), why_empty(snapshot, session))
        if not self.entry.typing:
            left = [*bars.grouped_by(snapshot, session.view), *bars.in_force(session.filter_words)]
        else:
            left = below(typing, session.choices.query.filter, width)
        if self.entry.typing and (typing.mistake or typing.choices):
            self._filter.show(left)
        else:
            self._filter.show(*bars.filter_line(snapshot, session.view, left, width))
        if session.details_open:
            told = facts.with_names(snapshot.details or (), session.naming)
            self.details.show(partial(facts.lines, told, snapshot.details_gone))

    def window(self, snapshot: Snapshot, session: Session) -> Window:
        """The rows of a snapshot as wide as the table is."""
        columns = session.columns
        if session.wide and snapshot.rows is not None and snapshot.request.tab == session.active:
            columns = unshortened(columns, snapshot.rows)
        width, heading = self.grid.size.width, session.view.columns[0]
        return Window(snapshot, columns, width, session.naming, heading, lines=self._lines)


@lru_cache(maxsize=64)
def _footer(tab: str, grouped: bool, width: int) -> Bar:
    return bars.footer(holding(tab, grouped=grouped), width)


def why_empty(snapshot: Snapshot, session: Session) -> str:
    """What to say where there is no row to show."""
    total = snapshot.total - snapshot.left_out
    if snapshot.empty:
        return snapshot.empty
    if snapshot.grouped is not None:
        return "the filter leaves nothing to group (Esc shows the rows)"
    query = session.choices.query
    if query.states is not None and query.filter is None:
        names = " or ".join(NAMES[code] for code in sorted(query.states)) or "no state at all"
        return f"no socket is in {names} (Esc shows all {total:,})"
    return f"the filter hides all {total:,} {session.view.noun} (Esc clears it)"
