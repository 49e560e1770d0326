"""The dashboard against a made-up source: what is shown, what keys do, what is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from sockscope.app.dashboard import Dashboard
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.session import Session
from sockscope.widgets.grid import Grid
from sockscope.widgets.help import HelpScreen
from sockscope.widgets.line import Line
from sockscope.widgets.panel import ABOVE, BELOW, Panel
from sockscope.widgets.picker import Picker
from tests.fake import LISTEN, SYN_RECV, TIME_WAIT, FakeSource, frame, owners, sockets
from tests.lab.sockets import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from sockscope.app.frames.frame import Frame

LISTENER = {
    "state": LISTEN,
    "remote_address": "0.0.0.0",
    "remote_port": 0,
    "inode": 77,
    "rx_queue": 0,
    "tx_queue": 128,
}
ROWS = sockets(
    {"remote_address": "198.51.100.7", "inode": 70},
    {"remote_address": "198.51.100.8", "inode": 71, "rx_queue": 52},
    {"remote_address": "203.0.113.9", "state": TIME_WAIT, "timer": 3, "expires": 30_000},
    {"remote_address": "203.0.113.10", "state": SYN_RECV},
    LISTENER,
)
OWNERS = owners((70, 1054, "nginx"), (71, 1055, "nginx"), (77, 1053, "nginx"), (77, 1054, "nginx"))


class Stage:
    """The running app, and words for what a test wants to know of it."""

    def __init__(self, app: Dashboard, source: FakeSource, pilot: Pilot[None]) -> None:
        self.app, self.source, self.pilot = app, source, pilot

    @property
    def grid(self) -> Grid:
        return self.app.screen_stack[0].query_one(Grid)

    def lines(self) -> list[str]:
        """What the table shows, without its titles and blank lines."""
        shown = [
            "".join(segment.text for segment in self.grid.render_line(y))
            for y in range(1, self.grid.page + 1)
        ]
        return [line.rstrip() for line in shown if line.strip()]

    def line(self, name: str) -> str:
        return self.app.screen_stack[0].query_one(f"#{name}", Line).text

    def details(self) -> str:
        panel = self.app.screen_stack[0].query_one(Panel)
        if not self.app.screen_stack[0].query_one("#aside").display:
            return ""
        return "\n".join(
            "".join(segment.text for segment in panel.render_line(y)) for y in range(panel.size.height)
        )

    async def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            await self.pilot.pause(0.01)
            if condition():
                return
        shown = [self.line("header"), self.line("filter"), *self.lines(), self.details()]
        raise AssertionError("never came true; the screen shows\n" + "\n".join(shown))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Enter a text as it comes over a line: one key after the other, none waiting for what it does."""
        driver = self.app._driver
        assert driver is not None
        for character in text:
            driver.send_message(Key(_character_to_key(character), character))
        await self.pilot.pause()


@asynccontextmanager
async def stage(
    width: int = 120,
    height: int = 36,
    tab: str = "connections",
    make: Callable[[FakeSource, Session], Dashboard] = Dashboard,
    first: Frame | None = None,
) -> AsyncIterator[Stage]:
    source = FakeSource()
    app = make(source, Session(VIEWS, tab, 1.0))
    async with app.run_test(size=(width, height), notifications=True) as pilot:
        made = Stage(app, source, pilot)
        source.push(frame(0, ROWS, OWNERS) if first is None else first)
        await made.until(lambda: made.app.screen_stack[0].query_one("#strip", Line).text)
        yield made
    assert source.closed


async def test_every_socket_is_a_row() -> None:
    async with stage() as on:
        await on.until(lambda: len(on.lines()) == 5)
        shown = "\n".join(on.lines())
        assert "198.51.100.7:50001" in shown
        assert "nginx 1054" in shown
        assert "nginx ↑ 1053 +1" in shown  # SYN_RECV carries its listener's owner
        assert [line.split()[5] for line in on.lines() if "203.0.113.9:" in line] == ["TIME_WAIT"]
        assert "LISTEN" in on.lines()[-1]  # the unspecified address sorts last


async def test_the_strip_counts_every_state() -> None:
    async with stage() as on:
        strip = on.line("strip")
        for part in ("ESTABLISHED 2", "SYN_RECV 1", "TIME_WAIT 1", "LISTEN 1"):
            assert part in strip


