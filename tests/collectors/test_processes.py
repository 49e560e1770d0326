"""Names and other facts of processes."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import psutil
import pytest

from sockscope.app.collectors.processes import NO_USER, Facts, ProcessFacts, ask, program_name
from tests.collectors.fakeproc import FakeClock


@pytest.mark.parametrize(
    ("comm", "words", "name"),
    [
        ("nginx", ["/usr/sbin/nginx", "-g", "daemon off;"], "nginx"),
        ("nginx", ["nginx:", "master", "process", "/usr/sbin/nginx"], "nginx"),
        ("nginx", ["nginx: worker process"], "nginx"),
        ("postgres", ["postgres: 14/main: checkpointer"], "postgres"),
        ("sshd-session", ["sshd-session:", "root@pts/0"], "sshd-session"),
        ("systemd-resolve", ["/usr/lib/systemd/systemd-resolved"], "systemd-resolved"),
        ("python3", ["/usr/bin/python3.11", "-m", "http.server"], "python3.11"),
        ("backup.sh", ["/bin/sh", "/usr/local/bin/backup.sh", "-v"], "backup.sh"),
        ("serve", ["/usr/bin/python3", "-u", "/srv/serve"], "serve"),
        ("a-very-long-scr", ["/bin/sh", "/opt/a-very-long-script-name"], "a-very-long-scr"),
        ("bash", ["-bash"], "bash"),
        ("MainThread", ["node", "/srv/app.js"], "node"),
        ("ruby", ["puma 6.4.0 (tcp://0.0.0.0:3000) [shop]"], "puma"),
        ("gunicorn: maste", ["gunicorn: master [shop]"], "gunicorn"),
        ("server", ["/opt/My App/bin/server"], "server"),
        ("(sd-pam)", ["(sd-pam)"], "(sd-pam)"),
        ("kworker/0:1", [], "kworker/0:1"),
        ("odd", [""], "odd"),
        ("odd", ["   ", "x"], "odd"),
        ("", ["/"], ""),
        (":", ["/bin/x"], "x"),
        ("\x1b[2J", ["\x1b[2J"], "\x1b[2J"),
    ],
)
def test_the_name_is_the_one_a_netstat_user_expects(comm: str, words: list[str], name: str) -> None:
    assert program_name(comm, words) == name


def test_this_process() -> None:
    facts = ask(os.getpid())
    assert facts is not None
    assert facts.uid == os.geteuid()
    assert facts.start == psutil.Process().create_time()
    assert facts.command is not None
    assert facts.command.startswith(psutil.Process().cmdline()[0])


def test_a_long_command_line_is_cut() -> None:
    code = "import sys; sys.stdout.write('.'); sys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "\udc80" + "x" * 9000], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.read(1)
        facts = ask(child.pid)
        child.communicate(b"")
    assert facts is not None
    assert facts.command is not None
    assert len(facts.command) == 4096
    assert "\udc80xxx" in facts.command


def test_a_process_that_ended_and_one_nobody_waited_for() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    facts = ask(child)
    assert facts is None or not facts.command
    os.waitpid(child, 0)
    assert ask(child) is None


@pytest.mark.parametrize("part", ["create_time", "name", "cmdline"])
def test_what_is_forbidden_is_unknown(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, part, refuse)
    facts = ask(os.getpid())
    assert facts is not None
    assert facts.command is None
    if part == "cmdline":
        assert facts.name
        assert facts.uid == os.geteuid()


class _Asked:
    """Tells facts that a test can change, and notes who was asked for."""

    def __init__(self) -> None:
        self.facts: dict[int, Facts | None] = {}
        self.pids: list[int] = []

    def __call__(self, pid: int) -> Facts | None:
        self.pids.append(pid)
        return self.facts.get(pid, Facts(0.0, 7, f"p{pid}", ""))


def _pids(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.array(numbers, dtype=np.uint32)


def test_a_process_that_executes_a_program_gets_its_name_soon() -> None:
    clock, asked = FakeClock(), _Asked()
    known = ProcessFacts(asked, clock, wall=clock)
    asked.facts[5] = Facts(clock.now, 0, "sshd", "sshd")
    known.refresh({5: 1}, clock.now + 1)
    first = known.table(_pids(5), 0.0)
    assert first.text("name", 0) == "sshd"
    asked.facts[5] = Facts(clock.now, 0, "bash", "-bash")
    clock.now += 1
    known.refresh({5: 1}, clock.now + 1)
    assert known.table(_pids(5), 0.0).text("name", 0) == "bash"


def test_an_old_process_is_asked_once_a_minute_and_its_table_stays() -> None:
    clock, asked = FakeClock(), _Asked()
    known = ProcessFacts(asked, clock, wall=lambda: 1e6)
    tables = set()
    for _ in range(121):
        known.refresh({5: 1, 6: 1}, clock.now + 1)
        tables.add(id(known.table(_pids(5, 6), clock.now)))
        clock.now += 1
    assert asked.pids == [5, 6] * 3
    assert len(tables) == 1


def test_another_process_under_the_number_is_asked_anew_and_what_left_is_forgotten() -> None:
    clock, asked = FakeClock(), _Asked()
    known = ProcessFacts(asked, clock)
    known.refresh({5: 1, 6: 1}, clock.now)
    known.refresh({5: 2}, clock.now)
    known.refresh({5: 2, 6: 1}, clock.now)
    assert asked.pids == [5, 6, 5, 6]


def test_a_process_that_ends_keeps_what_was_known_and_a_stranger_is_unknown() -> None:
    clock, asked = FakeClock(), _Asked()
    known = ProcessFacts(asked, clock)
    known.refresh({5: 1}, clock.now)
    asked.facts = {5: None, 6: None}
    clock.now += 100
    known.refresh({5: 1, 6: 1}, clock.now)
    table = known.table(_pids(5, 6), 0.0)
    assert (table.text("name", 0), table.text("name", 1)) == ("p5", None)
    assert math.isnan(table.real("start", 1))
    assert table.integer("uid", 1) == NO_USER


def test_an_unknown_start_is_no_change() -> None:
    clock, asked = FakeClock(), _Asked()
    asked.facts[5] = Facts()
    known = ProcessFacts(asked, clock)
    known.refresh({5: 1}, clock.now)
    first = known.table(_pids(5), 0.0)
    clock.now += 100
    known.refresh({5: 1}, clock.now)
    assert known.table(_pids(5), 0.0) is first
    asked.facts[5] = Facts(start=3.0)
    clock.now += 100
    known.refresh({5: 1}, clock.now)
    assert known.table(_pids(5), 0.0).real("start", 0) == 3.0


def test_the_time_limits_how_many_are_asked_and_new_ones_come_first() -> None:
    clock, asked = FakeClock(), _Asked()
    known = ProcessFacts(asked, clock)
    known.refresh(dict.fromkeys(range(10, 15), 1), clock.now)
    clock.now += 100
    asked.pids.clear()
    known.refresh(dict.fromkeys(range(10, 40), 1), clock.now)
    assert asked.pids == list(range(15, 23))
    pending = [known.pending]
    known.refresh(dict.fromkeys(range(10, 40), 1), clock.now + 1)
    pending.append(known.pending)
    assert pending == [True, False]
    assert set(asked.pids) == set(range(10, 40))
