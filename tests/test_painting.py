"""What reaches the terminal for known changes: cells and lines are counted, not time."""

from __future__ import annotations

import gc
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen

from sockscope.app.dashboard import Dashboard, desk, sweep
from sockscope.app.model import engine
from sockscope.widgets.grid import Grid
from sockscope.widgets.lean import LeanUpdate
from sockscope.widgets.paced import all_of, spans_of
from sockscope.widgets.panel import Panel
from sockscope.widgets.shown import Shown
from tests.fake import FakeSource, frame, sockets
from tests.test_dashboard import Stage, stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from rich.console import RenderableType
    from textual.strip import Strip

    from sockscope.app.frames.table import Table
    from sockscope.app.view.session import Session

PLENTY = 1 << 30
CONNECTIONS = 200


class Watched(Dashboard):
    """Keeps what a terminal would get."""

    def __init__(self, source: FakeSource, session: Session, *, calm: bool = False) -> None:
        super().__init__(source, session, calm=calm)
        self.shown = Shown()
        self.sent = ""
        self.rendered = 0

    def forget_shown(self) -> None:
        super().forget_shown()
        self.shown.forget()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, LayoutUpdate):
            renderable = spans_of(screen, all_of(screen))
        if isinstance(renderable, ChopsUpdate):
            self.sent += LeanUpdate(renderable, self.shown, PLENTY).render_segments(self.console)


def calm(source: FakeSource, session: Session) -> Watched:
    return Watched(source, session, calm=True)


def places(sent: str) -> Mapping[int, int]:
    """How many cells were painted on which lines of the screen."""
    cells: dict[int, int] = {}
    for y, text in re.findall(r"\x1b\[(\d+);\d+H((?:\x1b\[[\d;]*m|[^\x1b])*)", sent):
        plain = re.sub(r"\x1b\[[\d;]*m", "", text)
        cells[int(y) - 1] = cells.get(int(y) - 1, 0) + len(plain)
    return cells


def crowd(**changed: object) -> Table:
    """Many sockets; what is given holds for the fourth."""
    rows = [
        {"remote_address": f"198.51.100.{number + 1}", "cookie": 1 + number} for number in range(CONNECTIONS)
    ]
    rows[3] = {**rows[3], **changed}
    return sockets(*rows)


class Watch(Stage):
    """A stage whose terminal is looked at."""

    app: Watched

    async def settle(self) -> None:
        await self.pilot.pause(0.05)

    async def tick(self, number: int, rows: Table) -> Mapping[int, int]:
        """Send a frame; the cells painted because of it."""
        await self.settle()
        self.app.sent = ""
        self.source.push(frame(number, rows))
        clock = frame(number, rows).wall
        await self.until(lambda: self.app._snapshot is not None and self.app._snapshot.frame.wall == clock)
        await self.settle()
        return places(self.app.sent)

    async def keys(self, *keys: str) -> Mapping[int, int]:
        """Press; the cells painted because of it."""
        await self.settle()
        self.app.sent = ""
        await self.press(*keys)
        await self.settle()
        return places(self.app.sent)


@asynccontextmanager
async def watch(make: type[Watched] = Watched) -> AsyncIterator[Watch]:
    async with stage(160, 50, make=make) as on:
        made = Watch(on.app, on.source, on.pilot)
        for number in (0, 1, 11, 12):  # until nobody counts single seconds any more
            await made.tick(number, crowd())
        yield made


def top(on: Watch) -> int:
    """The screen's line of the table's first row."""
    return on.grid.region.y + 1


async def test_with_nothing_new_only_the_clock_is_painted() -> None:
    async with watch() as on:
        painted = await on.tick(13, crowd())
        assert set(painted) == {0}
        assert painted[0] <= 8


async def test_of_a_row_that_changed_only_what_changed_is_painted() -> None:
    async with watch() as on:
        painted = await on.tick(13, crowd(rx_queue=77))
        assert set(painted) == {0, top(on) + 3}
        assert painted[top(on) + 3] <= 8


async def test_the_cursor_takes_two_lines_with_it() -> None:
    async with watch() as on:
        painted = await on.keys("j")
        assert painted == {top(on): 160, top(on) + 1: 160}


async def test_a_page_paints_the_table_and_nothing_else() -> None:
    async with watch() as on:
        painted = await on.keys("pagedown")
        assert set(painted) <= set(range(top(on), top(on) + on.grid.page))
        assert sum(painted.values()) < on.grid.page * 40  # of most rows only the address differs


async def test_no_line_is_drawn_twice_for_a_key() -> None:
    async with watch() as on:
        lines: list[int] = []
        render_line = Grid.render_line

        def counted(grid: Grid, y: int) -> Strip:
            lines.append(y)
            return render_line(grid, y)

        Grid.render_line = counted  # type: ignore[assignment,method-assign]
        try:
            await on.keys("j")
            assert len(lines) == 2
            lines.clear()
            await on.keys("pagedown")
            assert len(lines) <= on.grid.page + 1
        finally:
            Grid.render_line = render_line  # type: ignore[method-assign]


