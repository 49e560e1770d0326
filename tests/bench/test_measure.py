"""Measurements tell apart what costs and what does not."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.bench import measure
from tests.bench.__main__ import Figure
from tests.bench.terminal import Terminal, plain

SPIN = "import time; end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
ECHO = (
    "import sys, tty; tty.setraw(0); print('row 1', end='', flush=True)\n"
    "while key := sys.stdin.buffer.raw.read(1): print(end=f'\\x1b[31mgot {key.decode()}\\x1b[0m', flush=True)"
)


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

    def run(name: str) -> measure.Cost:
        order.append(name)
        return measure.Cost(next(costs[name]), 0.0)

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


def test_terminal_waits_counts_and_answers() -> None:
    with Terminal([sys.executable, "-S", "-c", ECHO], columns=100, lines=30) as terminal:
        assert terminal.wait_for(r"row \d") > 0
        assert terminal.written(0.05) == 0
        assert terminal.answer_to(b"x") > 0
        terminal.read(0.05)
        terminal.press(b"y")
        assert plain(terminal.read(1.0)).split() == ["got", "y"]
        with pytest.raises(TimeoutError, match="never"):
            terminal.wait_for("never", patience=0.05)
    assert terminal.process.returncode is not None


@pytest.mark.parametrize(
    ("figure", "budget", "within"),
    [
        (Figure(100_000, "whole tick (1 s)", 900.0, "ms CPU", "ss -tanp", 0.2), 0.25, True),
        (Figure(100_000, "whole tick (1 s)", 900.0, "ms CPU", "ss -tanp", 0.3), 0.25, False),
        (Figure(1000, "whole tick (1 s)", 900.0, "ms CPU", "ss -tanp", 9.0), None, True),
        (Figure(200, "to the terminal", 1200.0, "bytes/s"), 1000, False),
        (Figure(1000, "start to first rows", 400.0, "ms"), 700, True),
    ],
)
def test_budgets_hold_for_their_sizes(figure: Figure, budget: float | None, within: bool) -> None:
    assert (figure.budget, figure.within) == (budget, within)
    assert ("MISSED" in str(figure)) is not within
