"""What commands and functions cost: CPU, time, memory, side by side in the same minutes."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_TICKS = os.sysconf("SC_CLK_TCK")
_NOWHERE = subprocess.DEVNULL


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: `cpu` seconds (user and system), `wall` seconds, greatest resident memory in KiB."""

    cpu: float
    wall: float
    memory: int = 0


def command(words: Sequence[str]) -> Cost:
    """Run a command, its output thrown away. Raises CalledProcessError when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(words, stdin=_NOWHERE, stdout=_NOWHERE, stderr=_NOWHERE)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss)


def function(call: Callable[[], object]) -> Cost:
    """Call a function in this process; memory is the process's."""
    begun, cpu = time.perf_counter(), time.process_time()
    call()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Cost(time.process_time() - cpu, time.perf_counter() - begun, memory)


def alternately(runs: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """Each of the runs once a round, so that all see the same machine; the medians."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            costs[name].append(run())
    return {
        name: Cost(
            median(cost.cpu for cost in found),
            median(cost.wall for cost in found),
            int(median(cost.memory for cost in found)),
        )
        for name, found in costs.items()
    }


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, task.read_text(encoding="ascii").split())
            except OSError:
                continue  # ended meanwhile
    return found


def proportional_memory(pids: Sequence[int]) -> int:
    """PSS of processes together, in KiB: what is shared counts by its share."""
    return sum(_proportional(pid) for pid in pids)


def _proportional(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def processor_time(pids: Sequence[int]) -> float:
    """CPU seconds that processes have used together until now, ended children included."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def share_of_core(pids: Sequence[int], watch: Callable[[], object]) -> float:
    """CPU seconds a second that processes use while `watch` runs."""
    before, begun = processor_time(pids), time.perf_counter()
    watch()
    return (processor_time(pids) - before) / (time.perf_counter() - begun)
