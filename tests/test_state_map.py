"""The map of TCP states in the running dashboard: it lives, can be walked in, and leads to the sockets."""

from __future__ import annotations

import pytest

from sockscope.app.model.states import CLOSE_WAIT, ESTABLISHED, LISTEN, SYN_RECV, SYN_SENT
from sockscope.app.view.mappage import SMALLEST
from sockscope.app.view.statemap import STATES
from sockscope.widgets.statemap import Drawing, StateMap
from tests.fake import TIME_WAIT, frame, sockets
from tests.test_dashboard import ROWS, Stage, stage


def shown(on: Stage) -> str:
    drawing = on.app.screen.query_one(Drawing)
    return "\n".join(
        "".join(segment.text for segment in drawing.render_line(y)) for y in range(drawing.size.height)
    )


def map_of(on: Stage) -> StateMap:
    assert isinstance(on.app.screen, StateMap)
    return on.app.screen


@pytest.mark.parametrize("size", [(80, 24), SMALLEST, (120, 36), (200, 50)])
async def test_every_state_and_its_words_are_on_one_screen(size: tuple[int, int]) -> None:
    async with stage(*size) as on:
        await on.press("M")
        for words in (
            "[ TIME_WAIT 1",
            "▐ ESTABLISHED 2",
            "[ SYN_RECV 1",
            "ESTABLISHED: open",
            "Many of them:",
        ):
            assert words in shown(on)
        assert ("Esc closes" in shown(on)) == (size != SMALLEST)


async def test_too_small_a_terminal_is_told_so() -> None:
    async with stage(70, 24) as on:
        await on.press("M")
        assert "the state map needs 78x20, this is 70x24" in shown(on)
        await on.press("escape")
        assert len(on.app.screen_stack) == 1


async def test_it_goes_on_living() -> None:
    async with stage() as on:
        await on.press("M")
        on.source.push(frame(1, sockets(*({"state": TIME_WAIT} for _ in range(7)))))
        await on.until(lambda: "TIME_WAIT 7 +" in shown(on))


async def test_arrows_and_letters_walk() -> None:
    async with stage() as on:
        await on.press("M", "up")
        assert map_of(on).chosen == SYN_RECV
        await on.press("up", "l")
        assert map_of(on).chosen == SYN_SENT
        await on.press("h")
        assert map_of(on).chosen == LISTEN
        assert "LISTEN: waits for connections" in shown(on)


async def test_enter_shows_the_sockets_in_that_state() -> None:
    async with stage(tab="routes") as on:
        await on.press("M", "up", "enter")
        await on.until(lambda: len(on.lines()) == 1)
        assert "SYN_RECV" in on.lines()[0]
        assert "state SYN_RECV" in on.line("filter")
        await on.press("M", "up", "enter")  # what is chosen already stays chosen
        await on.until(lambda: "state SYN_RECV" in on.line("filter"))


async def test_escape_changes_nothing() -> None:
    async with stage() as on:
        await on.press("M", "up", "escape")
        await on.until(lambda: len(on.lines()) == len(ROWS))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_every_state_can_be_clicked(size: tuple[int, int]) -> None:
    async with stage(*size) as on:
        await on.press("M")
        reached = set()
        for y, line in enumerate(shown(on).splitlines()):
            for x, character in enumerate(line):
                if character == "[":
                    await on.pilot.click(Drawing, offset=(x + 2, y))
                    assert f"▐{line[x + 1 : x + 8]}" in shown(on)
                    reached.add(map_of(on).chosen)
        assert reached == set(STATES) - {ESTABLISHED}


async def test_a_second_click_chooses() -> None:
    async with stage() as on:
        await on.press("M")
        y, line = next((y, line) for y, line in enumerate(shown(on).splitlines()) if "CLOSE_WAIT" in line)
        await on.pilot.click(Drawing, offset=(line.index("CLOSE_WAIT"), y), times=2)
        await on.until(lambda: on.app._session.choices.query.states == frozenset({CLOSE_WAIT}))
