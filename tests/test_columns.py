"""The dialog of columns in the dashboard."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest
from textual.widgets import OptionList

from sockscope.app.columnfile import remembered_columns
from sockscope.app.dashboard import Dashboard
from sockscope.widgets.picker import Picker
from tests.fake import frame, sockets
from tests.lab.need import require_root_and
from tests.test_dashboard import Stage, stage

if TYPE_CHECKING:
    from pathlib import Path

    from sockscope.app.view.session import Session
    from tests.fake import FakeSource

LONG = "2001:db8:1111:2222:3333:4444:5555:6666"


def items(on: Stage) -> dict[str, str]:
    """What the dialog says of each column, by title."""
    options = on.app.screen.query_one(OptionList)
    texts = [str(options.get_option_at_index(place).prompt) for place in range(options.option_count)]
    return {text[4:24].strip(): text[:3] + text[24:].rstrip() for text in texts}


async def go_to(on: Stage, title: str) -> None:
    on.app.screen.query_one(OptionList).highlighted = list(items(on)).index(title)
    await on.pilot.pause()


def head(on: Stage) -> str:
    return "".join(segment.text for segment in on.grid.render_line(0))


async def test_a_column_is_switched_on_collected_for_remembered_and_reset(tmp_path: Path) -> None:
    path = tmp_path / "columns.json"
    async with stage(make=partial(Dashboard, columns_file=path)) as on:
        assert "Mark" not in head(on)
        assert "marks" not in on.source.orders[-1].wanted
        await on.press("c")
        assert items(on)["Mark"] == "[ ]"
        assert items(on)["State"] == "[x]"
        await go_to(on, "Mark")
        await on.press("space")
        await on.until(lambda: "Mark" in head(on))
        assert "marks" in on.source.orders[-1].wanted
        assert remembered_columns(path) == {"connections": {"mark": True}}
        await on.press("r")
        await on.until(lambda: "Mark" not in head(on))
        assert "marks" not in on.source.orders[-1].wanted
        assert remembered_columns(path) == {}
        await on.press("c")
        assert not isinstance(on.app.screen, Picker)


async def test_the_dialog_tells_which_columns_have_no_room() -> None:
    async with stage(80) as on:
        await on.press("c")
        assert items(on)["Seen"].endswith("no room")
        await go_to(on, "Timer")
        await on.press("space")
        await on.until(lambda: "Timer" in head(on))
        assert items(on)["Timer"] == "[x]"
        await on.press("a")
        await on.until(lambda: items(on)["Cookie"].startswith("[x]"))
        assert items(on)["Cookie"].endswith("no room")
        assert "Foreign" in head(on)


async def test_a_file_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    require_root_and()  # to give a directory away
    os.chown(tmp_path, 65534, 65534)
    path = tmp_path / "columns.json"
    async with stage(make=partial(Dashboard, columns_file=path)) as on:
        await on.press("c", "space", "space")
        await on.until(lambda: on.app._notifications)
        assert [told.message for told in on.app._notifications] == [
            f"columns hold for this run only: {tmp_path} belongs to another user"
        ]
        assert not path.exists()


@pytest.mark.parametrize("wide", [False, True])
async def test_wide_shows_addresses_whole_though_other_columns_leave(wide: bool) -> None:
    def make(source: FakeSource, session: Session) -> Dashboard:
        session.wide = wide
        return Dashboard(source, session)

    async with stage(100, make=make) as on:
        ends = {"local_address": LONG, "remote_address": LONG}
        on.source.push(frame(1, sockets(ends)))
        await on.until(lambda: len(on.lines()) >= 1 and "2001" in "".join(on.lines()))
        assert any(f"[{LONG}]:443" in line and f"[{LONG}]:50001" in line for line in on.lines()) is wide
        assert wide or all(":443" in line and ":50001" in line for line in on.lines() if "2001" in line)
        assert ("Owner" in head(on)) is not wide


async def test_words_are_found_in_the_columns_that_show() -> None:
    async with stage() as on:
        rows = ({"inode": 987123, "cookie": 1}, {"inode": 5, "cookie": 2})
        on.source.push(frame(9, sockets(*rows)))
        await on.press("slash", *"987123", "enter")
        await on.until(lambda: any("hides all" in line for line in on.lines()))
        await on.press("c")
        await go_to(on, "Inode")
        await on.press("space", "escape")
        await on.until(lambda: len(on.lines()) == 1 and "987123" in on.lines()[0])
        assert "987123" in on.line("filter")
