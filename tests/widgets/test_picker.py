"""A list of things to choose from, whatever they are."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.widgets import OptionList

from sockscope.styles import SHEET
from sockscope.styles.themes import THEMES
from sockscope.widgets.picker import Picker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

ITEMS = [("proto", "Proto"), ("local", "Local Address"), ("owner", "[b]Owner")]


class Choosing(App[None]):
    """Keeps what was chosen."""

    CSS_PATH = [SHEET]  # noqa: RUF012 - as Textual has it

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str | None, frozenset[str], bool]] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def on_picker_chosen(self, message: Picker.Chosen[str]) -> None:
        self.told.append((message.control.id, message.chosen, message.every))


@asynccontextmanager
async def choosing(
    chosen: frozenset[str] | None, items: list[tuple[str, str]] = ITEMS
) -> AsyncIterator[tuple[Choosing, Pilot[None]]]:
    app = Choosing()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(Picker("Columns", items, chosen, opened_by="c", id="columns"))
        await pilot.pause()
        yield app, pilot


def lines(app: Choosing) -> list[str]:
    options = app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(place).prompt) for place in range(options.option_count)]


async def test_things_are_toggled_one_by_one() -> None:
    async with choosing(frozenset({"proto"})) as (app, pilot):
        assert lines(app) == ["[x] Proto ", "[ ] Local Address ", "[ ] [b]Owner "]
        await pilot.press("j", "space", "j", "enter", "k", "space")
        await pilot.pause()
        assert app.told == [
            ("columns", frozenset({"proto", "local"}), False),
            ("columns", frozenset({"proto", "local", "owner"}), True),
            ("columns", frozenset({"proto", "owner"}), False),
        ]
        assert lines(app) == ["[x] Proto ", "[ ] Local Address ", "[x] [b]Owner "]


async def test_everything_is_chosen_or_nothing() -> None:
    async with choosing(None) as (app, pilot):
        await pilot.press("a", "a")
        await pilot.pause()
        assert [(len(chosen), every) for _, chosen, every in app.told] == [(0, False), (3, True)]


async def test_other_words_leave_the_marks_and_the_place() -> None:
    async with choosing(frozenset({"local"})) as (app, pilot):
        await pilot.press("j")
        assert isinstance(app.screen, Picker)
        app.screen.update([("proto", "Proto"), ("local", "Local 2"), ("owner", "Owner")])
        assert lines(app) == ["[ ] Proto ", "[x] Local 2 ", "[ ] Owner "]
        assert app.screen.query_one(OptionList).highlighted == 1
        assert not app.told


@pytest.mark.parametrize("key", ["c", "escape", "q"])
async def test_it_is_closed_with_the_key_that_opened_it_too(key: str) -> None:
    async with choosing(None) as (app, pilot):
        await pilot.press(key)
        await pilot.pause()
        assert not isinstance(app.screen, Picker)


async def test_it_is_as_wide_as_its_longest_item_and_scrolls() -> None:
    items = [(str(number), "x" * 50 + f" {number}") for number in range(60)]
    async with choosing(None, items) as (app, pilot):
        options = app.screen.query_one(OptionList)
        assert 58 <= options.size.width <= 72
        assert options.region.height <= 24
        await pilot.press("end")
        await pilot.pause()
        assert options.highlighted == 59
