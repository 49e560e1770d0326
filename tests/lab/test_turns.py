"""Who looks everywhere is alone, and nobody else has to be."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests.lab import turns


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(turns, "_LOCKS", tmp_path)
    return tmp_path / "room"


def free(place: Path, how: int) -> bool:
    """Whether somebody could come in now."""
    with place.open("w") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_many_may_be_there_together(room: Path) -> None:
    with turns.turn(alone=False), turns.turn(alone=False):
        assert free(room, fcntl.LOCK_SH)
        assert not free(room, fcntl.LOCK_EX)
    assert free(room, fcntl.LOCK_EX)


def test_who_is_alone_is_alone(room: Path) -> None:
    with turns.turn(alone=True):
        assert not free(room, fcntl.LOCK_SH)
        assert free(room.with_name("gate"), fcntl.LOCK_EX)
    assert free(room, fcntl.LOCK_EX)
