"""Reading descriptors in pieces."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from sockscope.app.collectors import procfs
from sockscope.app.collectors.procfs import NO_DESCRIPTORS, NO_INODES, Reading
from tests.collectors.fakeproc import FakeProc, inodes

_NOTHING = (NO_DESCRIPTORS, NO_INODES)


def _never() -> bool:
    return False


def _always() -> bool:
    return True


def test_everything_is_read_where_nothing_is_known(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, [500, 501])
    proc.open(10, 0, None)
    reading = Reading(str(proc.root), 10, _NOTHING, lambda numbers: np.ones(len(numbers), np.bool_))
    assert reading.advance(_never)
    assert reading.fds.tolist() == [0, 3, 4]
    assert reading.inodes.tolist() == [procfs.NO_SOCKET, 500, 501]
    assert reading.whole
    reading.close()


def test_what_is_trusted_is_not_read(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, [600, 601])
    known = np.array([3, 4, 9], np.uint32), inodes(500, 501, 502)
    reading = Reading(str(proc.root), 10, known, lambda numbers: numbers == 500)
    assert reading.advance(_never)
    assert dict(zip(reading.fds.tolist(), reading.inodes.tolist(), strict=True)) == {3: 500, 4: 601}
    assert not reading.whole
    reading.close()


def test_pauses_go_on_where_they_stopped(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 2000))
    reading = Reading(str(proc.root), 10, _NOTHING)
    steps = 1
    while not reading.advance(_always):
        steps += 1
    assert steps == 8, "four pieces of names, four of links"
    assert reading.inodes.tolist() == list(range(1000, 2000))
    reading.close()
    reading.close()


def test_a_descriptor_closed_after_it_was_listed_is_left_out(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 1600))
    reading = Reading(str(proc.root), 10, _NOTHING)
    while not reading.listed:
        reading.advance(_always)
    proc.close(10, 500)
    assert reading.advance(_never)
    assert not reading.lost
    assert 500 not in reading.fds
    assert len(reading.fds) == 599
    reading.close()


def test_many_descriptors_closed_are_no_end_of_the_process(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 1600))
    reading = Reading(str(proc.root), 10, _NOTHING)
    while not reading.listed:
        reading.advance(_always)
    for fd in range(3, 500):
        proc.close(10, fd)
    assert reading.advance(_never)
    assert not reading.lost
    assert reading.fds.tolist() == list(range(500, 603))
    reading.close()


def test_the_rest_of_a_process_that_ended_is_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 3000))
    reading = Reading(str(proc.root), 10, _NOTHING)
    while not reading.listed:
        reading.advance(_always)
    reading.advance(_always)
    proc.exit(10)
    tried = 0
    real = os.readlink

    def counted(path: str, *, dir_fd: int) -> str:
        nonlocal tried
        tried += 1
        return real(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "readlink", counted)
    assert reading.advance(_never)
    assert reading.lost
    assert len(reading.fds) == 0
    assert 0 < tried <= 256
    reading.close()


def _guess(proc: FakeProc, known: dict[int, int], wanted: set[int]) -> Reading:
    return Reading(
        str(proc.root),
        10,
        (np.array(sorted(known), np.uint32), inodes(*(known[fd] for fd in sorted(known)))),
        lambda numbers: np.isin(numbers, np.array(sorted(wanted), np.uint64)),
        guess=True,
    )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that tells the number of descriptors."""
    monkeypatch.setattr(
        procfs, "descriptor_count", lambda root, pid: len(list((Path(root) / str(pid) / "fd").iterdir()))
    )


@pytest.mark.usefixtures("counted")
def test_a_guess_finds_what_was_opened_where_something_was_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 1900), first=0)
    known = {fd: 1000 + fd for fd in range(900)}
    for fd in (7, 300, 899):
        proc.close(10, fd)
    proc.open(10, 7, 2000)
    read: list[str] = []
    real = os.readlink

    def noted(path: str, *, dir_fd: int) -> str:
        read.append(path)
        return real(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "readlink", noted)
    reading = _guess(proc, known, set(range(1000, 1900)) - {1007, 1300, 1899})
    assert reading.advance(_never)
    reading.close()
    assert reading.certain
    assert not reading.whole
    assert set(reading.fds.tolist()) == set(range(899)) - {300}
    assert reading.inodes[7] == 2000
    assert len(read) < 20


