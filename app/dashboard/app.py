"""The app: snapshots to the screen, keys to the session, wishes to the feed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input

from sockscope.app.actions import APP, holding
from sockscope.app.dashboard.columnkeys import ColumnKeys
from sockscope.app.dashboard.feed import Arrived, Feed, NameCame, SourceGone, Unmade
from sockscope.app.dashboard.filtering import Filtering, like_cell
from sockscope.app.dashboard.groupkeys import GroupKeys
from sockscope.app.dashboard.picture import Picture
from sockscope.app.dashboard.sweep import Sweep
from sockscope.app.model.engine import Request, Snapshot
from sockscope.app.recall import Recall
from sockscope.app.sources.base import Source
from sockscope.app.view import log, ways
from sockscope.app.view.bars import Status
from sockscope.app.view.calm import Calm
from sockscope.app.view.session import Session
from sockscope.app.view.trail import Trail, leads
from sockscope.styles import SHEET
from sockscope.styles.themes import THEMES
from sockscope.widgets.board import Board
from sockscope.widgets.driver import TakeOver, nothing_to_take_over
from sockscope.widgets.entry import Entry
from sockscope.widgets.grid import Grid, Place
from sockscope.widgets.keys import TABS_OF, bindings
from sockscope.widgets.line import Line
from sockscope.widgets.question import Question

WHICH = "which"
"""The question for an address."""
NAMES_EVERY = 0.25
"""Seconds for which names of hosts are gathered before they are drawn."""


class Dashboard(ColumnKeys, GroupKeys):
    """Draws snapshots and passes wishes on.

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
        self,
        source: Source,
        session: Session,
        theme: str = THEMES[0].name,
        *,
        calm: bool = False,
        recall: Recall | None = None,
        columns_file: Path | None = None,
        take_over: TakeOver = nothing_to_take_over,
    ) -> None:
        """Filters that were used go to `recall`, columns that are chosen to `columns_file`; `take_over` is
        what the driver does first."""
        super().__init__(take_over)
        self._columns_file = columns_file
        self._session = session
        self._feed = Feed(source, session, self.post_message)
        self._picture = Picture()
        self._filtering = Filtering(self._picture.entry, session, recall or Recall())
        self._calm = Calm(calm)
        self._sweep = Sweep()
        self._snapshot: Snapshot | None = None
        self._drawn: Request | None = None
        self._late = False
        self._places: dict[str, Place] = {}
        self._trail = Trail()
        self._group_places = {}
        self._origin: tuple[str, int] | None = None
        self._paused_at = 0.0
        self._failure = ""
        self._named = False
        self._awaited = False
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme

    def get_default_screen(self) -> Board:
        """The screen below all dialogs."""
        return Board()

    def compose(self) -> ComposeResult:
        """The picture's parts, arranged before any style is made for them."""
        self._picture.fit(self.screen, self.size)
        yield from self._picture.widgets()

    def on_mount(self) -> None:
        """Begin to listen to the source."""
        if not self._picture.small:
            self._picture.grid.focus()
        self._feed.start()
        self._draw()

    def on_ready(self) -> None:
        """Collect garbage, which was left alone while things were loaded."""
        self._sweep.begin(time.monotonic())

    def on_unmount(self) -> None:
        """End the source and its threads."""
        self._feed.close()
        self._sweep.end()

    # What the feed tells

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        snapshot = message.snapshot
        back = self._feed.found()
        if not self._session.shows(snapshot.request):
            return
        self._snapshot = snapshot
        if snapshot.questions != self._feed.questions:
            self.call_after_refresh(self._feed.wonder, snapshot.questions)  # the answer would be in the way
        if self._awaited and snapshot.decided is not None:
            self._awaited = False
            self.call_after_refresh(self._picture.grid.go_to, snapshot.decided)
        now = time.monotonic()
        if snapshot.request == self._drawn and not back:
            if self._sweep.due(now):
                self.call_later(self._sweep.sweep, now)
            self._calm.tick(now, behind=self.behind)
            self._late = self.behind
            if self.behind or not self._calm.due(now):
                return
        self._draw()

    def can_wait(self) -> Callable[[int, int], bool]:
        """The rows of the table; all else says what a key did."""
        return self._picture.grid.row_places() if len(self.screen_stack) == 1 else super().can_wait()

    def caught_up(self) -> None:
        """The terminal has shown everything: draw what had to wait for that."""
        if self._late and self._calm.due(time.monotonic()):
            self._draw()

    @on(NameCame)
    def _name_came(self) -> None:
        """Names come one by one: they are drawn together, as what time brings is."""
        if not self._named:
            self._named = True
            self.set_timer(NAMES_EVERY, self._draw_names)

    def _draw_names(self) -> None:
        self._named = False
        self._late = self._late or self.behind
        if not self.behind and self._calm.due(time.monotonic()):
            self._draw()

    @on(Unmade)
    def _unmade(self, message: Unmade) -> None:
        if message.why != self._failure:
            self._failure = message.why
            self.notify(f"not shown: {message.why}", severity="error", timeout=30, markup=False)

    @on(SourceGone)
    def _source_gone(self, message: SourceGone) -> None:
        if not self._exit:
            self._sweep.sweep(time.monotonic())
            self.set_timer(self._feed.gone(message.why), self._restart)
            self._draw()

    @work(thread=True)
    def _restart(self) -> None:
        self._feed.restart()

    # What stands on the screen

    def _draw(self) -> None:
        """Everything the snapshot and the session say, on the screen."""
        if not self.is_running:
            return
        now = time.monotonic()
        self._late = False
        self._calm.drawn(now)
        session, snapshot, width = self._session, self._snapshot, self.size.width
        session.calm = calm = self._calm.on(now)
        status = Status(
            now - self._paused_at if session.paused else None, self._feed.lost, calm, session.naming.on
        )
        self._picture.draw_lines(snapshot, session, status, width)
        if snapshot is None:
            return
        self._tell_dialogs(snapshot)
        if session.shows(snapshot.request):
            self._drawn = snapshot.request
            self._picture.draw_rows(snapshot, session, self._filtering.typing, width)

    def on_resize(self, event: Resize) -> None:
        """Arrange what fits; then everything anew for the new width."""
        self._picture.fit(self.screen_stack[0], event.size)
        self.call_after_refresh(self._fitted)

    def _fitted(self) -> None:
        """Keys go to the table, which gets none while there is no room for it."""
        picture, board = self._picture, self.screen_stack[0]
        if board.focused is None and not picture.small:
            board.set_focus(picture.entry if picture.entry.typing else picture.grid)
        self._draw()

    # What the table and the lines tell

    @on(Grid.Opened)
    def _open(self, message: Grid.Opened) -> None:
        session = self._session
        if session.choices.grouping is not None:
            self._descend(message.key)
            return
        session.details_open = not session.details_open
        session.open_row = message.key
        self._ask()

    @on(Grid.Moved)
    def _moved(self, message: Grid.Moved) -> None:
        if self._session.details_open and message.key != self._session.open_row:
            self._session.open_row = message.key
            self._feed.ask()

    @on(Grid.Sorted)
    def _sorted(self, message: Grid.Sorted) -> None:
        self._session.sort_by(message.column)
        self._ask_from_the_top()

    @on(Line.Clicked, "#tabs")
    def _tab_clicked(self, message: Line.Clicked) -> None:
        self.action_tab(message.target)

    @on(Line.Clicked, "#footer")
    async def _key_clicked(self, message: Line.Clicked) -> None:
        await self.run_action(message.target, self._picture.grid if message.target == "open" else self)

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of one tab hold only there; while one types, a dialog is open or the terminal is too small for
        the table, hardly any do."""
        if action in ("quit_now", "redraw"):
            return True
        if self._picture.small:
            return action == "quit"
        typing = self._picture.entry.typing
        if typing or action == "keep_filter":
            return typing and action in ("keep_filter", "back")
        if len(self.screen_stack) > 1:
            return False
        tabs = TABS_OF.get((action, parameters))
        if tabs is not None:
            return "" in tabs or self._session.active in tabs
        return super().check_action(action, parameters)

    def action_tab(self, tab: str) -> None:
        """Show another tab, at the place where one left it."""
        session, grid = self._session, self._picture.grid
        if tab == session.active:
            return
        self._places[session.active] = grid.place
        self._origin = None
        session.go(tab)
        grid.restore(self._places.get(tab, Place()))
        self._feed.order()
        self._ask()

    def action_step_tab(self, by: int) -> None:
        """The next tab or the one before."""
        self.action_tab(self._session.step(by))

    def action_filter(self) -> None:
        """Type a filter; rows follow while one types."""
        self._filtering.open()
        self._draw()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        if self._picture.entry.typing:
            self._filtering.typed(message.value)
            self._ask()

    @on(Entry.Completed)
    def _complete(self, message: Entry.Completed) -> None:
        self._filtering.complete(message.by, lambda: self._snapshot.rows if self._snapshot else None)
        self._draw()

    @on(Entry.Recalled)
    def _recall(self, message: Entry.Recalled) -> None:
        self._filtering.recall(message.by)

    async def action_keep_filter(self) -> None:
        """Back to the table; the filter stays in force. What is no filter has to be put right first."""
        await self._picture.entry.caught_up()
        if self._filtering.keep():
            self._end_typing()
        else:
            self._draw()

    def action_like_cell(self, wanted: bool) -> None:
        """Only rows that have what stands under the column's cursor, or only the others."""
        snapshot, (key, column) = self._snapshot, self._picture.grid.cursor_cell
        if snapshot is None or snapshot.rows is None or key is None:
            return
        if not self._session.shows(snapshot.request):
            return
        why = like_cell(self._session, snapshot.rows, key, column, wanted=wanted)
        if why:
            self.notify(why, markup=False)
        else:
            self._ask()

    def _end_typing(self) -> None:
        self._picture.entry.close()
        self.screen.set_focus(self._picture.grid)
        self._ask()

    def action_follow(self) -> None:
        """To the row that the cursor's row belongs to."""
        if self._session.choices.grouping is not None:
            self.notify("a group leads nowhere: Enter shows its rows", markup=False)
            return
        grid, key = self._picture.grid, self._picture.grid.cursor_key
        if self._snapshot is None or key is None:
            return
        link = leads(self._session.view, self._snapshot, key)
        if link.key is None:
            self.notify(link.what, markup=False)
        elif grid.go_to(link.key):
            self._trail.step(key, link.key)
        else:
            way = "Esc clears the filter" if self._session.filtered else "only some rows are shown"
            self.notify(f"{link.what} is hidden: {way}", markup=False)

    def action_history(self) -> None:
        """To what the log has of the peer of the cursor's row, or of the members of its group."""
        session, snapshot, key = self._session, self._snapshot, self._picture.grid.cursor_key
        if snapshot is None or key is None or not session.shows(snapshot.request):
            return
        grouped = session.choices.grouping is not None
        wanted = self._term_of(snapshot, key) if grouped else log.history_of(snapshot, key)
        if wanted is None:
            return
        if not log.tells(wanted):
            self.notify(f"the log does not tell {session.view.noun} apart", markup=False)
            return
        came = (session.active, key)
        self.action_tab(log.LOG.id)
        self._origin = came
        session.group(None)
        session.filter(wanted)
        self._ask_from_the_top()

    def action_which(self) -> None:
        """Ask for an address, and the kernel for the way there."""
        self.push_screen(Question("Which route?", "an IPv4 or IPv6 address", id=WHICH))

    @on(Question.Answered, f"#{WHICH}")
    def _which(self, message: Question.Answered) -> None:
        session, key = self._session, self._picture.grid.cursor_key
        session.which = ways.typed(message.text)
        if session.which is None:
            self.notify(f"not an address: {message.text}", severity="error", markup=False)
            return
        self._awaited = True
        session.details_open, session.open_row = True, session.open_row if session.details_open else key
        self._ask()

    def action_scroll_details(self, lines: int) -> None:
        """Other lines of details that have no room."""
        panel = self._picture.details
        panel.scroll_to(y=panel.scroll_offset.y + lines, animate=False)

    async def action_back(self) -> None:
        """Out of the filter being typed, else back to the row one was led from, else out of the details, else
        to the groups one came from or out of them, else out of the filter in force."""
        session, grid = self._session, self._picture.grid
        if self._picture.entry.typing:
            session.filter("")
            self._end_typing()
            return
        origin = self._trail.back(grid.cursor_key)
        if origin is not None and grid.go_to(origin):
            return
        if session.details_open:
            session.details_open = False
            session.open_row = None
        elif self._ascend():
            return
        elif self._origin is not None:
            tab, _ = self._origin
            session.clear()
            self.action_tab(tab)
            return
        else:
            session.clear()
        self._ask()

    def action_sort(self) -> None:
        """Sort by the next column on the screen."""
        if self._snapshot is not None:
            window = self._picture.window(self._snapshot, self._session)
            self._session.sort_next([placed.column.id for placed in window.columns])
            self._ask_from_the_top()

    def action_line(self) -> None:
        """Who uses the line first, or the order before."""
        self._session.line()
        self._ask_from_the_top()

    def action_reverse(self) -> None:
        """The other way round."""
        self._session.reverse()
        self._ask_from_the_top()

    def action_switch(self, name: str) -> None:
        """Turn over one of the tab's switches."""
        self._session.switch(name)
        self._feed.ask()

    def action_names(self) -> None:
        """Names instead of numbers, or numbers again."""
        self._session.naming.toggle()
        self._ask()

    def action_mark(self) -> None:
        """Count changes from now on, or no longer."""
        self._session.mark()
        self._feed.ask()

    def action_pause(self) -> None:
        """Hold the screen still, or go on."""
        self._session.paused = not self._session.paused
        self._paused_at = time.monotonic()
        self._feed.order()
        self._ask()

    def action_slower(self) -> None:
        """A longer interval."""
        self._change_interval(1)

    def action_faster(self) -> None:
        """A shorter interval."""
        self._change_interval(-1)

    def _change_interval(self, by: int) -> None:
        self._session.slower(by)
        self._feed.order()
        self._draw()

    def action_refresh_now(self) -> None:
        """Collect at once, and draw that whatever the line is like."""
        self._drawn = None
        self._feed.refresh()

    def action_copy(self) -> None:
        """The cursor's row, as it reads, to the clipboard of the terminal."""
        from sockscope.app.output.export import words_of_row  # noqa: PLC0415

        key = self._picture.grid.cursor_key
        if self._snapshot is not None and key is not None:
            text = words_of_row(self._snapshot, self._session.columns, key, self._session.naming)
            self.copy_to_clipboard(text)
            self.notify(f"copied: {text}", markup=False)

    def action_export(self) -> None:
        """What is shown, to a CSV file in the current directory."""
        from sockscope.app.output.export import export  # noqa: PLC0415

        snapshot, view = self._snapshot, self._session.view
        if snapshot is None or snapshot.rows is None or not self._session.shows(snapshot.request):
            return
        name = time.strftime(f"sockscope-{view.id}-%Y%m%d-%H%M%S.csv")
        try:
            export(Path(name), view.fields, snapshot)
        except OSError as failed:
            self.notify(f"{name}: {failed.strerror}", severity="error", markup=False)
        else:
            self.notify(f"{len(snapshot.things):,} {view.noun} in {name}", markup=False)

    def action_quit_now(self) -> None:
        """End the program, whatever is open."""
        self.exit()

    def action_help(self) -> None:
        """Every key."""
        from sockscope.widgets.help import HelpScreen  # noqa: PLC0415 - not for the first rows, as are others

        self.push_screen(HelpScreen())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """The palette: the actions that hold here, and the themes."""
        grouped = self._session.choices.grouping is not None
        for action in holding(self._session.active, grouped=grouped):
            if action.in_palette:
                yield SystemCommand(action.title, action.help, partial(self.run_action, action.action))
        for theme in THEMES:
            yield SystemCommand(
                f"Theme: {theme.name}", "Change the colours.", partial(self._wear, theme.name)
            )

    def _wear(self, theme: str) -> None:
        self.theme = theme
