"""The Textual app: frames in, the active tab out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from sockscope.app.actions import APP, holding
from sockscope.app.model.engine import Engine, Request, Snapshot
from sockscope.app.model.states import NAMES
from sockscope.app.model.worker import Failed, Lost, Reader, Worker
from sockscope.app.output.tables import write_csv
from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import Source
from sockscope.app.view import bars, catalog, facts
from sockscope.app.view.calm import Calm, without_history
from sockscope.app.view.columns import Cell
from sockscope.app.view.session import Session
from sockscope.app.view.window import Window
from sockscope.styles import SHEET
from sockscope.styles.themes import THEMES
from sockscope.widgets.grid import Grid, Place
from sockscope.widgets.help import HelpScreen
from sockscope.widgets.keys import TABS_OF, bindings
from sockscope.widgets.line import Line
from sockscope.widgets.paced import PacedApp
from sockscope.widgets.panel import Panel
from sockscope.widgets.picker import StatePicker

SMALLEST = (60, 15)
"""Columns and lines below which there is only room for a word."""
WIDE = 140
"""Columns from which details stand beside the table instead of below it."""
RESTART_AFTER = (0.5, 1.0, 2.0, 5.0)
"""Seconds until a lost source is started again, the first time and each time after."""


class Arrived(Message):
    """A snapshot from the engine's thread."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Only the newest counts."""
        return isinstance(message, Arrived)


