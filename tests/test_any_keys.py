"""Whatever is pressed, in whatever order and at whatever size: the program goes on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from sockscope.app.actions import ACTIONS
from tests.fake import frame, sockets
from tests.test_dashboard import OWNERS, stage

if TYPE_CHECKING:
    from pathlib import Path

PRESSES = 120
SIZES = ((160, 50), (80, 24), (50, 12), (100, 30), (141, 20), (60, 15))
KEYS = [
    *(key for action in ACTIONS if action.id != "quit" for key in action.keys.split(",")),
    *("a", "1", "colon", "tab", "backspace", "space", "shift+tab", "escape", "enter", "h", "l"),
]


@pytest.mark.parametrize("seed", range(4))
async def test_no_keys_end_the_program(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where exports go
    chance = random.Random(seed)
    async with stage(120, 36) as on:
        for number in range(PRESSES):
            if chance.random() < 0.05:
                await on.pilot.resize_terminal(*chance.choice(SIZES))
            if chance.random() < 0.1:
                on.source.push(frame(number + 1, sockets({"cookie": number + 1}), OWNERS))
            await on.pilot.press(chance.choice(KEYS))
        assert on.app.is_running
        while len(on.app.screen_stack) > 1:
            on.app.pop_screen()
        await on.pilot.resize_terminal(120, 36)
        await on.press("escape", "escape", "escape", "1")
        await on.until(lambda: on.app._session.active == "connections")
