"""Waits for its standard input to end, then removes namespaces and cgroups of the process that started it.

So nothing is left even when that process was killed and could not clean up. Started by its file name, it
imports nothing of this package.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

NAMESPACES = Path("/run/netns")


def holders(name: str) -> list[int]:
    """Processes whose main thread is in that namespace, this one left out."""
    try:
        wanted = (NAMESPACES / name).stat()
    except FileNotFoundError:
        return []
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                there = (process / "ns/net").stat()
                if there.st_ino == wanted.st_ino and there.st_dev == wanted.st_dev:
                    found.append(int(process.name))
    return [pid for pid in found if pid != os.getpid()]


def remove(name: str) -> None:
    """Kill what runs in that namespace and delete it; nothing happens if there is none of that name."""
    for _ in range(50):
        pids = holders(name)
        if not pids:
            break
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    if (NAMESPACES / name).exists():
        subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


def cgroups(mounts: str = "/proc/self/mounts") -> Path | None:
    """Where the cgroup2 file system is mounted; None if it is not."""
    lines = Path(mounts).read_text(encoding="utf-8").splitlines()
    places = [fields[1] for fields in map(str.split, lines) if fields[2] == "cgroup2"]
    return Path(places[0]) if places else None


def clear(cgroup: Path) -> None:
    """Remove a cgroup with all below it, as soon as the processes in them are gone."""
    for place, _, _ in os.walk(cgroup, topdown=False):
        for _ in range(50):
            try:
                Path(place).rmdir()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.02)
            else:
                break


def main(prefix: str) -> None:
    """Wait, then remove every namespace and every cgroup whose name begins with `prefix`."""
    for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for place in sorted(NAMESPACES.glob(f"{prefix}*")):
        remove(place.name)
    top = cgroups()
    for cgroup in sorted(top.glob(f"{prefix}*")) if top else ():
        clear(cgroup)


if __name__ == "__main__":
    main(sys.argv[1])