async def test_a_key_isolates_a_state_and_lifts_it_again() -> None:
    async with stage() as on:
        await on.press("T")
        await on.until(lambda: len(on.lines()) == 1)
        assert "TIME_WAIT" in on.lines()[0]
        assert "state TIME_WAIT" in on.line("filter")
        assert "1 of 5" in on.line("filter")
        await on.press("T")
        await on.until(lambda: len(on.lines()) == 5)
        await on.press("E")
        await on.until(lambda: len(on.lines()) == 2)
        await on.press("A")
        await on.until(lambda: len(on.lines()) == 5)


async def test_a_state_without_sockets_says_so() -> None:
    async with stage() as on:
        await on.press("C")
        await on.until(lambda: "no socket is in CLOSE_WAIT (Esc shows all 5)" in "".join(on.lines()))
        await on.press("escape")
        await on.until(lambda: len(on.lines()) == 5)


async def test_the_picker_toggles_states_one_by_one() -> None:
    async with stage() as on:
        await on.press("f")
        await on.until(lambda: isinstance(on.app.screen, Picker))
        await on.press("space")  # ESTABLISHED off
        await on.until(lambda: len(on.lines()) == 3)
        await on.press("j", "enter")  # SYN_RECV off
        await on.until(lambda: len(on.lines()) == 2)
        await on.press("escape")
        await on.until(lambda: not isinstance(on.app.screen, Picker))
        assert "ESTABLISHED" not in on.line("filter")
        await on.press("A")
        await on.until(lambda: len(on.lines()) == 5)


async def test_typing_filters_and_escape_lifts_it() -> None:
    async with stage() as on:
        await on.press("slash", *"113.9")
        await on.until(lambda: len(on.lines()) == 1)
        await on.press("enter")
        assert "113.9" in on.line("filter")
        assert on.app.focused is on.grid
        await on.press("slash", "backspace", *"10 syn")
        await on.until(lambda: len(on.lines()) == 1 and "SYN_RECV" in on.lines()[0])
        await on.press("escape")
        await on.until(lambda: len(on.lines()) == 5)


async def test_a_filter_that_hides_everything_says_so() -> None:
    async with stage() as on:
        await on.press("slash", *"zzz", "enter")
        await on.until(lambda: "the filter hides all 5 sockets (Esc clears it)" in "".join(on.lines()))


async def test_sorting_goes_through_the_columns_and_round() -> None:
    async with stage() as on:
        await on.press("s")  # from Foreign Address to State
        await on.until(lambda: "ESTABLISHED" in on.lines()[0])
        await on.press("S")
        await on.until(lambda: "LISTEN" in on.lines()[0])


async def test_a_click_on_a_title_sorts() -> None:
    async with stage() as on:
        await on.pilot.click(Grid, offset=(10, 0))  # Recv-Q: largest first
        await on.until(lambda: on.lines()[0].split()[1] == "52")
        await on.pilot.click(Grid, offset=(10, 0))
        await on.until(lambda: on.lines()[-1].split()[1] == "52")


async def test_the_cursor_stays_on_its_row_when_rows_come_above_it() -> None:
    async with stage() as on:
        await on.press("j", "j")
        key = on.grid.cursor_key
        before = on.grid.cursor
        more = [{"remote_address": f"1.2.3.{n}", "cookie": 100 + n} for n in range(40)]
        more += [{"remote_address": f"220.0.0.{n}", "cookie": 200 + n} for n in range(40)]
        mixed = sockets(
            *more,
            {"remote_address": "198.51.100.7", "cookie": 1},
            {"remote_address": "198.51.100.8", "cookie": 2},
            {"remote_address": "203.0.113.9", "state": TIME_WAIT, "cookie": 3},
        )
        line = on.grid.cursor - round(on.grid.scroll_offset.y)
        on.source.push(frame(1, mixed, OWNERS))
        await on.until(lambda: on.grid.cursor == before + 40)
        assert on.grid.cursor_key == key
        assert on.grid.cursor - round(on.grid.scroll_offset.y) == line


async def test_when_the_cursors_row_closes_it_lingers_and_then_the_next_one_is_taken() -> None:
    async with stage() as on:
        await on.press("j")
        rest = sockets({"cookie": 1, "inode": 70}, {"cookie": 3, "remote_address": "203.0.113.9"})
        on.source.push(frame(1, rest, OWNERS))
        await on.until(lambda: "ESTABLISHED 2" in on.line("strip") and "LISTEN 0" not in on.line("header"))
        assert on.grid.cursor_key == 2
        for number in range(2, 6):
            on.source.push(frame(number, rest, OWNERS))
            await on.pilot.pause(0.05)
        await on.until(lambda: len(on.lines()) == 2)
        assert on.grid.cursor_key in (1, 3)