class SourceGone(Message):
    """The stream of frames has ended."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Unmade(Message):
    """The engine could not make a snapshot."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Dashboard(PacedApp):
    """Header, state strip, tabs, table, details, filter, footer: it draws snapshots and passes wishes on.

    A snapshot that answers a wish is drawn at once; one that only time brought waits while the terminal has
    not yet shown the last one, and is replaced by the next.
    """

    CSS_PATH: ClassVar[list[str | Path]] = [SHEET]  # type: ignore[assignment]
    TITLE = "sockscope"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(APP),
        Binding("enter", "keep_filter", "Keep the filter", show=False, priority=True),
    ]

    def __init__(
        self, source: Source, session: Session, theme: str = THEMES[0].name, *, calm: bool = False
    ) -> None:
        super().__init__()
        self._source = source
        self._session = session
        self._worker = Worker(Engine(catalog.tabs()), session.request(), self._deliver)
        self._calm = Calm(calm)
        self._snapshot: Snapshot | None = None
        self._drawn: Request | None = None
        self._late = False
        self._places: dict[str, Place] = {}
        self._paused_at = 0.0
        self._lost = ""
        self._failure = ""
        self._losses = 0
        self._refreshes = 0
        self._states_ordered: frozenset[int] | None = None
        self._typing = False
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme

    def compose(self) -> ComposeResult:
        """One line each for header, strip, tabs, filter and footer; the table has the rest."""
        yield Line(id="small")
        yield Line(id="header")
        yield Line(id="strip")
        yield Line(id="tabs")
        with Container(id="body"):
            yield Grid(id="grid")
            yield Panel(id="details")
        yield Line(id="filter")
        yield Input(placeholder="words that a row must contain", id="entry", compact=True)
        yield Line(id="footer")

    def on_mount(self) -> None:
        """Begin to listen to the source."""
        self.query_one(Grid).focus()
        self._worker.start()
        self._order()
        self._read()
        self._draw()

    def on_unmount(self) -> None:
        """End the source and the thread; nothing is left running."""
        self._source.close()
        self._worker.stop()

    def _read(self) -> None:
        Reader(self._source, self._worker.put, self._deliver).start()

    def _deliver(self, what: Snapshot | Lost | Failed) -> None:
        """Called in other threads."""
        if isinstance(what, Lost):
            self.post_message(SourceGone(what.why))
        elif isinstance(what, Failed):
            self.post_message(Unmade(what.why))
        else:
            self.post_message(Arrived(what))

    def _order(self) -> None:
        session = self._session
        self._states_ordered = session.states_enough
        self._source.order(
            Control(
                catalog.needs(session.active),
                session.interval,
                session.paused,
                self._refreshes,
                session.states_enough,
            )
        )

    def _ask(self) -> None:
        """Something was chosen: the answer comes as a snapshot, of other rows once they are collected."""
        self._worker.ask(self._session.request())
        if self._session.states_enough != self._states_ordered:
            self._order()

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        snapshot = message.snapshot
        back, self._lost, self._losses = self._lost, "", 0
        if snapshot.request.tab != self._session.active:
            return
        self._snapshot = snapshot
        now = time.monotonic()
        if snapshot.request == self._drawn and not back:
            self._calm.tick(now, behind=self.behind)
            self._late = self.behind
            if self.behind or not self._calm.due(now):
                return
        self._draw()

    def caught_up(self) -> None:
        """The terminal has shown everything: draw what had to wait for that."""
        if self._late and self._calm.due(time.monotonic()):
            self._draw()

    @on(Unmade)
    def _unmade(self, message: Unmade) -> None:
        if message.why != self._failure:
            self._failure = message.why
            self.notify(f"not shown: {message.why}", severity="error", timeout=30, markup=False)

    @on(SourceGone)
    def _source_gone(self, message: SourceGone) -> None:
        if self._exit:
            return
        self._lost = message.why
        wait = RESTART_AFTER[min(self._losses, len(RESTART_AFTER) - 1)]
        self._losses += 1
        self._draw()
        self.set_timer(wait, self._restart)

    @work(thread=True)
    def _restart(self) -> None:
        self._source.restart()
        self._read()

    def _line(self, name: str) -> Line:
        return self.query_one(f"#{name}", Line)

    def _draw(self) -> None:
        """Everything the snapshot and the session say, on the screen."""
        if not self.is_running:
            return
        now = time.monotonic()
        self._late = False
        self._calm.drawn(now)
        base = self.screen_stack[0]
        width = self.size.width
        session, snapshot = self._session, self._snapshot
        session.calm = calm = self._calm.on(now)
        base.set_class(session.details_open, "-details")
        base.set_class(session.filtered or self._typing, "-filtered")
        status = bars.Status(now - self._paused_at if session.paused else None, self._lost, calm)
        self._show("header", bars.header(snapshot, status, session.interval, width))
        tabs = {} if snapshot is None else snapshot.tabs
        self._show("tabs", bars.tab_bar(tuple(session.views.values()), session.active, tabs, width))
        self._show("footer", bars.footer(holding(session.active), width))
        if snapshot is None:
            return
        states = without_history(snapshot.states) if calm else snapshot.states
        self._show("strip", bars.strip_bar(states, width))
        if isinstance(self.screen, StatePicker):
            self.screen.update(self._state_counts())
        if snapshot.request.tab != session.active:
            return
        self._drawn = snapshot.request
        grid = base.query_one(Grid)
        grid.show(Window(snapshot, session.columns, grid.size.width), self._why_empty(snapshot))
        self._draw_filter(snapshot, width)
        self._draw_details(snapshot)

    def _show(self, name: str, bar: bars.Bar) -> None:
        self.screen_stack[0].query_one(f"#{name}", Line).show(bar.cells, bar.spots)

    def _draw_filter(self, snapshot: Snapshot, width: int) -> None:
        words = "" if self._typing else self._session.filter_words
        self._show("filter", bars.filter_line(snapshot, self._session.view, words, width))

    def _draw_details(self, snapshot: Snapshot) -> None:
        if not self._session.details_open:
            return
        panel = self.screen_stack[0].query_one(Panel)
        panel.show(partial(facts.lines, snapshot.details or (), snapshot.details_gone))

    def _why_empty(self, snapshot: Snapshot) -> str:
        total = 0 if snapshot.rows is None else len(snapshot.rows)
        if snapshot.empty:
            return snapshot.empty
        states = self._session.choices.query.states
        if states is not None and not self._session.choices.query.words:
            names = " or ".join(NAMES[code] for code in sorted(states)) or "no state at all"
            return f"no socket is in {names} (Esc shows all {total:,})"
        return f"the filter hides all {total:,} {self._session.view.noun} (Esc clears it)"

    def _state_counts(self) -> Sequence[tuple[int, str, int]]:
        states = () if self._snapshot is None else self._snapshot.states
        return [(state.state, state.name, state.count) for state in states]

    def on_resize(self, event: Resize) -> None:
        """Classes for what fits; then everything anew for the new width."""
        columns, lines = event.size
        base = self.screen_stack[0]
        small = columns < SMALLEST[0] or lines < SMALLEST[1]
        base.set_class(small, "-small")
        base.set_class(columns >= WIDE, "-wide")
        base.set_class(columns < WIDE, "-narrow")
        if small:
            words = f" sockscope needs {SMALLEST[0]}x{SMALLEST[1]}, this is {columns}x{lines}"
            self._show("small", bars.Bar([Cell(words)], []))
        self.call_after_refresh(self._draw)

    # Wishes of the table and the lines

    @on(Grid.Opened)
    def _open(self, message: Grid.Opened) -> None:
        session = self._session
        session.details_open = not session.details_open
        session.open_row = message.key
        self._ask()
        self._draw()

    @on(Grid.Moved)
    def _moved(self, message: Grid.Moved) -> None:
        if self._session.details_open and message.key != self._session.open_row:
            self._session.open_row = message.key
            self._ask()

    @on(Grid.Sorted)
    def _sorted(self, message: Grid.Sorted) -> None:
        self._session.sort_by(message.column)
        self._reordered()

    def _reordered(self) -> None:
        self.query_one(Grid).to_top()
        self._ask()

    @on(Line.Clicked, "#tabs")
    def _tab_clicked(self, message: Line.Clicked) -> None:
        self.action_tab(message.target)

    @on(Line.Clicked, "#strip")
    def _state_clicked(self, message: Line.Clicked) -> None:
        if self._session.active != "connections":
            self.action_tab("connections")
        self.action_only(int(message.target))

    @on(Line.Clicked, "#footer")
    async def _key_clicked(self, message: Line.Clicked) -> None:
        await self.run_action(message.target, self.query_one(Grid) if message.target == "open" else self)

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of one tab hold only there; while one types or a dialog is open, hardly any do."""
        if action == "quit_now":
            return True
        if self._typing or action == "keep_filter":
            return self._typing and action in ("keep_filter", "back")
        if len(self.screen_stack) > 1:
            return False
        tabs = TABS_OF.get((action, parameters))
        if tabs is not None:
            return "" in tabs or self._session.active in tabs
        return super().check_action(action, parameters)

    def action_tab(self, tab: str) -> None:
        """Show another tab, at the place where one left it."""
        session = self._session
        if tab == session.active:
            return
        grid = self.query_one(Grid)
        self._places[session.active] = grid.place
        session.go(tab)
        grid.restore(self._places.get(tab, Place()))
        self._order()
        self._ask()
        self._draw()

    def action_step_tab(self, by: int) -> None:
        """The next tab or the one before."""
        self.action_tab(self._session.step(by))

    def action_filter(self) -> None:
        """Type words; rows follow while one types."""
        entry = self.query_one(Input)
        self._typing = True
        entry.value = self._session.choices.words
        entry.cursor_position = len(entry.value)
        entry.display = True
        self.screen.set_focus(entry)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        if self._typing:
            self._session.filter(message.value)
            self._ask()
            self._draw()

    def action_keep_filter(self) -> None:
        """Back to the table; the filter stays in force."""
        self._session.filter(self.query_one(Input).value)
        self._end_typing()

    def _end_typing(self) -> None:
        self._typing = False
        entry = self.query_one(Input)
        entry.display = False
        self.screen.set_focus(self.query_one(Grid))
        self._ask()
        self._draw()

    def action_scroll_details(self, lines: int) -> None:
        """Other lines of details that have no room."""
        panel = self.query_one(Panel)
        panel.scroll_to(y=panel.scroll_offset.y + lines, animate=False)

    async def action_back(self) -> None:
        """Out of the filter being typed, else out of the details, else out of the filter in force."""
        session = self._session
        if self._typing:
            session.filter("")
            self._end_typing()
            return
        if session.details_open:
            session.details_open = False
            session.open_row = None
        else:
            session.clear()
        self._ask()
        self._draw()

    def action_only(self, state: int) -> None:
        """Only one TCP state, or all again."""
        self._session.only(state)
        self._reordered()

    def action_all_states(self) -> None:
        """Every TCP state."""
        self._session.states(None)
        self._reordered()

    def action_states(self) -> None:
        """Choose states from a list."""
        if self._snapshot is not None:
            self.push_screen(StatePicker(self._state_counts(), self._session.choices.query.states))

    @on(StatePicker.Chosen)
    def _states_chosen(self, message: StatePicker.Chosen) -> None:
        self._session.states(message.states)
        self._reordered()

    def action_sort(self) -> None:
        """Sort by the next column on the screen."""
        if self._snapshot is not None:
            grid = self.query_one(Grid)
            window = Window(self._snapshot, self._session.columns, grid.size.width)
            self._session.sort_next([placed.column.id for placed in window.columns])
            self._reordered()

    def action_reverse(self) -> None:
        """The other way round."""
        self._session.reverse()
        self._reordered()

    def action_switch(self, name: str) -> None:
        """Turn over one of the tab's switches."""
        self._session.switch(name)
        self._ask()

    def action_mark(self) -> None:
        """Count changes from now on, or no longer."""
        self._session.mark()
        self._ask()

    def action_pause(self) -> None:
        """Hold the screen still, or go on."""
        self._session.paused = not self._session.paused
        self._paused_at = time.monotonic()
        self._order()
        self._ask()
        self._draw()

    def action_slower(self) -> None:
        """A longer interval."""
        self._session.slower(1)
        self._order()
        self._draw()

    def action_faster(self) -> None:
        """A shorter interval."""
        self._session.slower(-1)
        self._order()
        self._draw()

    def action_refresh_now(self) -> None:
        """Collect at once, and draw that whatever the line is like."""
        self._refreshes += 1
        self._drawn = None
        self._order()

    def action_copy(self) -> None:
        """The cursor's row, as it reads, to the clipboard of the terminal."""
        grid = self.query_one(Grid)
        if self._snapshot is None or grid.cursor_key is None:
            return
        window = Window(self._snapshot, self._session.columns, 400)
        place = window.find(grid.cursor_key)
        if place is not None:
            text = " ".join("".join(cell.text for cell in window.line(place)).split())
            self.copy_to_clipboard(text)
            self.notify(f"copied: {text}", markup=False)

    def action_export(self) -> None:
        """What is shown, to a CSV file in the current directory."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.rows is None:
            return
        name = time.strftime(f"sockscope-{self._session.active}-%Y%m%d-%H%M%S.csv")
        try:
            with Path(name).open("x", encoding="utf-8", newline="") as file:
                write_csv(file, self._session.view.fields, snapshot.rows, snapshot.order)
        except OSError as failed:
            self.notify(f"{name}: {failed.strerror}", severity="error", markup=False)
        else:
            self.notify(f"{len(snapshot.order):,} {self._session.view.noun} in {name}", markup=False)

    def action_quit_now(self) -> None:
        """End the program, whatever is open."""
        self.exit()

    def action_help(self) -> None:
        """Every key."""
        self.push_screen(HelpScreen())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """The palette: the actions that hold here, and the themes."""
        for action in holding(self._session.active):
            if action.in_palette:
                yield SystemCommand(action.title, action.help, partial(self.run_action, action.action))
        for theme in THEMES:
            yield SystemCommand(
                f"Theme: {theme.name}", "Change the colours.", partial(self._wear, theme.name)
            )

    def _wear(self, theme: str) -> None:
        self.theme = theme
