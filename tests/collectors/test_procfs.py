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
