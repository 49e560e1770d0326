"""Takes every tab at two sizes from the lab's little server: `python screenshots/take.py [NAME ...]`.

Needs root (network namespaces) and rsvg-convert. With names (`connections`, `routes-details` ...) only
those are taken.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from screenshots.scenes import SCENES, SIZES  # noqa: E402
from tests.lab.world import World  # noqa: E402

SETTLES = 20.0
"""Seconds until enough has happened in the little server for histories to show."""


def main(names: list[str]) -> int:
    """Build the world, take pictures inside it, convert them."""
    chosen = [scene.name for scene in SCENES if not names or scene.name in names]
    with World() as world:
        time.sleep(SETTLES)
        for width, height in SIZES:
            world.flood(seconds=60)
            command = [sys.executable, str(HERE / "shoot.py"), str(HERE), str(width), str(height), *chosen]
            subprocess.run(world.command(command), check=True, cwd=HERE.parent)
    for name in chosen:
        for width, height in SIZES:
            picture = HERE / f"{name}-{width}x{height}"
            subprocess.run(["rsvg-convert", "-o", f"{picture}.png", f"{picture}.svg"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
