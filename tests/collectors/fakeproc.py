"""A /proc made of directories and links, and a clock that stands still, for tests of the owner scan."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.owners import OwnersCollector
from sockscope.app.collectors.processes import Facts

Holding = set[tuple[int, int, int]]
"""Inode, process, descriptor."""


class FakeProc:
    """Processes with descriptors, as the kernel shows them: `fd/7` links to `socket:[123]`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._born = 0
        root.mkdir(exist_ok=True)
        self.spawn(1)

    def spawn(self, pid: int, sockets: Iterable[int] = (), first: int = 3) -> None:
        """Start a process that has these sockets open from descriptor `first` on."""
        self._born += 1
        home = self.root / str(pid)
        (home / "fd").mkdir(parents=True)
        rest = " ".join(["S", *["0"] * 18, str(self._born), *["0"] * 30])
        (home / "stat").write_text(f"{pid} (a) b) {rest}\n")
        for fd, inode in enumerate(sockets, first):
            self.open(pid, fd, inode)

    def exit(self, pid: int) -> None:
        """End a process."""
        shutil.rmtree(self.root / str(pid))

    def fork(self, parent: int, child: int) -> None:
        """Start a process with the descriptors of another."""
        self.spawn(child)
        for fd, inode in self.descriptors(parent).items():
            self.open(child, fd, inode)

    def open(self, pid: int, fd: int, inode: int | None) -> None:
        """Open a socket, or with None a file, as descriptor `fd`."""
        link = self.root / str(pid) / "fd" / str(fd)
        link.symlink_to("/var/log/a file" if inode is None else f"socket:[{inode}]")

    def close(self, pid: int, fd: int) -> None:
        """Close a descriptor."""
        (self.root / str(pid) / "fd" / str(fd)).unlink()

    def pids(self) -> list[int]:
        """Every process."""
        return sorted(int(path.name) for path in self.root.iterdir())

    def descriptors(self, pid: int) -> dict[int, int | None]:
        """What a process has open: socket inodes, None for anything else."""
        found: dict[int, int | None] = {}
        for link in (self.root / str(pid) / "fd").iterdir():
            target = str(link.readlink())
            found[int(link.name)] = int(target[8:-1]) if target.startswith("socket:") else None
        return found

    def holding(self) -> Holding:
        """All holders, by the simplest scan there is."""
        return {
            (inode, pid, fd)
            for pid in self.pids()
            for fd, inode in self.descriptors(pid).items()
            if inode is not None
        }


class FakeClock:
    """Seconds that pass when told to, and `step` with every look at it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Scene:
    """A collector over a fake /proc and clock."""

    def __init__(self, root: Path, recheck: float = 60.0) -> None:
        self.proc = FakeProc(root)
        self.clock = FakeClock()
        self.collector = OwnersCollector(str(root), self.clock, recheck, self.facts)

    @staticmethod
    def facts(pid: int) -> Facts | None:
        """The same for every process but its number."""
        return Facts(1e9, pid + 1000, f"program{pid}", f"/bin/program{pid} -x")

    def tick(self, *wanted: int, budget: float = 1.0, seconds: float = 1.0) -> Collected:
        """Let time pass and collect."""
        self.clock.now += seconds
        return self.collector.collect(inodes(*wanted), budget)


def inodes(*numbers: int) -> NDArray[np.uint64]:
    """A column of inodes."""
    return np.array(numbers, dtype=np.uint64)


def owned(collected: Collected) -> Holding:
    """Rows of table `owners`."""
    table = collected.tables["owners"]
    columns = [table.numbers(name).tolist() for name in ("inode", "pid", "fd")]
    rows = list(zip(*columns, strict=True))
    assert rows == sorted(set(rows))
    return set(rows)


def reasons(collected: Collected) -> dict[int, int]:
    """Rows of table `unowned`."""
    table = collected.tables["unowned"]
    return dict(zip(table.numbers("inode").tolist(), table.numbers("reason").tolist(), strict=True))


def number_of_links(root: str, pid: int) -> int:
    """How many descriptors a process has, as Linux 6.2 and later tell it."""
    return len(os.listdir(f"{root}/{pid}/fd"))  # noqa: PTH208


def not_told(root: str, pid: int) -> int:
    """What earlier kernels say to that."""
    number_of_links(root, pid)
    return 0
