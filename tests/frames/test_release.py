"""Memory is given back when a crowd is gone, and only then."""

from __future__ import annotations

import ctypes
import mmap
from pathlib import Path

import numpy as np
import pytest

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.release import CROWD, EVERY, SETTLED, Release, trim
from sockscope.app.frames.table import Column, Strings, Table


def frame(size: int) -> Frame:
    columns: dict[str, Column] = {
        "n": np.zeros(size // 2, np.uint8),
        "text": Strings(np.zeros(size // 8, np.int32), ("a",)),
    }
    tables = {name: Table({name: column}) for name, column in columns.items()}
    return Frame(number=0, wall=0.0, monotonic=0.0, interval=1.0, tables=tables)


class Machine:
    """A clock, and a count of how often memory was given back."""

    def __init__(self) -> None:
        self.now = 0.0
        self.given = 0
        self.release = Release(self.give, lambda: self.now)

    def give(self) -> None:
        self.given += 1

    def see(self, size: int, frames: int = 1) -> int:
        for _ in range(frames):
            self.now += 1.0
            self.release.after(frame(size))
        return self.given


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_small_machine_never_gives_anything_back(machine: Machine) -> None:
    assert machine.see(CROWD // 2, frames=200) == 0


def test_once_a_crowd_is_gone_for_good(machine: Machine) -> None:
    machine.see(2 * CROWD, 5)
    assert machine.see(CROWD // 2, SETTLED - 1) == 0
    assert machine.see(CROWD // 2) == 1
    assert machine.see(CROWD // 2, frames=200) == 1


def test_a_crowd_that_is_back_at_once_is_no_smaller(machine: Machine) -> None:
    for _ in range(10):
        assert machine.see(2 * CROWD) == 0
        assert machine.see(CROWD // 2) == 0


def test_now_and_then_while_the_crowd_lasts(machine: Machine) -> None:
    assert machine.see(2 * CROWD, int(EVERY) - 1) == 0
    assert machine.see(2 * CROWD, 2 * int(EVERY)) == 2


def test_once_a_crowd_that_was_replaced_again_and_again_stays_as_it_is(machine: Machine) -> None:
    machine.see(2 * CROWD, 10)
    settled = frame(2 * CROWD)
    given = []
    for _ in range(20):
        machine.now += 1.0
        machine.release.after(settled)
        given.append(machine.given)
    assert given == [0] * SETTLED + [1] * (20 - SETTLED)


def resident() -> int:
    """Bytes of this process that are in memory (proc_pid_statm(5))."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * mmap.PAGESIZE


def test_the_system_takes_it() -> None:
    """The last block is held, so that the C library gives nothing back by itself."""
    number, size = 10_000, 8_000
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    blocks = [library.malloc(ctypes.c_size_t(size)) for _ in range(number)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks[:-1]:
        library.free(ctypes.c_void_p(block))
    before = resident()
    trim()
    after = resident()
    library.free(ctypes.c_void_p(blocks[-1]))
    assert before - after > number * size // 2
