"""Processes that end, and others that get their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockscope.app.collectors import procfs
from sockscope.app.collectors.search import GONE, KERNEL, NOT_LOOKED
from tests.collectors.fakeproc import Scene, number_of_links, owned, reasons


def test_a_vanished_process_is_said_to_be_gone_until_everything_was_read(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, [501])
    made_up.tick(500, 501)
    made_up.proc.exit(10)
    got = made_up.tick(500, 501)
    assert owned(got) == {(501, 20, 3)}
    assert reasons(got) == {500: GONE}
    assert got.tables["processes"].numbers("pid").tolist() == [20]
    for _ in range(8):
        got = made_up.tick(500, 501)
    assert reasons(got) == {500: KERNEL}


def test_a_number_used_again_is_another_process(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, [500])
    made_up.tick(500, 501)
    made_up.proc.exit(10)
    made_up.proc.root.joinpath("other").mkdir()  # keeps the inode of the directory from being used again
    made_up.proc.spawn(10, [501])
    assert owned(made_up.tick(500, 501)) == {(500, 20, 3), (501, 10, 3)}


def test_a_number_used_again_with_the_same_directory_inode_is_known_by_its_start_time(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.tick(500)
    (made_up.proc.root / "10" / "stat").write_text(f"10 (x) S {'0 ' * 18} 77 0\n")
    made_up.proc.close(10, 3)
    made_up.proc.open(10, 3, 501)
    made_up.tick(500, 501)
    assert owned(made_up.tick(500, 501)) == {(501, 10, 3)}, (
        "what was known of the other process is not presumed"
    )


def test_a_number_used_again_within_one_clock_tick(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.tick(500, 600)
    (made_up.proc.root / "10").rename(made_up.proc.root / "other")
    made_up.proc.spawn(10, [600])
    (made_up.proc.root / "other" / "stat").rename(made_up.proc.root / "10" / "stat")
    got = made_up.tick(500, 600)
    assert owned(got) == {(600, 10, 3)}
    assert reasons(got) == {500: NOT_LOOKED}


def test_other_directory_inodes_after_the_kernel_dropped_its_caches(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    first = made_up.tick(500)
    (made_up.proc.root / "10").rename(made_up.proc.root / "old")
    (made_up.proc.root / "10").mkdir()
    for name in ("fd", "stat"):
        (made_up.proc.root / "old" / name).rename(made_up.proc.root / "10" / name)
    assert made_up.tick(500).tables["owners"] is first.tables["owners"]


def test_a_server_that_forks_for_every_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", number_of_links)
    made_up = Scene(tmp_path / "proc")
    made_up.proc.spawn(10, [500, 1000])
    made_up.tick(500, 1000)
    for number in range(10):
        made_up.proc.fork(10, 100 + number)
        made_up.proc.close(100 + number, 3)
        made_up.proc.close(10, 4)
        made_up.proc.open(10, 4, 1001 + number)
        made_up.proc.open(10, 5 + number, None)
        assert owned(made_up.tick(500, *range(1000, 1002 + number))) == made_up.proc.holding()
