"""Sockets by the hundred thousand, in a namespace of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Literal

from tests.lab.held import Held
from tests.lab.namespace import Namespace
from tests.lab.program import ROOT

PER_WORKER = 8000
"""Connections that one process holds: two descriptors each, within the usual limit of 20,000."""
PER_ADDRESS = 20_000
"""Connections that leave ports to spare at one address."""


class Load(Held):
    """`established` TCP sockets on loopback (two to a connection) and `time_wait` ones beside them.

    They are spread over worker processes and 127.x addresses. Everything ends with it or with the
    process that made it. TIME_WAIT lasts 60 s, so such a load must be used at once.
    """

    def __init__(self, established: int, time_wait: int = 0) -> None:
        self._time_wait = time_wait
        self.connections = established // 2
        self.sockets = 2 * self.connections + time_wait
        super().__init__()

    def _make(self) -> None:
        self.namespace = self._held.enter_context(Namespace())
        self.namespace.sysctl("net/ipv4/ip_local_port_range", "1024 65535")
        self.namespace.sysctl("net/ipv4/tcp_tw_reuse", 0)
        self.namespace.sysctl("net/ipv4/tcp_max_tw_buckets", max(self._time_wait * 2, 1000))
        self._workers = self._start("established", 1, self.connections, PER_WORKER)
        leavers = self._start("time-wait", 128, self._time_wait, PER_ADDRESS)
        for worker in [*self._workers, *leavers]:
            _expect(worker, "ready")

    @property
    def pids(self) -> list[int]:
        """The processes that hold the connections."""
        return [worker.pid for worker in self._workers]

    def churn(self, share: float) -> int:
        """Close and open anew that share of the connections, the oldest first; how many that were."""
        numbers = [round(share * number) for number in spread_over(self.connections, PER_WORKER)]
        for worker, number in zip(self._workers, numbers, strict=True):
            if worker.stdin is not None:
                worker.stdin.write(f"churn {number}\n")
                worker.stdin.flush()
        for worker in self._workers:
            _expect(worker, "done")
        return sum(numbers)

    def _start(
        self, kind: Literal["established", "time-wait"], block: int, number: int, most: int
    ) -> list[subprocess.Popen[str]]:
        module = [sys.executable, "-S", "-E", "-m", "tests.bench.worker", str(os.getpid()), kind]
        workers = []
        for index, part in enumerate(spread_over(number, most)):
            where = [f"127.{block}.{index // 250}.{index % 250 + 1}", str(part)]
            worker = subprocess.Popen(
                self.namespace.command([*module, *where]),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._held.callback(_end, worker)
            workers.append(worker)
        return workers


def spread_over(number: int, most: int) -> list[int]:
    """`number` in equal parts of at most `most`."""
    parts = -(-number // most)
    return [number // parts + (index < number % parts) for index in range(parts)]


def _expect(worker: subprocess.Popen[str], word: str) -> None:
    said = worker.stdout.readline().strip() if worker.stdout else ""
    if said != word:
        raise RuntimeError(f"a worker of the load said {said!r} instead of {word!r}")


def _end(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()
