"""A search for owners that has little time."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from sockscope.app.collectors.search import KERNEL, NOT_LOOKED
from tests.collectors.fakeproc import Scene, inodes, owned, reasons


def test_a_search_over_several_ticks_ends_while_others_come_and_go(made_up: Scene) -> None:
    for pid in range(10, 14):
        made_up.proc.spawn(pid, range(pid * 1000, pid * 1000 + 600))
    known = [inode for inode, _, _ in made_up.proc.holding()]
    made_up.tick(*known)
    made_up.clock.step = 0.0005
    for number in range(60):
        got = made_up.tick(*known[number % 2 :], 900, budget=0.002)
    assert reasons(got) == {900: KERNEL}


@pytest.mark.parametrize("budget", [0.0, 0.004, 0.02])
def test_a_small_budget_spreads_the_scan_over_ticks_and_it_ends(
    made_up: Scene, calls: Counter[str], budget: float
) -> None:
    made_up.proc.spawn(10, range(10_000, 13_000))
    for pid in range(20, 60):
        made_up.proc.spawn(pid, range(pid * 100, pid * 100 + 10))
    wanted = {inode for inode, _, _ in made_up.proc.holding()} | {1}
    made_up.clock.step = 0.0005
    ticks = 0
    while made_up.collector.busy:
        calls.clear()
        before = made_up.clock.now
        got = made_up.collector.collect(inodes(*wanted), budget)
        assert calls["readlink"] <= 256 * 2 + 256 * (made_up.clock.now - before) / made_up.clock.step
        assert calls["readlink"] < 3000
        made_up.clock.now += 0.05
        ticks += 1
        assert ticks < 500
        if owned(got) != made_up.proc.holding():
            assert reasons(got)[1] == NOT_LOOKED
    assert ticks > 3
    assert owned(got) == made_up.proc.holding()
    assert reasons(got) == {1: KERNEL}


def test_even_without_a_budget_many_small_processes_are_read(made_up: Scene) -> None:
    for pid in range(10, 110):
        made_up.proc.spawn(pid, [1000 + pid])
    made_up.clock.step = 0.00001
    assert len(owned(made_up.tick(*range(1010, 1110), budget=0.0))) > 20


def test_a_huge_process_does_not_keep_others_waiting(made_up: Scene) -> None:
    made_up.proc.spawn(10, range(10_000, 18_000))
    wanted = list(range(10_000, 18_000))
    made_up.clock.step = 0.0005
    made_up.tick(*wanted, budget=0.01)
    made_up.proc.spawn(20, [500])
    got = made_up.tick(*wanted, 500, budget=0.01)
    assert (500, 20, 3) in owned(got)
    assert set(reasons(got).values()) == {NOT_LOOKED}


def test_facts_come_late_when_time_is_short(tmp_path: Path) -> None:
    made_up = Scene(tmp_path / "proc")
    for pid in range(10, 60):
        made_up.proc.spawn(pid, [pid + 1000])
    made_up.clock.step = 0.001
    seen = 0
    for _ in range(100):
        table = made_up.tick(*range(1010, 1060), budget=0.0).tables["processes"]
        named = sum(table.text("name", row) is not None for row in range(len(table)))
        assert named >= seen
        seen = named
        for row in range(len(table)):
            if table.text("name", row) is None:
                assert math.isnan(table.real("start", row))
                assert table.integer("uid", row) == 2**32 - 1
    assert seen == 50
