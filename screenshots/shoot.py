"""Runs the dashboard without a terminal where it is started, and saves what it shows as SVG."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from screenshots.scenes import SCENES, SIZES, Scene
from sockscope.app.dashboard import Dashboard
from sockscope.app.sources.local import LocalSampler
from sockscope.app.start import OPTIONAL
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.session import Session

WATCHES = 12.0
"""Seconds of watching before the first picture."""
LOOKS = 2.2
"""Seconds in each tab before its picture: two samples make a rate."""


async def shoot(folder: Path, scenes: list[Scene], width: int, height: int) -> None:
    """Save a picture of each scene at one size."""
    app = Dashboard(LocalSampler(), Session(VIEWS, "connections", 1.0, hidden=OPTIONAL))
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause(WATCHES)
        for scene in scenes:
            await pilot.press(scene.tab)
            await pilot.pause(LOOKS)
            await pilot.press(*scene.keys)
            await pilot.pause(LOOKS if scene.keys else 0)
            svg = app.export_screenshot(title="sockscope")
            (folder / f"{scene.name}-{width}x{height}.svg").write_text(_local_font(svg))
            await pilot.press(*scene.back)


def _local_font(svg: str) -> str:
    """Textual's pictures load a font over the network; ours name one that is there."""
    without = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return without.replace("Fira Code", "DejaVu Sans Mono")


def main() -> None:
    """`shoot.py FOLDER NAME ...`."""
    folder, names = Path(sys.argv[1]), set(sys.argv[2:])
    scenes = [scene for scene in SCENES if scene.name in names]
    for width, height in SIZES:
        asyncio.run(shoot(folder, scenes, width, height))


if __name__ == "__main__":
    main()
