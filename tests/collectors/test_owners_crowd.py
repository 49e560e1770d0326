"""A process with as many descriptors as it may have, which ends while they are read."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sockscope.app.collectors.owners import OwnersCollector
from sockscope.app.collectors.search import GONE, NOT_LOOKED
from tests.collectors.fakeproc import owned, reasons

MOST = 20_000
SPARE = 50
A_TICK = 3_000
"""Descriptors that may be read in a pass of the least length, with plenty to spare."""

HOLD = """
import json, os, resource, socket, sys
number = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
held = [socket.socket() for _ in range(number)]
print(json.dumps([os.fstat(each.fileno()).st_ino for each in held]), flush=True)
sys.stdin.read()
"""


class Crowd:
    """The process, and the inodes of its sockets."""

    def __init__(self) -> None:
        _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.number = min(MOST, allowed) - SPARE
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", HOLD, str(self.number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.inodes: NDArray[np.uint64] = np.array(json.loads(self.process.stdout.readline()), np.uint64)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    made = Crowd()
    yield made
    made.end()


def test_its_end_in_the_middle_of_the_scan_costs_no_time_and_leaves_nothing(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    readlink = os.readlink

    def counted(*path: Any, **where: Any) -> Any:
        nonlocal read
        read += 1
        return readlink(*path, **where)

    monkeypatch.setattr(os, "readlink", counted)
    collector = OwnersCollector()
    pid = crowd.process.pid
    found = 0
    while not found:
        found = sum(holder == pid for _, holder, _ in owned(collector.collect(crowd.inodes, 0.0)))
    assert found < crowd.number, "it is not in the middle"
    crowd.end()
    read, held = 0, len(list(Path("/proc/self/fd").iterdir())) - len(collector._scan._paused)
    got = collector.collect(crowd.inodes, 0.0)
    assert read < A_TICK
    assert pid not in {holder for _, holder, _ in owned(got)}
    assert set(reasons(got).values()) <= {NOT_LOOKED, GONE}
    nothing = np.empty(0, np.uint64)
    got = collector.collect(nothing, 0.0)
    assert owned(got) == set()
    assert reasons(got) == {}
    assert pid not in got.tables["processes"].numbers("pid")
    while collector.busy:
        collector.look(nothing, 0.0)
    assert pid not in collector._scan._processes
    assert pid not in collector._scan.holders.pids
    assert len(collector._search.inodes) == 0
    collector.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == held