class Work:
    """What the loop of the screen does: pictures, lines drawn, widgets styled, layouts made, rows chosen."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.forget()
        patch.setattr(desk, "MOMENT", 10.0)
        self._count(patch, Dashboard, "_draw", "pictures")
        self._count(patch, Grid, "render_line", "rows")
        self._count(patch, Panel, "render_line", "lines")
        self._count(patch, Stylesheet, "apply", "styled")
        self._count(patch, Screen, "_refresh_layout", "layouts")
        self._count(patch, engine, "select", "chosen")

    def _count(self, patch: pytest.MonkeyPatch, holder: object, name: str, what: str) -> None:
        real = getattr(holder, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            setattr(self, what, getattr(self, what) + 1)
            return real(*arguments, **options)

        patch.setattr(holder, name, counted)

    def forget(self) -> None:
        self.pictures = self.rows = self.lines = self.styled = self.layouts = self.chosen = 0


async def test_opening_details_draws_every_line_once_and_chooses_no_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with watch() as on:
        work = Work(monkeypatch)
        for key in ("enter", "escape", "enter"):
            await on.settle()
            work.forget()
            await on.keys(key)
            await on.until(lambda: bool(on.details().strip()) == on.app.query_one("#aside").display)
            assert work.pictures == 1
            assert work.styled == 0
            assert work.layouts <= 2
            assert work.chosen == 0
            assert work.rows <= on.grid.page + 2
        assert work.lines <= 2 * on.app.query_one(Panel).size.height


@pytest.mark.parametrize("key", ["T", "s", "S", "p", "j", "pagedown", "G", "slash", "4"])
async def test_no_key_styles_widgets_or_draws_lines_twice(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watch() as on:
        work = Work(monkeypatch)
        await on.keys(key)
        assert work.pictures <= 1
        assert work.styled == 0
        assert work.layouts <= 2
        assert work.rows <= on.grid.page + 2
        assert work.chosen <= 1


async def test_a_dialog_paints_itself_and_nothing_around_it() -> None:
    async with watch() as on:
        for opens in ("f", "question_mark"):
            painted = await on.keys(opens)
            dialog = on.app.screen.query("OptionList, Panel").first().region
            assert set(painted) == set(range(dialog.y, dialog.bottom))
            assert max(painted.values()) <= dialog.width
            painted = await on.keys("escape")
            assert set(painted) <= set(range(dialog.y, dialog.bottom))


async def test_a_tick_without_news_draws_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watch() as on:
        work = Work(monkeypatch)
        await on.tick(13, crowd())
        assert (work.rows, work.styled, work.layouts) == (0, 0, 0)


async def test_a_redrawn_screen_is_sent_as_a_whole() -> None:
    async with watch() as on:
        await on.keys("ctrl+l")
        assert set(places(on.app.sent)) == set(range(50))


async def test_opening_the_filter_paints_no_row_again() -> None:
    async with watch() as on:
        painted = await on.keys("slash")
        table = range(top(on), top(on) + on.grid.page - 1)
        assert not set(painted) & set(table)


async def test_a_calm_dashboard_does_not_paint_every_tick() -> None:
    async with stage(160, 50, make=calm) as on:
        made = Watch(on.app, on.source, on.pilot)
        await made.settle()
        assert "● calm" in made.line("header")
        assert await made.tick(1, crowd()) == {}
        assert await made.keys("j")  # a key is answered all the same
        await made.press("T")
        await made.until(lambda: "TIME_WAIT" in made.line("filter"))


async def test_no_key_waits_for_old_garbage_and_ticks_collect_it(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []

    def begun(phase: str, told: dict[str, int]) -> None:
        if phase == "start" and told["generation"] == 2:
            collected.append(told["generation"])

    async with watch() as on:
        await on.settle()
        gc.callbacks.append(begun)
        try:
            for _ in range(5):
                await on.keys("enter", "j", "enter", "slash", "1", "escape", "s", "2", "1")
            assert not collected
            monkeypatch.setattr(sweep, "EVERY", 0.0)
            await on.tick(20, crowd())
            await on.until(lambda: collected)
        finally:
            gc.callbacks.remove(begun)
    assert gc.get_threshold()[2] < 1000


async def test_a_busy_engine_does_not_hold_up_what_stands_around_the_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with watch() as on:
        monkeypatch.setattr(on.app._feed, "ask", on.app._session.request)  # nobody answers
        await on.press("p")
        await on.until(lambda: "paused" in on.line("header"))
        assert on.app._snapshot is not None
        assert not on.app._snapshot.request.paused
