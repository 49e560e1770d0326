"""Table `namespaces` and sockets of several namespaces, made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sockscope.app.frames.frame import EVERYWHERE, Frame
from sockscope.app.frames.table import Strings, Table
from tests import fake

OWN, WEB, DB = 4026531833, 4026532001, 4026532002


def namespaces(*rows: tuple[int, str | None, int, str | None, str | None]) -> Table:
    """Inode, name, process, its name and its cgroup of each; the first is the own one."""
    inodes, names, pids, processes, cgroups = zip(*rows, strict=True)
    return Table(
        {
            "inode": np.array(inodes, np.uint64),
            "name": Strings.of(names),
            "pid": np.array(pids, np.int64),
            "process": Strings.of(processes),
            "cgroup": Strings.of(cgroups),
            "processes": np.ones(len(rows), np.uint32),
            "own": np.arange(len(rows)) == 0,
        }
    )


THREE = namespaces(
    (OWN, None, 1, "systemd", "/"),
    (DB, None, 900, "postgres", f"/system.slice/docker-{'ab' * 32}.scope"),
    (WEB, "web", 800, "nginx", "/system.slice/nginx.service"),
)


def frame(number: int, rows: Table, netns: Sequence[int], known: Table = THREE) -> Frame:
    """Sockets of these namespaces, row by row."""
    made = fake.frame(number, rows.with_columns(netns=np.array(netns, np.uint64)), {"namespaces": known})
    return replace(made, host=replace(made.host, netns=EVERYWHERE))
