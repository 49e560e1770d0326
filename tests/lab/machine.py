"""A machine with processes, a host name, a /run and cgroups of its own, around a network namespace."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.lab import guard
from tests.lab.namespace import Namespace

_IN_CGROUP = ("sh", "-c", 'test -z "$1" || echo $$ >"$1/cgroup.procs"; shift; exec "$@"', "sh")
_UNSHARED = (
    *("unshare", "--cgroup", "--pid", "--mount", "--uts"),
    *("--fork", "--kill-child", "--mount-proc", "sh", "-e", "-c"),
    """
echo "$1" >/proc/sys/kernel/hostname
test -z "$3" || mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind "$2" /run
echo ready
exec sleep "$4"
""",
    "sh",
)
"""Arguments: the host's name, what stands in the place of /run, the cgroup that is the root, and seconds."""


class Machine:
    """Only processes started with `command` are seen in it, under small numbers. A context manager.

    Where cgroups cannot be made it does without them. It ends after so many `seconds`, and everything in it
    with the namespace it is made around.
    """

    def __init__(self, host: str, network: Namespace, run: str, seconds: int) -> None:
        self._network = network
        self._top = _made_cgroup(f"{network.name}-machine")
        inside = network.command([*_UNSHARED, host, run, self._top, str(seconds)])
        self._leader = subprocess.Popen([*_IN_CGROUP, self._top, *inside], stdout=subprocess.PIPE)
        if self._leader.stdout is None or self._leader.stdout.readline() != b"ready\n":
            self.close()
            raise RuntimeError("the machine did not start")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill what runs in it, and remove its cgroups."""
        self._leader.kill()
        self._leader.wait()
        if self._leader.stdout is not None:
            self._leader.stdout.close()
        if self._top:
            guard.clear(Path(self._top))

    def command(self, command: list[str], network: Namespace | None = None, cgroup: str = "") -> list[str]:
        """The command line that runs `command` there, to be started in the directory ROOT, perhaps in another
        network namespace, as a container's, or in a cgroup such as `system.slice/ssh.service`."""
        place = Path(self._top, cgroup) if self._top else ""
        if self._top:
            Path(place).mkdir(parents=True, exist_ok=True)
        namespace = guard.NAMESPACES / (network or self._network).name
        arguments = [str(self._leader.pid), str(namespace), str(place)]
        return [sys.executable, "-S", "-E", "-m", "tests.lab.enter", *arguments, *command]


def _made_cgroup(name: str) -> str:
    """The directory of a new cgroup; "" where none can be made."""
    top = guard.cgroups()
    with contextlib.suppress(OSError):
        if top is not None and os.geteuid() == 0:
            (top / name).mkdir()
            return str(top / name)
    return ""
