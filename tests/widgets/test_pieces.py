"""Widgets that lie over one another: what shows is what Textual's own compositor shows, drawn once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sockscope.widgets.board import Board, Holder

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 20, 8


class Block(Widget):
    """Letters of its own, so that each of its cells can be told apart; notes which lines are drawn."""

    DEFAULT_CSS = "Block { layer: above; position: absolute; }"

    def __init__(self, letter: str, place: Region) -> None:
        super().__init__()
        self.letter = letter
        self.drawn: list[int] = []
        self.styles.offset = place.offset
        self.styles.width, self.styles.height = place.size

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        text = "".join(f"{self.letter}{(x + y) % 10}" for x in range(self.size.width))
        return Strip([Segment(text[: self.size.width])])


class Pile(App[None]):
    CSS = "Screen { layers: default above; }"

    def __init__(self, places: list[Region]) -> None:
        super().__init__()
        self.blocks = [Block(chr(ord("a") + number), place) for number, place in enumerate(places)]

    def get_default_screen(self) -> Board:
        return Board()

    def compose(self) -> ComposeResult:
        yield Holder(*self.blocks)


def shown(places: list[Region], look: Callable[[Pile], None]) -> None:
    async def run() -> None:
        app = Pile(places)
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await pilot.pause()
            look(app)

    asyncio.run(run())


def cells(strip: Strip) -> str:
    return "".join(segment.text for segment in strip)


regions = st.builds(
    Region, st.integers(-3, WIDTH), st.integers(-3, HEIGHT), st.integers(1, WIDTH), st.integers(1, HEIGHT)
)


@given(st.lists(regions, max_size=4), st.lists(regions, min_size=1, max_size=3))
def test_what_shows_is_what_textual_shows(places: list[Region], dirty: list[Region]) -> None:
    def look(app: Pile) -> None:
        ours, theirs = app.screen._compositor, Compositor()
        theirs.reflow(app.screen, app.size)
        whole = [cells(strip) for strip in theirs.render_strips()]
        assert [cells(strip) for strip in ours.render_strips()] == whole
        ours._dirty_regions = set(dirty)
        update = ours.render_partial_update()
        asked = {
            (x, y) for region in dirty for y in region.line_range for x in range(region.x, region.right)
        } & {(x, y) for x in range(WIDTH) for y in range(HEIGHT)}
        assert (update is None) == (not asked)
        if update is None:
            return
        assert {(x, y) for y, first, end in update.spans for x in range(first, end)} == asked
        drawn = {
            (start + place, y): sign
            for y, line in enumerate(update.chops)
            for start, strip in line.items()
            if strip is not None
            for place, sign in enumerate(cells(strip))
        }
        assert asked <= set(drawn)
        assert all(sign == whole[y][x] for (x, y), sign in drawn.items())

    shown(places, look)


def test_what_lies_behind_is_not_drawn() -> None:
    def look(app: Pile) -> None:
        behind, before = app.blocks
        behind._styles_cache.clear()
        before._styles_cache.clear()
        behind.drawn.clear()
        before.drawn.clear()
        app.screen._compositor.render_strips()
        assert behind.drawn == [0, 5]
        assert before.drawn == [0, 1, 2, 3]

    shown([Region(2, 1, 6, 6), Region(0, 2, 20, 4)], look)


def test_of_a_line_only_the_pieces_that_were_asked_for_are_drawn() -> None:
    def look(app: Pile) -> None:
        left, right = app.blocks
        for block in app.blocks:
            block._styles_cache.clear()
            block.drawn.clear()
        app.screen._compositor._dirty_regions = {Region(0, 3, 4, 2)}
        update = app.screen._compositor.render_partial_update()
        assert update is not None
        assert (left.drawn, right.drawn) == ([3, 4], [])

    shown([Region(0, 0, 10, 8), Region(10, 0, 10, 8)], look)
