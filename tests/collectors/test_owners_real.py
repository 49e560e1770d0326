"""The owner scan against this machine: sockets that the test itself opens, beside what ss and psutil say."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from sockscope.app.collectors import procfs
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.owners import OwnersCollector
from sockscope.app.collectors.search import ELSEWHERE, FORBIDDEN, GONE, NOT_LOOKED
from tests.collectors.fakeproc import FakeClock, Holding, inodes, owned, reasons
from tests.lab.need import require_root_and
from tests.lab.sockets import wait_for

_PLENTY = 30.0


def _inode(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


@contextmanager
def _listeners(number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        made = []
        for _ in range(number):
            one = stack.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            one.listen()
            made.append(one)
        yield made


@contextmanager
def _child(body: Callable[[], object]) -> Iterator[int]:
    """A forked process that runs `body` and then sleeps; it is ended afterwards."""
    ready, told = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            body()
            os.write(told, b".")
            time.sleep(60)
        finally:
            os._exit(0)
    os.close(told)
    try:
        assert os.read(ready, 1) == b"."
        yield pid
    finally:
        os.close(ready)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _in_unprivileged_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a forked process of user 65534."""
    result, told = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(told, json.dumps(work()).encode())
        except BaseException as error:  # noqa: BLE001 - the test shall see it
            os.write(told, json.dumps(repr(error)).encode())
        finally:
            os._exit(0)
    os.close(told)
    with os.fdopen(result) as file:
        text = file.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def _settled(wanted: procfs.Inodes) -> Collected:
    """What is found once the search is over; processes that end meanwhile make it longer."""
    clock = FakeClock()
    collector = OwnersCollector(clock=clock)
    for _ in range(60):
        got = collector.collect(wanted, _PLENTY)
        if not {NOT_LOOKED, GONE} & set(reasons(got).values()):
            return got
        clock.now += 1.0
    raise AssertionError("the search never ended")


def test_sockets_shared_with_a_child_as_psutil_sees_them() -> None:
    collector = OwnersCollector()
    with _listeners(40) as made, _child(made[0].close) as child:
        wanted = inodes(*map(_inode, made))
        got = collector.collect(wanted, _PLENTY)
        expected = {
            (_inode(one), pid, connection.fd)
            for pid in (os.getpid(), child)
            for connection in psutil.Process(pid).net_connections("tcp4")
            for one in made
            if connection.laddr == one.getsockname()
        }
        assert len(expected) == 79
        assert owned(got) == expected
        assert reasons(got) == {}
        facts = got.tables["processes"]
        assert facts.numbers("pid").tolist() == sorted((os.getpid(), child))
        assert facts.numbers("uid").tolist() == [os.geteuid()] * 2
        assert facts.real("start", 0) == psutil.Process(facts.integer("pid", 0)).create_time()
        again = collector.collect(wanted, _PLENTY)
        assert owned(again) == expected
        for one in made[20:]:
            one.close()
        assert owned(collector.collect(inodes(*map(_inode, made[:20])), _PLENTY)) == {
            row for row in expected if row[0] in set(map(_inode, made[:20]))
        }
        made[20:] = [socket.socket() for _ in range(20)]
        expected = {(_inode(one), os.getpid(), one.fileno()) for one in made[20:]}
        assert expected <= owned(collector.collect(inodes(*map(_inode, made)), _PLENTY))
        for one in made[20:]:
            one.close()


@pytest.mark.lab
def test_the_holders_ss_finds() -> None:
    require_root_and("ss")
    with _listeners(10) as made, _child(made[3].close) as first, _child(made[4].close) as second:
        numbers = {_inode(one) for one in made}
        got = owned(OwnersCollector().collect(inodes(*numbers), _PLENTY))
        lines = subprocess.run(["ss", "-Htlnpe"], capture_output=True, text=True, check=True).stdout
        expected: Holding = set()
        for line in lines.splitlines():
            inode = int(found[1]) if (found := re.search(r"ino:(\d+)", line)) else 0
            if inode in numbers:
                expected |= {
                    (inode, int(pid), int(fd)) for pid, fd in re.findall(r"pid=(\d+),fd=(\d+)", line)
                }
        assert got == expected
        assert {pid for _, pid, _ in got} == {os.getpid(), first, second}


@pytest.mark.lab
def test_an_ordinary_user_sees_its_own_sockets_and_is_told_about_the_others() -> None:
    require_root_and()
    with _listeners(1) as made, _child(lambda: None):
        foreign = _inode(made[0])

        def work() -> object:
            made[0].close()
            with socket.socket() as own:
                got = _settled(inodes(_inode(own), foreign))
                mine = [_inode(own), os.getpid(), own.fileno()]
                return [
                    [list(row) for row in owned(got)] == [mine],
                    reasons(got),
                    [(note.table, note.kind) for note in got.notes],
                    got.tables["processes"].numbers("uid").tolist(),
                    bool(re.fullmatch(r"\d+ processes? may not be read: .*", got.notes[0].why)),
                ]

        assert _in_unprivileged_child(work) == [
            True,
            {str(foreign): FORBIDDEN},
            [["owners", "forbidden"]],
            [65534],
            True,
        ]


