"""Processes that may not be read or end while they are read."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sockscope.app.collectors import procfs
from sockscope.app.collectors.search import FORBIDDEN, GONE, KERNEL, NOT_LOOKED
from tests.collectors.fakeproc import Scene, owned, reasons


def _forbid(monkeypatch: pytest.MonkeyPatch, *pids: int) -> None:
    real = os.open

    def refusing(path: str, *rest: Any, **keywords: Any) -> int:
        if any(path.endswith(f"/{pid}/fd") for pid in pids):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **keywords)

    monkeypatch.setattr(os, "open", refusing)


def test_processes_that_may_not_be_read(made_up: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, [501])
    made_up.proc.spawn(21, [502])
    _forbid(monkeypatch, 20, 21)
    got = made_up.tick(500, 501, 502)
    assert owned(got) == {(500, 10, 3)}
    assert reasons(got) == {501: FORBIDDEN, 502: FORBIDDEN}
    assert [(note.table, note.kind) for note in got.notes] == [("owners", "forbidden")]
    assert "2 processes" in got.notes[0].why


def test_a_process_that_hides_later_is_read_no_more_and_shows_again(
    made_up: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up.proc.spawn(10, [500, 501])
    made_up.tick(500, 501)
    with monkeypatch.context() as patch:
        _forbid(patch, 10)
        for _ in range(70):
            got = made_up.tick(500, 501)
        assert reasons(got) == {500: FORBIDDEN, 501: FORBIDDEN}
    for _ in range(70):
        got = made_up.tick(500, 501)
    assert owned(got) == {(500, 10, 3), (501, 10, 4)}
    assert got.notes == ()


def test_links_that_may_not_be_read(made_up: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up.proc.spawn(10, [500])

    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "readlink", refuse)
    got = made_up.tick(500)
    assert reasons(got) == {500: FORBIDDEN}
    assert "1 process " in got.notes[0].why


def test_hidden_processes_make_it_a_lack_of_permission(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.exit(1)
    got = made_up.tick(500, 501)
    assert reasons(got) == {501: FORBIDDEN}
    assert "hid" in got.notes[0].why


def test_no_proc_at_all(tmp_path: Path) -> None:
    made_up = Scene(tmp_path / "proc")
    made_up.proc.exit(1)
    made_up.proc.root.rmdir()
    got = made_up.tick(500)
    assert reasons(got) == {500: NOT_LOOKED}
    assert [note.kind for note in got.notes] == ["missing"]


def test_a_process_that_ends_between_listing_and_reading(
    made_up: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, [501])
    real = procfs.start_ticks

    def late(root: str, pid: int) -> int:
        if pid == 20 and 20 in made_up.proc.pids():
            made_up.proc.exit(20)
        return real(root, pid)

    monkeypatch.setattr(procfs, "start_ticks", late)
    assert reasons(made_up.tick(500, 501)) == {501: GONE}
    assert reasons(made_up.tick(500, 501, seconds=0.02)) == {501: GONE}, "the same dump of sockets"
    assert reasons(made_up.tick(500, 501)) == {501: KERNEL}


def test_a_large_process_that_ends_in_the_middle(tmp_path: Path, calls: Counter[str]) -> None:
    made_up = Scene(tmp_path / "proc")
    made_up.proc.spawn(10, range(100_000, 120_000))
    made_up.proc.spawn(20, [500])
    wanted = (500, *range(100_000, 120_000))
    made_up.clock.step = 0.0005
    for _ in range(12):
        got = made_up.tick(*wanted, budget=0.01)
    assert 1000 < len(owned(got)) < 19_000, "the first part shows while the rest is being read"
    assert set(reasons(got).values()) == {NOT_LOOKED}
    made_up.proc.exit(10)
    calls.clear()
    got = made_up.tick(*wanted, budget=100.0)
    assert owned(got) == {(500, 20, 3)}
    assert calls["readlink"] < 600, "the rest of a process that ended is not tried"
    assert reasons(made_up.tick(500)) == {}
