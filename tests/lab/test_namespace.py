"""Namespaces are entered and left, and vanish with everything in them, however their maker ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.lab import guard, need
from tests.lab.namespace import Namespace, pair
from tests.lab.program import ROOT
from tests.lab.sockets import wait_for


def where() -> Path:
    """The network namespace the calling thread is in."""
    return Path("/proc/thread-self/ns/net").readlink()


def running(pid: int) -> bool:
    """Whether a process of that id exists and is not just waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return not state.startswith("Z")


@pytest.mark.lab
def test_inside_sees_only_the_namespace_and_comes_back(namespace: Namespace) -> None:
    home = where()
    with namespace.inside():
        there = where()
        assert there == Path("/proc/self/ns/net").readlink()
        assert [name for _, name in socket.if_nameindex()] == ["lo"]
    assert there != home
    assert where() == home


@pytest.mark.lab
def test_inside_comes_back_after_a_failure_and_from_another_namespace(namespace: Namespace) -> None:
    home = where()
    with Namespace() as other:
        with other.inside():
            outer = where()
            with pytest.raises(KeyError), namespace.inside():
                raise KeyError
            assert where() == outer
        assert where() == home


@pytest.mark.lab
def test_only_the_main_thread_may_enter(namespace: Namespace) -> None:
    caught: list[BaseException] = []

    def enter() -> None:
        try:
            with namespace.inside():
                pass
        except RuntimeError as refused:
            caught.append(refused)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert len(caught) == 1


@pytest.mark.lab
def test_pair_carries_both_families(namespace: Namespace) -> None:
    with Namespace() as other:
        pair(namespace, other, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        for family, host in ((socket.AF_INET, "10.0.0.2"), (socket.AF_INET6, "fd00::2")):
            with (
                other.socket(family, socket.SOCK_STREAM) as listener,
                namespace.socket(family, socket.SOCK_STREAM) as caller,
            ):
                listener.bind((host, 0))
                listener.listen()
                caller.settimeout(5)
                caller.connect(listener.getsockname())


@pytest.mark.lab
def test_closing_ends_what_runs_there() -> None:
    need.require_root_and()
    with Namespace() as made:
        sleeper = made.popen(["sleep", "600"])
        wait_for(lambda: sleeper.pid in made.processes(), "the command did not enter the namespace")
    assert sleeper.wait(timeout=5) == -signal.SIGKILL
    assert not (guard.NAMESPACES / made.name).exists()
    made.close()  # once more does no harm


@pytest.mark.lab
def test_a_killed_maker_leaves_nothing() -> None:
    need.require_root_and()
    script = (
        "import time\n"
        "from tests.lab.namespace import Namespace\n"
        "made = Namespace()\n"
        "print(made.name, made.popen(['sleep', '600']).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as maker:
        assert maker.stdout is not None
        name, pid = maker.stdout.readline().split()
        wait_for(lambda: int(pid) in guard.holders(name), "the command did not enter the namespace")
        maker.kill()
        wait_for(lambda: not (guard.NAMESPACES / name).exists(), f"{name} is still there")
        wait_for(lambda: not running(int(pid)), f"process {pid} still runs")


def test_without_root_the_test_is_skipped_but_not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs root"):
        need.require_root_and()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="needs root"):
        need.require_root_and()


def test_a_missing_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "no-such-command" in str(need.missing("no-such-command"))
