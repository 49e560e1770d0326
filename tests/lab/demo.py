"""`python -m tests.lab.demo`: sockscope inside a little server full of traffic, without trace afterwards.

Arguments are passed on to sockscope. A SYN flood comes once a minute.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import NoReturn

from tests.lab.need import missing
from tests.lab.program import ROOT
from tests.lab.world import World

_PEACE = 40.0
_FLOOD = 20.0
"""Seconds without and with a flood."""


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    """Build the world, run sockscope in it, take the world down; sockscope's exit status."""
    reason = missing("nft", "unshare")
    if reason:
        sys.stderr.write(f"the demonstration {reason}\n")
        return 1
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    with World() as world:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a key of sockscope's, not ours
        command = world.command([sys.executable, "-P", "-m", "sockscope.app", *arguments])
        return _watch(subprocess.Popen(command, cwd=ROOT), world)


def _watch(shown: subprocess.Popen[bytes], world: World) -> int:
    try:
        pause = _PEACE / 4
        while True:
            try:
                return shown.wait(timeout=pause)
            except subprocess.TimeoutExpired:
                world.flood(seconds=_FLOOD)
                pause = _PEACE + _FLOOD
    finally:
        shown.terminate()
        try:
            shown.wait(timeout=3)
        except subprocess.TimeoutExpired:
            shown.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
