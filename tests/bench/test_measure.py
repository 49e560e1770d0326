"""Measurements tell apart what costs and what does not."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from sockscope.app.frames.codec import PREFIX
from tests.bench import measure
from tests.bench.figure import Figure, beside, spread
from tests.bench.measure import Cost
from tests.bench.pipeline import Clock, through_a_pipe
from tests.bench.tick import medians

SPIN = "import time; end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"


def test_command_counts_the_child_s_own_time() -> None:
    busy = measure.command([sys.executable, "-S", "-c", SPIN])
    idle = measure.command([sys.executable, "-S", "-c", "import time; time.sleep(0.3)"])
    assert busy.cpu >= 0.2 > idle.cpu
    assert idle.wall >= 0.3
    assert busy.memory > 1000


def test_a_failed_command_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measure.command(["false"])


def test_function_counts_cpu_not_sleep() -> None:
    assert (
        measure.function(lambda: time.sleep(0.1)).cpu < 0.1 <= measure.function(lambda: time.sleep(0.1)).wall
    )


def test_alternately_takes_the_median_and_takes_turns() -> None:
    order: list[str] = []
    costs = {"one": iter([1.0, 9.0, 2.0]), "other": iter([3.0, 3.0, 4.0])}

    def run(name: str) -> Cost:
        order.append(name)
        return Cost(next(costs[name]), 0.0)

    found = measure.alternately({"one": lambda: run("one"), "other": lambda: run("other")}, 3)
    assert (found["one"].cpu, found["other"].cpu) == (2.0, 3.0)
    assert order == ["one", "other"] * 3


def test_tree_finds_grandchildren_and_sums_their_memory() -> None:
    script = "sleep 600 & sh -c 'sleep 600 & echo ready; wait'"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        pids = measure.tree(shell.pid)
        alone = measure.proportional_memory([shell.pid])
        assert len(pids) == 4
        assert measure.proportional_memory(pids) > alone > 0
        assert measure.processor_time(pids) >= 0
        for pid in reversed(pids):
            subprocess.run(["kill", str(pid)], check=False)


@pytest.mark.parametrize(
    ("figure", "within"),
    [
        (Figure("tick", "100,000", 900.0, "ms CPU", "ss -tanp", 0.2, budget=0.25), True),
        (Figure("tick", "100,000", 900.0, "ms CPU", "ss -tanp", 0.3, budget=0.25), False),
        (Figure("tick", "1,000", 900.0, "ms CPU", "ss -tanp", 9.0), True),
        (Figure("bytes", "200", 1200.0, "bytes/s", budget=1000), False),
        (Figure("start", "200", 400.0, "ms", budget=700), True),
    ],
)
def test_a_budget_holds_for_the_ratio_where_there_is_one(figure: Figure, within: bool) -> None:
    assert figure.within is within
    assert ("MISSED" in str(figure)) is not within


def test_costs_stand_beside_the_rival_s() -> None:
    ours, theirs = beside("10", {"ours": Cost(0.5, 9.0), "ss": Cost(2.0, 9.0)}, "ss", {"ours": 1.0})
    assert (ours.value, ours.rival, ours.ratio, ours.budget) == (500.0, "ss", 0.25, 1.0)
    assert (theirs.value, theirs.rival, theirs.ratio, theirs.budget) == (2000.0, "", None, None)


@pytest.mark.parametrize("number", [1, 2, 19, 20, 100])
def test_a_spread_never_lets_the_slowest_out_where_there_are_few(number: int) -> None:
    figure = spread("key", "tab", [float(each) for each in reversed(range(number))], "ms")
    assert figure.worst == number - 1
    assert figure.median == (number - 1) // 2
    assert sum(each > figure.value for each in range(number)) <= number * 0.05


def test_a_stage_within_another_counts_for_itself_alone() -> None:
    clock = Clock()

    def spin(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    def outer() -> None:
        spin(0.02)
        clock.timed("inner", lambda: spin(0.06))

    begun = time.process_time()
    clock.timed("outer", outer)
    whole = time.process_time() - begun
    assert clock.spent["inner"] >= 0.06
    assert clock.spent["outer"] >= 0.02
    assert sum(clock.spent.values()) <= whole
    assert clock.spent["outer"] <= whole - clock.spent["inner"]


def test_medians_count_a_stage_that_was_not_there_as_nothing() -> None:
    assert medians([{"a": 3.0}, {"a": 1.0, "b": 1.0}, {"a": 2.0}]) == {"a": 2.0, "b": 0.0}


def test_a_frame_comes_through_a_pipe_whole() -> None:
    header, body = b"h" * 100, bytes(range(256)) * 5000
    told = through_a_pipe([PREFIX.pack(b"SSF1", len(header), len(body)), header, memoryview(body)])
    assert told == (header, bytearray(body))
