"""The sampler as a process: it serves, it ends with its dashboard, and its death is noticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sockscope.app.sampler.control import Control
from sockscope.app.sources.base import SourceLost
from sockscope.app.sources.local import LocalSampler

PATIENCE = 10.0

HOLDER = """
import sys, time
from sockscope.app.sampler.control import Control
from sockscope.app.sources.local import LocalSampler
source = LocalSampler()
source.order(Control(frozenset({"sockets", "owners"}), 0.2))
source.next()
print(source.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for_end(pid: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def test_frames_come_in_order_with_what_was_asked_for() -> None:
    source = LocalSampler()
    try:
        source.order(Control(frozenset({"sockets"}), 0.1))
        frames = [source.next() for _ in range(3)]
        assert [frame.number for frame in frames] == [0, 1, 2]
        assert all({"sockets", "tcp_states"} <= set(frame.tables) for frame in frames)
        assert frames[0].host.name == os.uname().nodename
        source.order(Control(frozenset({"counters"}), 0.1))
        assert any("sockets" not in source.next().tables for _ in range(20))
    finally:
        source.close()
    assert not alive(source.pid)


def test_a_killed_sampler_is_a_loss_with_words_and_can_be_started_again() -> None:
    source = LocalSampler()
    try:
        source.order(Control(frozenset({"sockets"}), 0.1))
        source.next()
        os.kill(source.pid, signal.SIGKILL)
        with pytest.raises(SourceLost, match="killed by signal 9"):
            [source.next() for _ in range(100)]
        source.restart()
        assert "sockets" in source.next().tables  # the orders still stand
    finally:
        source.close()


def test_a_sampler_that_cannot_start_says_why() -> None:
    source = LocalSampler((sys.executable, "-c", "raise SystemExit('no such thing')"))
    try:
        with pytest.raises(SourceLost, match="no such thing"):
            source.next()
    finally:
        source.close()


def test_another_program_on_the_pipe_is_a_loss() -> None:
    source = LocalSampler((sys.executable, "-c", "print('x' * 100)"))
    try:
        with pytest.raises(SourceLost, match="not a stream of frames"):
            source.next()
    finally:
        source.close()


def test_after_close_nothing_is_started_again() -> None:
    source = LocalSampler()
    source.close()
    pid = source.pid
    source.restart()
    assert source.pid == pid
    assert not alive(pid)


def test_the_sampler_ends_within_a_second_when_its_dashboard_is_killed() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    sampler = int(holder.stdout.readline())
    assert alive(sampler)
    holder.kill()
    holder.wait(PATIENCE)
    assert wait_for_end(sampler, 1.0)


def test_the_sampler_loads_no_textual() -> None:
    check = (
        "import sys, sockscope.app.sampler.main as m; from sockscope.app.sampler.tasks import plan\n"
        "for task in plan(): task.run(0.0)\n"
        "m._owners()\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('textual', 'rich')])"
    )
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
