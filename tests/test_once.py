"""Printing once and again: what is said of what is missing, and how it ends."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping

import pytest

from sockscope.app import once
from sockscope.app.frames.frame import Frame, Kind, Note
from sockscope.app.frames.table import Table
from sockscope.app.once import Complaints
from sockscope.app.settings import Settings
from tests.printing import OWNED, printed, settings, with_tables


def test_without_its_table_nothing_is_printed() -> None:
    empty = with_tables()
    assert [printed(arguments, empty) for arguments in ("-an", "-i", "-s", "-rn")] == [""] * 4


def test_complaints_are_told_once() -> None:
    err = io.StringIO()
    complaints = Complaints(err)
    note = Note("owners", "forbidden", "2 processes\x1b may not be read")
    complaints.tell([note, Note("sockets", "fallback", "read from /proc/net instead")])
    complaints.tell([note])
    assert err.getvalue() == (
        "sockscope: owners: 2 processes^[ may not be read\nsockscope: sockets: read from /proc/net instead\n"
    )
    Complaints(None).tell([note])


class Scripted:
    """In the place of what collects: frames that a test has made."""

    frames: Iterator[Frame]

    def __init__(self, _: Settings, also: frozenset[str] = frozenset()) -> None:
        self.closed = False

    def frame(self) -> Frame:
        try:
            return next(self.frames)
        except StopIteration:
            raise KeyboardInterrupt from None

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("kind", "tables", "status"),
    [
        ("failed", {}, 1),
        ("failed", OWNED.tables, 1),
        ("fallback", OWNED.tables, 0),
        ("forbidden", OWNED.tables, 0),
        ("incomplete", OWNED.tables, 0),
    ],
)
def test_exit_status(
    monkeypatch: pytest.MonkeyPatch, kind: Kind, tables: Mapping[str, Table], status: int
) -> None:
    made = Frame(0, 0.0, 0.0, 1.0, tables=tables, notes=(Note("sockets", kind, "because"),))
    monkeypatch.setattr(Scripted, "frames", iter([made]), raising=False)
    monkeypatch.setattr(once, "Gatherer", Scripted)
    err = io.StringIO()
    assert once.run(settings("-tan"), io.StringIO(), err) == status
    assert err.getvalue() == "sockscope: sockets: because\n"


def test_it_repeats_every_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    now = [100.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds + 0.25  # the next look takes a while

    monkeypatch.setattr(Scripted, "frames", iter([OWNED] * 4), raising=False)
    monkeypatch.setattr(once, "Gatherer", Scripted)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    out = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        once.run(settings("-tan 2"), out, None)
    assert out.getvalue().count("Active Internet") == 4
    assert slept == [2.0, 1.75, 1.75, 1.75]