async def test_new_rows_are_marked() -> None:
    async with stage() as on:
        on.source.push(frame(1, sockets({"cookie": 1}, {"cookie": 9, "remote_address": "192.0.2.1"}), OWNERS))
        await on.until(lambda: any(line.startswith("▎") for line in on.lines()))
        marked = next(line for line in on.lines() if line.startswith("▎"))
        assert marked.split()[4] == "192.0.2.1:50002"


async def test_details_that_have_no_room_scroll_and_stay_where_they_are() -> None:
    async with stage(80, 24) as on:
        await on.press("enter")
        await on.until(lambda: "198.51.100.7:50001" in on.details())
        begins = on.details().splitlines()

        def first() -> str:
            return on.details().splitlines()[0].rstrip(f" {ABOVE}")

        await on.press("J")
        await on.until(lambda: first() == begins[5].rstrip())
        on.source.push(frame(1, sockets({"cookie": 1}, {"cookie": 9, "remote_address": "192.0.2.1"}), OWNERS))
        await on.until(lambda: any("192.0.2.1" in line for line in on.lines()))
        assert first() == begins[5].rstrip()
        await on.press("K")
        await on.until(lambda: first() == begins[0].rstrip())


async def test_details_open_follow_and_close() -> None:
    async with stage() as on:
        await on.press("enter")
        await on.until(lambda: "198.51.100.7:50001" in on.details())
        assert "nginx 1054" in on.details()
        await on.press("j")
        await on.until(lambda: "198.51.100.8:50002" in on.details())
        await on.press("escape")
        await on.until(lambda: not on.app.screen.query_one("#aside").display)


async def test_details_opened_again_are_those_of_another_row() -> None:
    async with stage() as on:
        for peer in ("198.51.100.7:50001", "198.51.100.8:50002", "203.0.113.9:50003"):
            await on.press("enter")
            await on.until(on.details)
            await on.pilot.pause(0.05)
            assert peer in on.details()
            await on.press("escape", "j")
            await on.until(lambda: not on.details())


async def test_details_that_have_no_room_say_that_there_are_more() -> None:
    async with stage(80, 24) as on:
        await on.press("enter")
        await on.until(on.details)
        lines = on.details().splitlines()
        assert [line[-1] for line in lines] == [*" " * (len(lines) - 1), BELOW]
        await on.press("J")
        await on.until(lambda: on.details().splitlines()[0].endswith(ABOVE))
        await on.press(*"JJJJJJJJJ")
        await on.until(lambda: BELOW not in on.details())
        lines = on.details().splitlines()
        assert [line[-1] for line in lines] == [ABOVE, *" " * (len(lines) - 1)]
        await on.press(*"KKKKKKKKKK")
        await on.until(lambda: ABOVE not in on.details())


async def test_pause_holds_the_screen_while_frames_go_on() -> None:
    async with stage() as on:
        await on.press("p")
        await on.until(lambda: "paused" in on.line("header"))
        assert on.source.orders[-1].paused
        on.source.push(frame(1, sockets({"cookie": 1}), OWNERS))
        await on.pilot.pause(0.2)
        assert len(on.lines()) == 5
        assert "TIME_WAIT 1" in on.line("strip")
        await on.press("T")
        await on.until(lambda: len(on.lines()) == 1)  # one can still look around
        await on.press("T", "p")
        await on.until(lambda: "TIME_WAIT 0" in on.line("strip"))


async def test_only_what_a_tab_shows_is_asked_for() -> None:
    async with stage() as on:
        assert "sockets" in on.source.orders[-1].wanted
        await on.press("5")
        assert on.source.orders[-1].wanted == {"counters"}
        await on.press("i")
        assert on.source.orders[-1].wanted == {"counters", "interface_counters"}
        await on.press("i")
        assert on.source.orders[-1].wanted == {"counters"}
        await on.press("7")
        assert on.source.orders[-1].wanted == {"groups"}
        await on.press("5", "left_square_bracket")
        assert "links" in on.source.orders[-1].wanted


