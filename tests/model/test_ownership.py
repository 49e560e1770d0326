"""Owners of sockets, looked up by inode."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.ownership import (
    KERNEL,
    NO_PERMISSION,
    NOBODY,
    NOT_LOOKED,
    OWNED,
    VANISHED,
    Holder,
    Ownership,
    owner_text,
)
from sockscope.app.model.store import Store

Row = tuple[int, int, int]


def _owners(*rows: Row) -> Table:
    inode, pid, fd = zip(*sorted(rows), strict=True) if rows else ((), (), ())
    return Table(
        {
            "inode": np.array(inode, np.uint64),
            "pid": np.array(pid, np.uint32),
            "fd": np.array(fd, np.uint32),
        }
    )


def _processes(**names: str | None) -> Table:
    pids = [int(name[1:]) for name in names]
    return Table(
        {
            "pid": np.array(pids, np.uint32),
            "start": np.array([float(pid) for pid in pids]),
            "uid": np.array(pids, np.uint32),
            "name": Strings.of(names.values()),
            "command": Strings.of(None if name is None else f"/bin/{name}" for name in names.values()),
            "cgroup": Strings.of(None if name is None else f"/{name}.service" for name in names.values()),
        }
    )


def _unowned(**reasons: int) -> Table:
    inodes = [int(name[1:]) for name in reasons]
    return Table({"inode": np.array(inodes, np.uint64), "reason": np.array([*reasons.values()], np.uint8)})


def _inodes(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(numbers, dtype=np.uint64)


EXAMPLE = (
    _owners((500, 30, 4), (500, 30, 5), (500, 10, 7), (500, 20, 7), (501, 20, 3), (502, 99, 3)),
    _processes(p10="nginx", p20="nginx", p30="probe"),
    _unowned(_600=NOT_LOOKED, _601=NO_PERMISSION, _602=KERNEL, _603=VANISHED),
)


def test_the_lowest_number_speaks_for_all_holders() -> None:
    rows = Ownership(*EXAMPLE).for_inodes(_inodes(501, 500, 502, 500))
    assert rows.numbers("pid").tolist() == [20, 10, 99, 10]
    assert [rows.text("name", row) for row in range(4)] == ["nginx", "nginx", None, "nginx"]
    assert rows.numbers("holders").tolist() == [1, 3, 1, 3]
    assert rows.numbers("why").tolist() == [OWNED] * 4
    assert [owner_text(rows, row) for row in range(3)] == ["nginx 20", "nginx 10 +2", "? 99"]


def test_the_reasons() -> None:
    rows = Ownership(*EXAMPLE).for_inodes(_inodes(600, 601, 602, 603, 0, 777))
    assert rows.numbers("why").tolist() == [
        NOT_LOOKED,
        NO_PERMISSION,
        KERNEL,
        VANISHED,
        NOBODY,
        NOT_LOOKED,
    ]
    assert rows.numbers("pid").tolist() == [-1] * 6
    assert rows.numbers("holders").tolist() == [0] * 6
    assert {rows.text("name", row) for row in range(6)} == {None}
    assert [owner_text(rows, row) for row in range(6)] == [
        "…",
        "no permission",
        "kernel",
        "gone",
        "-",
        "…",
    ]


def test_the_types_of_the_columns() -> None:
    for tables in (EXAMPLE, (None, None, None), (_owners(), _processes(), _unowned())):
        rows = Ownership(*tables).for_inodes(_inodes(500, 600))
        assert [rows.numbers(name).dtype.str[1:] for name in ("pid", "holders", "why")] == ["i8", "u4", "u1"]


def test_without_tables_nobody_has_looked() -> None:
    owners = Ownership(None, None, None)
    rows = owners.for_inodes(_inodes(500, 0))
    assert rows.numbers("why").tolist() == [NOT_LOOKED, NOBODY]
    assert rows.text("name", 0) is None
    assert owners.holders(500) == []
    assert owners.pids_of(500) == []


def test_no_rows() -> None:
    assert len(Ownership(*EXAMPLE).for_inodes(_inodes())) == 0
    assert len(Ownership(*EXAMPLE).pid_lists(_inodes())) == 0


def test_every_holder_with_its_descriptors() -> None:
    owners = Ownership(*EXAMPLE)
    assert owners.holders(500) == [
        Holder(10, (7,), "nginx", "/bin/nginx", 10, 10.0),
        Holder(20, (7,), "nginx", "/bin/nginx", 20, 20.0),
        Holder(30, (4, 5), "probe", "/bin/probe", 30, 30.0),
    ]
    assert owners.pids_of(500) == [10, 20, 30]
    stranger = owners.holders(502)[0]
    assert (stranger.pid, stranger.name, stranger.command, stranger.uid) == (99, None, None, 2**32 - 1)
    assert math.isnan(stranger.start)
    assert owners.holders(2**64 - 1) == []


def test_lists_of_numbers() -> None:
    lists = Ownership(*EXAMPLE).pid_lists(_inodes(500, 600, 501, 500, 0))
    assert [lists[row] for row in range(5)] == ["10 20 30", None, "20", "10 20 30", None]


def test_it_is_made_once_for_the_same_tables() -> None:
    def store(*tables: Table) -> Store:
        made = Store()
        names = ("owners", "processes", "unowned")
        made.take(Frame(1, 0.0, 0.0, 1.0, tables=dict(zip(names, tables, strict=True))))
        return made

    one = store(*EXAMPLE)
    first = Ownership.from_store(one)
    assert Ownership.from_store(one) is first
    assert Ownership.from_store(one.copy()) is first
    one.take(Frame(2, 0.0, 0.0, 1.0, tables=dict(one.frame.tables) | {"unowned": _unowned()}))
    second = Ownership.from_store(one)
    assert second is not first
    assert second.for_inodes(_inodes(602)).integer("why", 0) == NOT_LOOKED
    assert Ownership.from_store(Store()).pids_of(500) == []


@given(
    st.sets(st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 3))),
    st.lists(st.integers(0, 8)),
)
def test_it_agrees_with_counting_by_hand(held: set[Row], asked: list[int]) -> None:
    pids: dict[int, set[int]] = defaultdict(set)
    for inode, pid, _ in held:
        pids[inode].add(pid)
    rows = Ownership(_owners(*held), None, None).for_inodes(_inodes(*asked))
    assert rows.numbers("holders").tolist() == [len(pids[inode]) for inode in asked]
    assert rows.numbers("pid").tolist() == [min(pids[inode], default=-1) for inode in asked]


@pytest.mark.parametrize("why", [7, 255])
def test_a_reason_of_a_later_version_reads_as_not_known(why: int) -> None:
    rows = Ownership(_owners(), None, _unowned(_600=why)).for_inodes(_inodes(600))
    assert owner_text(rows, 0) == "…"
