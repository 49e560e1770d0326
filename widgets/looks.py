"""Makes `styles/looks.tsv`: the stylesheet and the themes, as Textual tells them to terminals."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from rich.color import ColorSystem
from rich.style import Style
from textual.app import ComposeResult
from textual.strip import Strip

from sockscope.styles import SHEET
from sockscope.styles.looks import BAR, COLOURS, SCREEN, USED, Terminal, line
from sockscope.styles.themes import THEMES
from sockscope.widgets.line import Line
from sockscope.widgets.tones import TonedApp

_SYSTEMS = (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD)
_LINES = {SCREEN: "tabs", BAR: "header"}
"""A line of the screen that lies on each ground."""


class _Sample(TonedApp):
    """Lines on each ground."""

    CSS_PATH: ClassVar[list[str | Path]] = [SHEET]  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        for each in THEMES:
            self.register_theme(each)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        for name in _LINES.values():
            yield Line(id=name)

    def look(self, ground: str, tone: str) -> Style:
        """How a tone looks on a line, after what Textual does to colours that are not wanted."""
        widget = self.query_one(f"#{_LINES[ground]}", Line)
        strip = widget.strip([], 1, widget.tone_style(tone) if tone else None)
        for each in self.get_line_filters():
            strip = strip.apply_filter(each, widget.background_colors[1])
        return next(style for _, style, _ in strip if style is not None)


async def _lines(*, plain: bool) -> list[str]:
    sample = _Sample()
    made = []
    async with sample.run_test() as pilot:
        for theme in THEMES:
            sample.theme = theme.name
            await pilot.pause()
            for ground, tone in USED:
                look = sample.look(ground, tone)
                for colours, system in zip(COLOURS, _SYSTEMS, strict=True):
                    sgr = Strip.render_ansi(look.copy(), system)
                    made.append(line(theme.name, Terminal(colours, plain), ground, tone, sgr))
    return made


def table() -> str:
    """The whole file."""
    before = os.environ.pop("NO_COLOR", None)
    try:
        coloured = asyncio.run(_lines(plain=False))
        os.environ["NO_COLOR"] = "1"
        return "\n".join(sorted([*coloured, *asyncio.run(_lines(plain=True))])) + "\n"
    finally:
        os.environ.pop("NO_COLOR")
        if before is not None:
            os.environ["NO_COLOR"] = before
