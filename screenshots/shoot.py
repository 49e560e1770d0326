"""Runs the dashboard without a terminal where it is started, and saves what it shows as SVG."""

from __future__ import annotations

import asyncio
import re
import sys
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from screenshots.scenes import SCENES, Scene
from sockscope.app.dashboard import Dashboard
from sockscope.app.dashboard.picture import WIDE
from sockscope.app.settings import Settings
from sockscope.app.sources.child import sampler
from sockscope.app.sources.local import LocalSampler
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.session import Session

WATCHES = 12.0
"""Seconds of watching before the first picture."""
FONT, ADVANCE = "DejaVu Sans Mono", 1233 / 2048
"""A font and the width of its letters as part of its size."""
CELL = 12.2
"""Width of a terminal cell in Textual's pictures."""
LOOKS = 2.2
"""Seconds in each tab before its picture: two samples make a rate."""


async def shoot(folder: Path, scenes: list[Scene], width: int, height: int) -> None:
    """Save a picture of each scene at one size; all have the same columns and namespaces."""
    asked = Settings(netns=scenes[0].netns)
    chosen = Chosen(scenes[0].columns, asked.asked_columns)
    source = LocalSampler(sampler(asked.share, asked.netns))
    app = Dashboard(source, Session(VIEWS, "connections", 1.0, chosen=chosen))
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause(WATCHES)
        for scene in scenes:
            await pilot.press(scene.tab)
            await pilot.pause(LOOKS)
            await pilot.press(*scene.keys, *(scene.narrow if width < WIDE else ()))
            await pilot.pause(scene.watches + (LOOKS if scene.keys else 0))
            svg = app.export_screenshot(title="sockscope")
            (folder / f"{scene.name}-{width}x{height}.svg").write_text(_placed(svg))
            await pilot.press(*scene.back)


def _placed(svg: str) -> str:
    """The picture with a font that is there instead of one from the network, and every word at its own place.

    The font's size is the one at which its letters fill the cells; not every renderer stretches runs with
    blanks in the same way.
    """
    without = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    sized = without.replace("font-size: 20px", f"font-size: {CELL / ADVANCE:.3f}px").replace(
        "Fira Code", FONT
    )
    return re.sub(r"<text([^>]* textLength[^>]*)>([^<]*)</text>", _words, sized)


def _words(run: re.Match[str]) -> str:
    attributes = re.sub(r' textLength="[^"]*"', "", run[1])
    start = float(re.search(r' x="([^"]*)"', attributes)[1])  # type: ignore[index]  # Textual always places runs
    letters = re.findall(r"&[a-z0-9#]+;|.", run[2])
    made, at = "", 0
    for blank, group in groupby(letters, lambda letter: letter == "&#160;"):
        word = list(group)
        if not blank:
            where = re.sub(r' x="[^"]*"', f' x="{start + at * CELL:g}"', attributes)
            made += f"<text{where}>{''.join(word)}</text>"
        at += len(word)
    return made


def main() -> None:
    """`shoot.py FOLDER WIDTH HEIGHT NAME ...`."""
    folder, width, height, names = Path(sys.argv[1]), *map(int, sys.argv[2:4]), set(sys.argv[4:])
    scenes = [scene for scene in SCENES if scene.name in names]
    for _, alike in groupby(scenes, lambda scene: (scene.columns, scene.netns)):
        asyncio.run(shoot(folder, list(alike), width, height))


if __name__ == "__main__":
    main()
