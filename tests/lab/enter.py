"""Runs a command on a machine of the lab: `enter.py LEADER NETNS CGROUP COMMAND...`.

LEADER is a process whose namespaces are the machine's, NETNS the file of the network namespace to be in, and
CGROUP the directory of a cgroup to be in ("": the present one). Signals to end are passed on, and the command
does not outlive this process; the exit status is the command's.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.lab.actor import end_with

_PLACES = ("uts", "cgroup", "pid_for_children", "mnt")
"""Files in /proc/PID/ns; with the last one paths change their meaning."""


def enter(leader: int, network: str, cgroup: str) -> None:
    """Be in these namespaces and that cgroup, in the same directory; children are in the machine's processes.

    OSError where one of them is gone.
    """
    if cgroup:
        Path(cgroup, "cgroup.procs").write_text(f"{os.getpid()}\n", encoding="ascii")
    libc, here = ctypes.CDLL(None, use_errno=True), Path.cwd()
    paths = (network, *(f"/proc/{leader}/ns/{place}" for place in _PLACES))
    for place in [os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in paths]:
        if libc.setns(place, 0):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        os.close(place)
    os.chdir(here)


def run(command: list[str]) -> int:
    """Run it as a child, which has another id in the machine, and wait; its exit status as a shell's."""
    child = os.fork()
    if not child:
        end_with(0)  # no process of the machine has started it
        os.execvp(command[0], command)  # noqa: S606 - that is what it is for

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, pass_on)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    enter(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    sys.exit(run(sys.argv[4:]))