@pytest.mark.usefixtures("counted")
def test_a_guess_finds_new_descriptors_between_and_behind_the_known_ones(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 1400), first=0)
    known = {fd: 1000 + fd for fd in range(300) if fd not in {5, 6}}
    reading = _guess(proc, known, set(known.values()))
    assert reading.advance(_never)
    reading.close()
    assert reading.certain
    assert reading.inodes.tolist() == list(range(1000, 1400))


@pytest.mark.usefixtures("counted")
def test_a_guess_reads_all_that_is_doubtful_even_if_the_number_is_the_same(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(2000, 2600), first=0)
    reading = _guess(proc, {fd: 1000 + fd for fd in range(600)}, set())
    assert reading.advance(_never)
    reading.close()
    assert reading.certain
    assert reading.whole
    assert reading.inodes.tolist() == list(range(2000, 2600))


@pytest.mark.usefixtures("counted")
def test_a_guess_finds_what_was_opened_before_something_was_closed(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 1400), first=0)
    for fd in range(100):
        proc.close(10, fd)
    known = {fd: 1000 + fd for fd in range(300)}
    reading = _guess(proc, known, set(range(1100, 1300)))
    assert reading.advance(_never)
    reading.close()
    assert reading.certain
    assert reading.inodes.tolist() == list(range(1100, 1400))


@pytest.mark.usefixtures("counted")
def test_a_wrong_guess_says_so(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10, range(1000, 1300), first=0)
    proc.open(10, 5000, 2000)
    reading = _guess(proc, {fd: 1000 + fd for fd in range(300)}, set(range(1000, 1300)))
    assert reading.advance(_never)
    reading.close()
    assert not reading.certain


def test_a_process_that_is_gone(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    with pytest.raises(FileNotFoundError):
        Reading(str(proc.root), 10, _NOTHING)
    with pytest.raises(FileNotFoundError):
        procfs.start_ticks(str(proc.root), 10)


def test_a_start_time_behind_a_name_with_brackets(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    proc.spawn(10)
    (proc.root / "10" / "stat").write_bytes(b"10 (a) S \xff (b) R 1 " + b"7 " * 17 + b"4242 0 0\n")
    assert procfs.start_ticks(str(proc.root), 10) == 4242


def test_a_start_time_cut_short(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    (proc.root / "1" / "stat").write_text("")
    with pytest.raises(ProcessLookupError):
        procfs.start_ticks(str(proc.root), 1)


def test_only_processes_are_listed(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc")
    for name in ("self", "net", "4x"):
        (proc.root / name).mkdir()
    assert procfs.processes(str(proc.root)) == {1: (proc.root / "1").stat().st_ino}


def test_this_process() -> None:
    with socket.socket() as one:
        me = os.getpid()
        assert me in procfs.processes("/proc")
        reading = Reading("/proc", me, _NOTHING)
        assert reading.advance(_never)
        reading.close()
        row = reading.fds.tolist().index(one.fileno())
        assert reading.inodes[row] == os.fstat(one.fileno()).st_ino


def test_what_was_read_is_news_once(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path)
    proc.spawn(7, range(1003, 1903))
    known = (np.arange(3, 13, dtype=np.uint32), np.arange(1003, 1013, dtype=np.uint64))
    reading = Reading(str(tmp_path), 7, known, lambda inodes: np.ones(len(inodes), np.bool_))
    told: list[int] = []
    while not reading.advance(lambda: True):
        told += reading.news().tolist()
    told += reading.news().tolist()
    reading.close()
    assert sorted(told) == list(range(1013, 1903))
