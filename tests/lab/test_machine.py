"""A machine of the lab: what is seen in it, and that nothing is left of it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.lab import guard
from tests.lab.machine import Machine
from tests.lab.namespace import Namespace
from tests.lab.need import do_without, require_root_and
from tests.lab.program import ROOT

pytestmark = pytest.mark.lab

_SERVICE = "system.slice/lab.service"
_SEEN = """
uname -n
ls /run
readlink /proc/self/ns/net
ls -d /proc/[0-9]* | wc -l
grep ^0:: /proc/self/cgroup
ls -d /sys/fs/cgroup/system.slice/lab.service
"""


def _cgroups() -> Path:
    top = guard.cgroups()
    if top is None:
        do_without("needs a mounted cgroup2 file system")
    return top


def test_it_has_its_own_name_processes_directories_and_cgroups() -> None:
    require_root_and("unshare")
    top = _cgroups()
    with tempfile.TemporaryDirectory() as run, Namespace() as here, Namespace() as container:
        Path(run, "own").touch()
        with Machine("lab-1", here, run, 60) as machine:
            command = machine.command(["sh", "-c", _SEEN], container, _SERVICE)
            seen = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            assert list(top.glob(f"{here.name}*"))
        host, run_holds, network, processes, cgroup, mounted = seen.splitlines()
        inode = (guard.NAMESPACES / container.name).stat().st_ino
    assert (host, run_holds, network) == ("lab-1", "own", f"net:[{inode}]")
    assert int(processes) <= 5  # its first one, the shell, and the pipe's
    assert (cgroup, mounted) == (f"0::/{_SERVICE}", f"/sys/fs/cgroup/{_SERVICE}")
    assert not list(top.glob(f"{here.name}*"))


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("kill -TERM $$", 128 + 15)])
def test_the_status_of_a_command_comes_out(script: str, status: int) -> None:
    require_root_and("unshare")
    with (
        tempfile.TemporaryDirectory() as run,
        Namespace() as here,
        Machine("lab-2", here, run, 60) as machine,
    ):
        done = subprocess.run(machine.command(["sh", "-c", script]), cwd=ROOT, check=False)
    assert done.returncode == status


def test_a_signal_to_end_reaches_the_command() -> None:
    require_root_and("unshare")
    with (
        tempfile.TemporaryDirectory() as run,
        Namespace() as here,
        Machine("lab-3", here, run, 60) as machine,
    ):
        script = 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'
        command = machine.command(["sh", "-c", script])
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == b"ready\n"
            running.terminate()
            assert running.wait(timeout=20) == 5
