"""Frames that replace one another."""

from __future__ import annotations

import numpy as np
import pytest

from sockscope.app.frames import frame as frames
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table


def events(*numbers: int, taken: float = 0.0) -> Table:
    return Table({"number": np.array(numbers, np.int64)}, taken)


def made(table: Table | None, *notes: Note) -> Frame:
    other = Table({"inode": np.array([1])})
    tables = {"sockets": other} if table is None else {"sockets": other, "destroyed": table}
    return Frame(number=1, wall=0.0, monotonic=0.0, interval=1.0, tables=tables, notes=notes)


def numbers(frame: Frame) -> list[int]:
    return [int(number) for number in frame.tables["destroyed"].numbers("number")]


def test_events_come_along_and_nothing_else() -> None:
    joined = made(events(2, 3, taken=9.0)).after(made(events(0, 1)))
    assert numbers(joined) == [0, 1, 2, 3]
    assert joined.tables["destroyed"].taken == 9.0
    assert len(joined.tables["sockets"]) == 1


def test_a_frame_that_tells_the_same_again_is_as_it_was() -> None:
    same = events(0, 1)
    later = made(same)
    assert later.after(made(same)) is later


def test_what_both_tell_comes_once() -> None:
    assert numbers(made(events(1, 2)).after(made(events(0, 1)))) == [0, 1, 2]


def test_a_frame_without_the_table_gets_the_one_missed() -> None:
    lost = Note("destroyed", "incomplete", "lost")
    joined = made(None).after(made(events(0), lost, Note("sockets", "failed", "no")))
    assert numbers(joined) == [0]
    assert joined.notes == (lost,)


def test_frames_that_nobody_looks_at_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_EVENTS", 5)
    waiting = made(events(0, 1))
    for first in range(2, 20, 2):
        waiting = made(events(first, first + 1)).after(waiting)
    assert numbers(waiting) == [15, 16, 17, 18, 19]
