"""Filters on the screen: typed, completed, recalled, pointed at, and made of cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockscope.app.dashboard import Dashboard
from sockscope.app.recall import Recall
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.session import Session
from sockscope.widgets.entry import Entry
from tests.fake import FakeSource
from tests.test_dashboard import Stage, stage


def entry(on: Stage) -> Entry:
    return on.app.screen_stack[0].query_one(Entry)


async def test_rows_follow_while_one_types() -> None:
    async with stage() as on:
        await on.press("slash")
        await on.type("state = time-wait or proc nginx")
        await on.until(lambda: len(on.lines()) == 5)  # a handshake counts for its listener's owner
        assert "Tab completes" in on.line("filter")
        await on.press("enter")
        assert "state = time-wait or proc nginx" in on.line("filter")
        await on.press("escape", "slash")
        await on.type("dst 198.51.100.0/24 and recvq > 0")
        await on.press("enter")
        await on.until(lambda: len(on.lines()) == 1)


@pytest.mark.parametrize("width", [80, 200])
async def test_a_mistake_is_pointed_at_and_the_last_good_filter_stays(width: int) -> None:
    async with stage(width=width) as on:
        await on.press("slash")
        await on.type("recvq > 0")
        await on.until(lambda: len(on.lines()) == 1)
        await on.type(" or dport = 70000")
        await on.until(lambda: "a port goes up to 65535" in on.line("filter"))
        line = on.line("filter")
        assert line.index("^") == 1 + len("recvq > 0 or dport = ")
        assert len(line) <= width
        if width > 80:
            assert "still: recvq > 0" in line
        assert on.app.check_action("keep_filter", ())
        await on.press("enter")  # has to be put right first
        assert entry(on).typing
        await on.press(*["backspace"] * 5)
        await on.type("50001")
        await on.press("enter")
        await on.until(lambda: len(on.lines()) == 2)
        assert not entry(on).typing


async def test_what_is_typed_goes_on_from_the_filter_in_force() -> None:
    async with stage() as on:
        await on.press("slash")
        await on.type("recvq > 0")
        await on.press("enter", "slash")
        await on.type(" or state time-wait")
        await on.press("enter")
        await on.until(lambda: len(on.lines()) == 2)
        assert "recvq > 0 or state time-wait" in on.line("filter")


async def test_how_it_was_read_is_told() -> None:
    async with stage() as on:
        await on.press("slash")
        await on.type("recvq > 0 or proc nginx and state listen")
        await on.until(lambda: "read as recvq > 0 or (proc = nginx and state = listen)" in on.line("filter"))


async def test_tab_completes_words_and_values() -> None:
    async with stage() as on:
        await on.press("slash")
        await on.type("dpo")
        await on.press("tab")
        assert entry(on).value == "dport "
        await on.press("tab")
        await on.until(lambda: ":50001" in on.line("filter"))
        assert entry(on).value.startswith("dport :")
        first = entry(on).value
        await on.press("tab")
        assert entry(on).value not in (first, "dport ")
        await on.press("shift+tab")
        assert entry(on).value == first
        await on.press("enter")
        await on.until(lambda: len(on.lines()) == 1)


async def test_earlier_filters_come_back_in_the_next_run_too(tmp_path: Path) -> None:
    file = tmp_path / "state" / "filters"

    def remembering(source: FakeSource, session: Session) -> Dashboard:
        return Dashboard(source, session, recall=Recall(file))

    async with stage(make=remembering) as on:
        for filter_ in ("recvq > 0", "proc nginx"):
            await on.press("slash", "ctrl+u")
            await on.type(filter_)
            await on.press("enter")
    assert file.read_text("utf-8") == "recvq > 0\nproc nginx\n"
    assert file.stat().st_mode & 0o777 == 0o600
    async with stage(make=remembering) as on:
        await on.press("slash")
        await on.type("x")
        await on.press("up")
        assert entry(on).value == "proc nginx"
        await on.press("up", "up")
        assert entry(on).value == "recvq > 0"
        await on.press("down", "down")
        assert entry(on).value == "x"


async def test_a_cell_becomes_a_filter() -> None:
    async with stage() as on:
        await on.until(lambda: len(on.lines()) == 5)
        await on.press("equals_sign")
        assert " filter " not in on.line("filter")  # no cell is chosen
        titles = [name for _, _, name in on.grid._head_spots]
        await on.press(*["right"] * (titles.index("remote") + 1))
        assert on.grid.cursor_cell[1] == "remote"
        await on.press("equals_sign")
        await on.until(lambda: len(on.lines()) == 1)
        assert "dst = 198.51.100.7:50001" in on.line("filter")
        await on.press("escape")
        await on.until(lambda: len(on.lines()) == 5)
        await on.press("exclamation_mark", "right", "exclamation_mark")
        await on.until(lambda: len(on.lines()) < 4)
        assert "and not state = " in on.line("filter")
        await on.press("escape", "slash")
        await on.type("zz or 198")
        await on.press("enter")
        await on.until(lambda: len(on.lines()) == 2)
        await on.press("equals_sign")
        await on.until(lambda: '("zz" or "198") and state = established' in on.line("filter"))


async def test_what_was_typed_in_one_tab_stays_there() -> None:
    async with stage() as on:
        await on.press("slash")
        await on.type("dport = :1")
        await on.press("enter", "6", "slash")
        await on.type("dport = :1")
        await on.until(lambda: "there is no field 'dport' here" in on.line("filter"))


def test_only_states_that_a_filter_leaves_are_collected() -> None:
    session = Session(VIEWS, "connections", 1.0, filter="state time-wait dport = :443")
    assert session.states_enough == frozenset({6})
    session.only(1)
    assert session.states_enough == frozenset()
    session.clear()
    session.filter("state time-wait or dport = :443")
    assert session.states_enough is None


def test_what_a_filter_excludes_leaves_every_other_state() -> None:
    left = Session(VIEWS, "connections", 1.0, filter="not state established").states_enough
    assert left is not None
    assert 1 not in left
    assert {6, 10, 12, 13} <= left
