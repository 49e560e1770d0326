"""The Unix tab in the running dashboard: its rows, its switch, and the way to the peer and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fake import frame
from tests.model.test_unix import SCENE, WAITING
from tests.test_dashboard import ROWS, Stage, stage
from tests.view.test_unix import OWNERS


@asynccontextmanager
async def unix(width: int = 120) -> AsyncIterator[Stage]:
    """The tab with the sockets of tests/model/test_unix.py, the cursor on the first."""
    async with stage(width, tab="unix") as on:
        on.source.push(frame(1, ROWS, {"unix": SCENE, "unix_waiting": WAITING}, OWNERS))
        await on.until(lambda: len(on.lines()) == len(SCENE))
        yield on


async def test_what_the_tab_asks_for() -> None:
    async with unix() as on:
        wanted = on.source.orders[-1].wanted
        assert {"unix", "unix_waiting", "owners"} <= wanted
        assert "sockets" not in wanted
        await on.press("1")
        assert "unix" not in on.source.orders[-1].wanted


async def test_at_80_columns_what_matters_is_there() -> None:
    async with unix(80) as on:
        shown = "\n".join(on.lines())
        for words in ("LISTENING", "@srv", "server 100", "server ↑ 100", "closed"):
            assert words in shown


async def test_only_listeners() -> None:
    async with unix() as on:
        await on.press("l")
        await on.until(lambda: len(on.lines()) == 1)
        await on.press("l")
        await on.until(lambda: len(on.lines()) == len(SCENE))


async def test_to_the_peer_and_back() -> None:
    async with unix() as on:
        await on.press("g", "j", "j")
        origin = on.grid.cursor_key
        assert origin == 511, "the accepted end stands under its listener"
        await on.press("o")
        assert on.grid.cursor_key == 512
        await on.press("escape")
        assert on.grid.cursor_key == origin


async def test_details_follow_to_the_peer() -> None:
    async with unix() as on:
        await on.press("g", "j", "j", "enter")
        await on.until(lambda: "client 200" in on.details())
        await on.press("o")
        await on.until(lambda: "server 100" in on.details() and "none: it was never bound" in on.details())
        await on.press("escape")
        await on.until(lambda: "client 200" in on.details())


async def test_escape_after_moving_on_does_not_jump_back() -> None:
    async with unix() as on:
        await on.press("g", "j", "j", "o", "j")
        key = on.grid.cursor_key
        await on.press("escape")
        assert on.grid.cursor_key == key


async def test_a_row_that_leads_nowhere_says_why() -> None:
    async with unix() as on:
        await on.press("g", "j")
        await on.press("o")
        assert "a listener has no peer" in messages(on)


async def test_a_hidden_peer_is_told_of() -> None:
    async with unix() as on:
        await on.press("slash", *"13", "enter")
        await on.until(lambda: len(on.lines()) == 1)
        before = on.grid.cursor_key
        assert before == 513
        await on.press("o")
        assert on.grid.cursor_key == before
        assert "the listener is hidden: Esc clears the filter" in messages(on)


def messages(on: Stage) -> str:
    return "\n".join(notification.message for notification in on.app._notifications)
