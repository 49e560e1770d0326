"""Groups in the running dashboard: chosen with a key, entered, and left again."""

from __future__ import annotations

import pytest

from sockscope.widgets.menu import Menu
from tests.fake import TIME_WAIT, frame, sockets
from tests.model.unix_tables import unix_table
from tests.test_dashboard import OWNERS, ROWS, Stage, stage


def crowd(more: int = 0) -> list[dict[str, object]]:
    near = [{"remote_address": "198.51.100.7", "cookie": 1 + place} for place in range(3)]
    far = [
        {"remote_address": "203.0.113.9", "cookie": 50 + place, "state": TIME_WAIT}
        for place in range(2 + more)
    ]
    return [*near, *far]


async def settled(on: Stage) -> None:
    """Only the crowd is there; what was there before no longer lingers."""
    for number in (1, 5):
        on.source.push(frame(number, sockets(*crowd())))
        await on.until(lambda: on.app._snapshot is not None and on.app._snapshot.frame.number == number)  # noqa: B023


def told(on: Stage) -> str:
    """What the notifications say."""
    return "\n".join(each.message for each in on.app._notifications)


async def by(on: Stage, digit: str) -> None:
    await on.press("b")
    assert isinstance(on.app.screen, Menu)
    await on.press(digit)
    await on.until(lambda: "grouped by" in on.line("filter"))


async def test_by_remote_address_largest_first_then_what_grows() -> None:
    async with stage() as on:
        await settled(on)
        await by(on, "1")
        await on.until(lambda: len(on.lines()) == 2)
        assert on.lines()[0].split()[:2] == ["198.51.100.7", "3"]
        assert "2 remote addresses of 5 sockets" in on.line("filter")
        on.source.push(frame(6, sockets(*crowd(more=8))))
        await on.until(
            lambda: on.lines()[0].split()[1:4] == ["203.0.113.9", "10", "+8"] or "+8" in on.lines()[0]
        )
        assert "10" in on.lines()[0].split()


async def test_into_a_group_and_back_to_the_same_place() -> None:
    async with stage() as on:
        await settled(on)
        await by(on, "1")
        await on.until(lambda: len(on.lines()) == 2)
        await on.press("j", "enter")
        await on.until(lambda: len(on.lines()) == 2 and "TIME_WAIT" in on.lines()[0])
        assert "dst 203.0.113.9" in on.line("filter")
        await on.press("escape")
        await on.until(lambda: "grouped by" in on.line("filter") and len(on.lines()) == 2)
        assert "filter" not in on.line("filter")
        await on.until(lambda: on.grid.cursor == 1)
        await on.press("escape")
        await on.until(lambda: len(on.lines()) == 5)


async def test_the_filter_in_force_holds_first() -> None:
    async with stage() as on:
        await settled(on)
        await on.press("T")
        await by(on, "1")
        await on.until(lambda: "1 remote address of 2 sockets" in on.line("filter"))


@pytest.mark.parametrize("digit", "123456789")
async def test_every_grouping_reads_at_every_width(digit: str) -> None:
    for size in ((80, 24), (120, 36), (200, 50)):
        async with stage(*size) as on:
            on.source.push(frame(1, ROWS, OWNERS))
            await by(on, digit)
            await on.until(lambda: on.lines() and "Count" in "".join(s.text for s in on.grid.render_line(0)))
            await on.press("enter")
            await on.until(lambda: "grouped by" not in on.line("filter") and on.lines())


async def test_the_menu_closes_and_nothing_leaves_the_groups() -> None:
    async with stage() as on:
        await on.press("b", "b")
        assert len(on.app.screen_stack) == 1
        await by(on, "4")
        await on.press("b", "G", "end", "enter")
        await on.until(lambda: len(on.lines()) == 5)


async def test_another_order() -> None:
    async with stage() as on:
        await settled(on)
        await by(on, "1")
        await on.press("s", "s")
        await on.until(lambda: "▼" in "".join(s.text for s in on.grid.render_line(0)))
        await on.press("S", "2")
        await on.press("1")
        await on.until(lambda: "grouped by" in on.line("filter"))


async def test_groups_can_be_copied_and_paused_and_follow_nothing() -> None:
    async with stage() as on:
        await by(on, "9")
        await on.press("y", "p", "m", "p", "M", "escape")
        await on.until(lambda: on.lines()[0].split()[:2] == ["-", "5"])


async def test_rates_show_in_groups_where_they_show_in_rows() -> None:
    async with stage(200, 50) as on:
        await settled(on)
        await by(on, "1")
        await on.until(lambda: len(on.lines()) == 2)
        assert "B/s" not in "".join(segment.text for segment in on.grid.render_line(0))
        on.app._session.chosen.choose(on.app._session.view, [*_ids(on), "rate"])
        on.app._ask()
        await on.until(lambda: "B/s" in "".join(segment.text for segment in on.grid.render_line(0)))
        assert "tcp_info" in on.source.orders[-1].wanted


def _ids(on: Stage) -> list[str]:
    return [column.id for column in on.app._session.columns]


async def test_the_history_of_a_group() -> None:
    async with stage() as on:
        await settled(on)
        await by(on, "1")
        await on.until(lambda: len(on.lines()) == 2)
        assert "⏎ rows" in on.line("footer")
        await on.press("j", "H")
        await on.until(lambda: "filter  dst 203.0.113.9" in on.line("filter"))
        assert on.app._session.active == "log"
        await on.press("b", "1")
        await on.until(lambda: "grouped by" in on.line("filter"))
        await on.press("escape", "escape")
        await on.until(lambda: on.app._session.active == "connections" and on.grid.cursor == 1)
        assert "grouped by" in on.line("filter")


async def test_what_the_log_does_not_tell_apart_is_said() -> None:
    async with stage() as on:
        await by(on, "9")
        await on.press("H")
        await on.until(lambda: "does not tell interfaces" in told(on))


async def test_groups_lead_nowhere() -> None:
    async with stage() as on:
        await on.press("6")
        on.source.push(frame(2, ROWS, {"unix": unix_table({"inode": 5, "path": "/run/x"}, {"inode": 6})}))
        await by(on, "3")
        assert "peer" not in on.line("footer")
        await on.press("o")
        await on.until(lambda: "Enter shows its rows" in told(on))
        await on.press("enter")
        await on.until(lambda: "peer" in on.line("footer") and len(on.lines()) == 1)


async def test_groups_stay_with_their_tab() -> None:
    async with stage() as on:
        await by(on, "4")
        await on.press("2", "1", "[", "]")
        await on.until(lambda: "grouped by" in on.line("filter"))