def test_the_kernel_counts_descriptors_where_it_is_new_enough() -> None:
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    with _child(lambda: None) as child:
        expected = len(list(Path(f"/proc/{child}/fd").iterdir())) if release >= (6, 2) else 0
        assert procfs.descriptor_count("/proc", child) == expected


def test_a_process_that_ends_while_it_is_read() -> None:
    limit = min(2000, 200 + len(list(Path("/proc/self/fd").iterdir())))
    with ExitStack() as stack:
        made = [stack.enter_context(socket.socket()) for _ in range(limit)]
        with _child(lambda: None) as child:
            reading = procfs.Reading("/proc", child, (procfs.NO_DESCRIPTORS, procfs.NO_INODES))
            assert not reading.advance(lambda: True)
        assert reading.advance(lambda: False)
        assert reading.lost
        assert len(reading.inodes) == 0
        reading.close()
        assert len(made) == limit


_ALONE = r"""
import array, json, os, socket, sys, time
import numpy as np
from sockscope.app.collectors.owners import OwnersCollector

def inode(fd):
    return os.fstat(fd).st_ino

def tables(got):
    owners, unowned = got.tables["owners"], got.tables["unowned"]
    return (
        {str(i): int(p) for i, p in zip(owners.numbers("inode"), owners.numbers("pid"))},
        {str(i): int(r) for i, r in zip(unowned.numbers("inode"), unowned.numbers("reason"))},
    )

def child(first):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(first - 1))
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)
    return pid

class Clock:
    now = 0.0
    def __call__(self):
        return self.now + 0.0

clock = Clock()
collector = OwnersCollector(clock=clock)
kept, sent, shared = socket.socket(), socket.socket(), socket.socket()
here, there = socket.socketpair()
numbers = [inode(one.fileno()) for one in (kept, sent, shared)]
socket.send_fds(here, [b"."], [sent.fileno()])
sent.close()
told = []

def look():
    clock.now += 1.0
    got = collector.collect(np.array(numbers, dtype=np.uint64), 30.0)
    told.append((*tables(got), len(got.notes)))

look()
first = child(300)
kept.close()
look()
os.kill(first, 9)
os.waitpid(first, 0)
time.sleep(0.05)
again = child(300)
look()
arrived = socket.recv_fds(there, 1, 1)[1]
for _ in range(3):
    look()
print(json.dumps([numbers, os.getpid(), first, again, told]))
os.kill(again, 9)
"""


@pytest.mark.lab
def test_alone_in_a_process_namespace() -> None:
    """A socket in a message, a forked child as the only holder, and its number used again at once."""
    require_root_and("unshare")
    script = [sys.executable, "-c", _ALONE]
    run = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", *script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    (kept, sent, shared), me, first, again, told = json.loads(run.stdout)
    assert (me, first, again) == (1, 300, 300)
    owners = [step[0] for step in told]
    why = [step[1] for step in told]
    assert [step[2] for step in told] == [0] * 6
    assert owners[0] == {str(kept): 1, str(shared): 1}
    assert why[0] == {str(sent): ELSEWHERE}
    assert owners[1][str(kept)] == 300
    assert why[1] == {str(sent): ELSEWHERE}
    assert str(kept) not in owners[2]
    assert why[2][str(kept)] == GONE
    assert owners[-1][str(sent)] == 1
    assert why[-1].get(str(sent)) is None


def test_the_scan_leaks_no_descriptor() -> None:
    clock = FakeClock()
    clock.step = 0.001
    before = len(list(Path("/proc/self/fd").iterdir()))
    collector = OwnersCollector(clock=clock)
    for _ in range(30):
        collector.collect(inodes(1, 2, 3), 0.005)
    collector.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_process_in_the_middle_of_an_exec_keeps_its_sockets_and_changes_its_name() -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    clock = FakeClock()
    collector = OwnersCollector(clock=clock)
    with _listeners(1) as made:
        made[0].set_inheritable(True)
        go, start = os.pipe()
        pid = os.fork()
        if not pid:
            os.read(go, 1)
            os.execv(sleep, ["sleep", "60"])  # noqa: S606 - it is this call that is tested
        try:
            wanted = inodes(_inode(made[0]))
            before = collector.collect(wanted, _PLENTY).tables["processes"]
            os.write(start, b".")
            command = Path(f"/proc/{pid}/cmdline")  # comes last in an exec, after the name
            wait_for(lambda: command.read_bytes() == b"sleep\x0060\x00", "sleep(1) never ran")
            clock.now += 60
            after = collector.collect(wanted, _PLENTY).tables
            row = after["processes"].numbers("pid").tolist().index(pid)
            assert before.text("name", row) != "sleep"
            assert after["processes"].text("name", row) == "sleep"
            assert after["processes"].text("command", row) == "sleep 60"
            assert pid in after["owners"].numbers("pid")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(go)
            os.close(start)
