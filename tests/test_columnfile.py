"""The file that remembers columns."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from sockscope.app.columnfile import remember_columns, remembered_columns
from tests.lab.need import require_root_and

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read_again_tab_by_tab(tmp_path: Path) -> None:
    path = tmp_path / "state" / "sockscope" / "columns.json"
    assert remembered_columns(path) == {}
    assert not remember_columns(path, "connections", {"timer": True})
    assert not remember_columns(path, "unix", {"seen": False})
    assert remembered_columns(path) == {"connections": {"timer": True}, "unix": {"seen": False}}
    assert not remember_columns(path, "connections", {})
    assert remembered_columns(path) == {"unix": {"seen": False}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "\0\xff", "[" * 100_000, '{"unix": []}', '{"unix": {"seen": "no", "x": [1]}}'],
)
def test_a_file_that_says_something_else_says_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "columns.json"
    path.write_text(text, "utf-8")
    assert not any(remembered_columns(path).values())


def test_root_leaves_nothing_in_the_home_of_somebody_else(tmp_path: Path) -> None:
    require_root_and()  # to give a directory away
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    path = home / "sockscope" / "columns.json"
    assert "another user" in remember_columns(path, "unix", {"seen": False})
    assert not list(home.iterdir())
