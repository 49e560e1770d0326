"""The app: snapshots to the screen, keys to the session, wishes to the feed."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable
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
from sockscope.app.dashboard.feed import Arrived, Feed, SourceGone, Unmade
from sockscope.app.dashboard.picture import Picture
from sockscope.app.model.engine import Request, Snapshot
from sockscope.app.output.export import export, words_of_row
from sockscope.app.sources.base import Source
from sockscope.app.view import choices, ways
from sockscope.app.view.bars import Status
from sockscope.app.view.calm import Calm
from sockscope.app.view.session import Session
from sockscope.app.view.trail import Trail, leads
from sockscope.styles import SHEET
from sockscope.styles.themes import THEMES
from sockscope.widgets.grid import Grid, Place
from sockscope.widgets.help import HelpScreen
from sockscope.widgets.keys import TABS_OF, bindings
from sockscope.widgets.line import Line
from sockscope.widgets.paced import PacedApp
from sockscope.widgets.picker import Picker
from sockscope.widgets.question import Question

WHICH = "which"
"""The question for an address."""
STATES = "states"
"""The dialog of TCP states."""


class Dashboard(PacedApp):
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
        self, source: Source, session: Session, theme: str = THEMES[0].name, *, calm: bool = False
    ) -> None:
        super().__init__()
        self._session = session
        self._feed = Feed(source, session, self.post_message)
        self._picture = Picture()
        self._calm = Calm(calm)
        self._snapshot: Snapshot | None = None
        self._drawn: Request | None = None
        self._late = False
        self._places: dict[str, Place] = {}
        self._trail = Trail()
        self._paused_at = 0.0
        self._failure = ""
        self._awaited = False
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme

    def compose(self) -> ComposeResult:
        """The picture's parts."""
        yield from self._picture.widgets()

    def on_mount(self) -> None:
        """Begin to listen to the source."""
        self._picture.grid.focus()
        self._feed.start()
        self._draw()

    def on_ready(self) -> None:
        """What is there now stays: the garbage collector need not hold up the screen to look at it again."""
        gc.freeze()

    def on_unmount(self) -> None:
        """End the source and its threads."""
        self._feed.close()

    # What the feed tells

    @on(Arrived)
    def _arrived(self, message: Arrived) -> None:
        snapshot = message.snapshot
        back = self._feed.found()
        if snapshot.request.tab != self._session.active:
            return
        self._snapshot = snapshot
        self._feed.wonder(snapshot.questions)
        if self._awaited and snapshot.decided is not None:
            self._awaited = False
            self.call_after_refresh(self._picture.grid.go_to, snapshot.decided)
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
        if not self._exit:
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
        status = Status(now - self._paused_at if session.paused else None, self._feed.lost, calm)
        self._picture.draw_lines(snapshot, session, status, width)
        if snapshot is None:
            return
        if isinstance(self.screen, Picker) and self.screen.id == STATES:
            self.screen.update(choices.states(snapshot.states))
        if snapshot.request.tab == session.active:
            self._drawn = snapshot.request
            self._picture.draw_rows(snapshot, session, width)

    def on_resize(self, event: Resize) -> None:
        """Arrange what fits; then everything anew for the new width."""
        self._picture.fit(self.screen_stack[0], event.size)
        self.call_after_refresh(self._draw)

    def _ask(self) -> None:
        """Something was chosen that the next snapshot has to follow, and what stands around it at once."""
        self._feed.ask()
        self._draw()

    def _ask_from_the_top(self) -> None:
        """Other rows or another order: nothing of the old ones is drawn again."""
        self._picture.grid.to_top()
        self._feed.ask()

    # What the table and the lines tell

    @on(Grid.Opened)
    def _open(self, message: Grid.Opened) -> None:
        session = self._session
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

    @on(Line.Clicked, "#strip")
    def _state_clicked(self, message: Line.Clicked) -> None:
        if self._session.active != "connections":
            self.action_tab("connections")
        self.action_only(int(message.target))

    @on(Line.Clicked, "#footer")
    async def _key_clicked(self, message: Line.Clicked) -> None:
        await self.run_action(message.target, self._picture.grid if message.target == "open" else self)

    # What keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of one tab hold only there; while one types or a dialog is open, hardly any do."""
        if action in ("quit_now", "redraw"):
            return True
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
        session.go(tab)
        grid.restore(self._places.get(tab, Place()))
        self._feed.order()
        self._ask()

    def action_step_tab(self, by: int) -> None:
        """The next tab or the one before."""
        self.action_tab(self._session.step(by))

    def action_filter(self) -> None:
        """Type words; rows follow while one types."""
        self._picture.entry.open(self._session.choices.words)

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        if self._picture.entry.typing:
            self._session.filter(message.value)
            self._ask()

    def action_keep_filter(self) -> None:
        """Back to the table; the filter stays in force."""
        self._session.filter(self._picture.entry.value)
        self._end_typing()

    def _end_typing(self) -> None:
        self._picture.entry.close()
        self.screen.set_focus(self._picture.grid)
        self._ask()

    def action_follow(self) -> None:
        """To the row that the cursor's row belongs to."""
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
        out of the filter in force."""
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
        else:
            session.clear()
        self._ask()

    def action_only(self, state: int) -> None:
        """Only one TCP state, or all again."""
        self._session.only(state)
        self._ask_from_the_top()

    def action_all_states(self) -> None:
        """Every TCP state."""
        self._session.states(None)
        self._ask_from_the_top()

    def action_states(self) -> None:
        """Choose states from a list."""
        if self._snapshot is not None:
            states, chosen = choices.states(self._snapshot.states), self._session.choices.query.states
            self.push_screen(Picker("TCP states", states, chosen, opened_by="f", id=STATES))

    @on(Picker.Chosen, f"#{STATES}")
    def _states_chosen(self, message: Picker.Chosen[int]) -> None:
        self._session.states(None if message.every else message.chosen)
        self._ask_from_the_top()

    def action_sort(self) -> None:
        """Sort by the next column on the screen."""
        if self._snapshot is not None:
            window = self._picture.window(self._snapshot, self._session)
            self._session.sort_next([placed.column.id for placed in window.columns])
            self._ask_from_the_top()

    def action_reverse(self) -> None:
        """The other way round."""
        self._session.reverse()
        self._ask_from_the_top()

    def action_switch(self, name: str) -> None:
        """Turn over one of the tab's switches."""
        self._session.switch(name)
        self._feed.ask()

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
        key = self._picture.grid.cursor_key
        if self._snapshot is not None and key is not None:
            text = words_of_row(self._snapshot, self._session.columns, key)
            self.copy_to_clipboard(text)
            self.notify(f"copied: {text}", markup=False)

    def action_export(self) -> None:
        """What is shown, to a CSV file in the current directory."""
        snapshot, view = self._snapshot, self._session.view
        if snapshot is None or snapshot.rows is None:
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
