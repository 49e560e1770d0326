"""Tones belong to the app: another theme reaches every line that is drawn in them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult

from sockscope.app.view.cells import Cell
from sockscope.styles import SHEET
from sockscope.styles.themes import THEMES
from sockscope.widgets.line import Line
from sockscope.widgets.tones import TonedApp


class OneLine(TonedApp):
    """An alarm on a line."""

    CSS_PATH: ClassVar[list[str | Path]] = [SHEET]  # type: ignore[assignment]

    def compose(self) -> ComposeResult:
        yield Line(id="tabs")

    def on_mount(self) -> None:
        """What every theme colours differently."""
        self.query_one(Line).show([Cell("full", "alarm")])


async def test_another_theme_draws_every_line_anew() -> None:
    app = OneLine()
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = THEMES[0].name
    seen = []
    async with app.run_test(size=(20, 5)) as pilot:
        for theme in THEMES[:2]:
            app.theme = theme.name
            await pilot.pause()
            screen = app.screen._compositor.render_strips()
            seen.append(next(style for text, style, _ in screen[0] if text == "full" and style))
    told = [theme.variables["tone-alarm"] for theme in THEMES[:2]]
    assert [style.color and style.color.name for style in seen] == told