async def test_interval_and_refresh_are_told_to_the_sampler() -> None:
    async with stage() as on:
        await on.press("plus")
        assert on.source.orders[-1].interval == 2.0
        assert "every 2 s" in on.line("header")
        await on.press("minus", "minus")
        assert on.source.orders[-1].interval == 0.5
        before = on.source.orders[-1].refresh
        await on.press("r")
        assert on.source.orders[-1].refresh == before + 1


async def test_a_lost_sampler_is_said_and_started_again() -> None:
    async with stage() as on:
        await on.press("T")
        on.source.lose("the sampler ended (killed by signal 9)")
        await on.until(lambda: "lost" in on.line("header"))
        await on.until(lambda: on.source.restarts == 1)
        on.source.push(frame(1, ROWS, OWNERS))
        await on.until(lambda: "live" in on.line("header"))
        assert len(on.lines()) == 1  # the view is as it was


async def test_listening_shows_queues_and_owners() -> None:
    async with stage(tab="listening") as on:
        await on.until(lambda: len(on.lines()) == 1)
        assert "0/128" in on.lines()[0]
        assert "nginx 1053 +1" in on.lines()[0]
        assert "any v4" not in on.lines()[0]


async def test_help_names_every_action() -> None:
    async with stage() as on:
        await on.press("question_mark")
        await on.until(lambda: isinstance(on.app.screen, HelpScreen))
        await on.press("escape")
        await on.until(lambda: not isinstance(on.app.screen, HelpScreen))


@pytest.mark.parametrize("size", [(59, 24), (80, 14)])
async def test_a_terminal_that_is_too_small_says_how_large_it_must_be(size: tuple[int, int]) -> None:
    async with stage(*size) as on:
        await on.until(lambda: "needs 60x15" in on.line("small"))
        await on.pilot.resize_terminal(80, 24)
        await on.until(lambda: not on.app.screen.has_class("-small"))
        await on.until(lambda: len(on.lines()) == 5)


async def test_keys_do_nothing_that_cannot_be_seen() -> None:
    async with stage(50, 12) as on:
        asked = on.app._session.request()
        await on.press("s", "T", "f", "b", "4", "enter", "slash", "p", "e")
        await on.pilot.pause(0.05)
        assert on.app._session.request() == asked
        assert len(on.app.screen_stack) == 1
        await on.press("q")
        await on.until(lambda: on.app._exit)


@pytest.mark.parametrize("typing", [False, True])
async def test_keys_are_where_they_were_after_a_terminal_was_too_small(*, typing: bool) -> None:
    async with stage(80, 24) as on:
        if typing:
            await on.press("slash", "n")
        await on.pilot.resize_terminal(50, 12)
        await on.until(lambda: on.app.screen.has_class("-small"))
        await on.pilot.pause(0.05)
        await on.pilot.resize_terminal(80, 24)
        await on.until(lambda: not on.app.screen.has_class("-small"))
        await on.until(lambda: on.app.screen.focused is not None)
        if typing:
            await on.press("g", "enter")
            await on.until(lambda: "ng" in on.line("filter"))
        else:
            await on.press("enter")
            await on.until(lambda: "198.51.100.7:50001" in on.details())


async def test_titles_fit_before_anything_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(160, 40) as on:
        monkeypatch.setattr(on.app, "_draw", lambda: None)
        await on.pilot.resize_terminal(80, 24)
        await on.until(lambda: on.grid.size.width == 80)
        titles = "".join(segment.text for segment in on.grid.render_line(0))
        rows = on.grid._rows
        assert rows is not None
        wanted = "".join(cell.text for cell in rows.wide(on.grid._measured).head()[0])
        assert titles.rstrip() == wanted.rstrip()


async def test_hostile_names_reach_the_screen_as_text() -> None:
    async with stage() as on:
        hostile = owners((70, 1, "\x1b[31m[bold]x[/bold]\n"))
        on.source.push(frame(1, ROWS, hostile))
        await on.until(lambda: any("^[[31m[bold]" in line for line in on.lines()))
        await on.press("enter")
        await on.until(lambda: "^[[31m" in on.details())


async def test_copying_a_row_gives_its_words() -> None:
    async with stage() as on:
        await on.press("j", "y")
        assert on.app.clipboard.startswith("tcp 52 0 10.0.0.5:443 198.51.100.8:50002 ESTABLISHED nginx 1055")
