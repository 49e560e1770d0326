"""Where cgroups are in the tree: table `cgroup_paths`, columns id u8 (sorted) and path (cgroups(7)).

A cgroup's id is the inode number of its directory in the cgroup2 file system, which anyone may list. Ids are
never used again.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Strings, Table

MOUNTS = "/proc/self/mountinfo"
BUDGET = 0.01
"""Seconds of walking the tree in one tick."""
MOST = 65_536
"""Cgroups that are followed at once; of more the highest ids stay without path."""

_NO_SUBDIRECTORY = 2
"""Links of a directory that holds no other."""
_PIECE = 16
_ESCAPED = re.compile(rb"\\([0-7]{3})")


class CgroupTree:
    """Finds the paths of cgroups by id. It walks the tree only while there are ids that it has not met, a
    piece a tick, and remembers what it found for as long as it is asked for: a cgroup that was removed keeps
    its path while a socket still has its id."""

    def __init__(self, mounts: str = MOUNTS, clock: Callable[[], float] = time.monotonic) -> None:
        """`mounts` is a file like proc(5)'s mountinfo; `clock` counts seconds."""
        self._mounts = mounts
        self._clock = clock
        self._paths: dict[int, str] = {}
        self._absent: set[int] = set()
        """Ids that a whole walk has not met: removed before they were looked for, or outside the mount."""
        self._sought: set[int] = set()
        """Ids that have been wanted since the walk began."""
        self._ahead: deque[tuple[str, str]] = deque()
        """Directories still to be listed: where they are, and their paths in the tree."""
        self._table: Table | None = None

    def look(self, ids: NDArray[np.uint64], budget: float = BUDGET) -> Table:
        """Walk on for about `budget` seconds if one of these ids is new (any order, with repeats, 0 for
        none); table `cgroup_paths` of those met so far, the same object while nothing in it changed."""
        until = self._clock() + budget
        wanted = {number for number in _distinct(ids) if number}
        changed = self._forget(wanted)
        missing = wanted - self._paths.keys() - self._absent
        while missing:
            if not self._ahead:
                self._begin(missing)
            changed |= self._walk(missing, until)
            if self._ahead:
                break
            self._absent |= missing & self._sought
            missing -= self._absent
            if self._clock() >= until:
                break
        if not missing:
            self._ahead.clear()
        if self._table is None or changed:
            self._table = self._made()
        return self._table

    def _forget(self, wanted: set[int]) -> bool:
        """Drop what nobody asks for any more; whether a path was among it."""
        gone = self._paths.keys() - wanted
        for number in gone:
            del self._paths[number]
        self._absent &= wanted
        self._sought &= wanted
        return bool(gone)

    def _begin(self, missing: set[int]) -> None:
        """Start at the root of the file system."""
        self._sought = set(missing)
        found = mounted(self._mounts)
        if found is None:
            return
        point, root = found
        try:
            number = os.stat(point).st_ino  # noqa: PTH116 - as below
        except OSError:
            return
        if number in missing:
            self._paths[number] = root
        self._ahead.append((point, root))

    def _walk(self, missing: set[int], until: float) -> bool:
        """List directories until all of `missing` are met, none is left, or time is over; whether any was
        met."""
        before = len(self._paths)
        missing -= self._paths.keys()
        steps = 0
        while self._ahead and missing:
            steps += 1
            if not steps % _PIECE and self._clock() >= until:
                break
            place, path = self._ahead.popleft()
            for number, name in _below(place):
                under = f"{path.rstrip('/')}/{name}"
                if number in missing:
                    self._paths[number] = under
                    missing.discard(number)
                self._ahead.append((f"{place}/{name}", under))
        if not missing:
            self._ahead.clear()
        return len(self._paths) != before

    def _made(self) -> Table:
        ids = sorted(self._paths)
        return Table(
            {
                "id": np.array(ids, dtype=np.uint64),
                "path": Strings.of(self._paths[number] for number in ids),
            },
            self._clock(),
        )


def _distinct(ids: NDArray[np.uint64]) -> list[int]:
    """Each id once: sockets of one cgroup often stand together, so most repeats go without sorting."""
    if not len(ids):
        return []
    runs = ids[np.append(True, ids[1:] != ids[:-1])]
    distinct: list[int] = np.unique(runs)[:MOST].tolist()
    return distinct


def _below(place: str) -> list[tuple[int, str]]:
    """Directories in a directory, with their inode numbers; none where it is gone or may not be read."""
    try:
        if os.stat(place).st_nlink == _NO_SUBDIRECTORY:  # noqa: PTH116 - a Path costs as much as the call
            return []
        with os.scandir(place) as entries:
            return [(entry.inode(), entry.name) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def mounted(mounts: str = MOUNTS) -> tuple[str, str] | None:
    """Where the cgroup2 file system is mounted, and which cgroup is there; None if it is not.

    Of several mounts the one with most of the tree counts.
    """
    try:
        with open(mounts, "rb") as file:  # noqa: PTH123 - a file of the kernel
            lines = file.read().split(b"\n")
    except OSError:
        return None
    found = []
    for line in lines:
        fields, _, kind = line.partition(b" - ")
        words = fields.split()
        if kind.startswith(b"cgroup2 ") and len(words) > 4:
            found.append((_text(words[4]), _text(words[3])))
    return min(found, key=lambda pair: len(pair[1]), default=None)


def _text(word: bytes) -> str:
    """A path of mountinfo, in which blanks are octal escapes."""
    return os.fsdecode(_ESCAPED.sub(lambda octal: bytes((int(octal[1], 8) & 0xFF,)), word))


def of_process(root: str, pid: int) -> str | None:
    """The cgroup of a process, None where it may not be known.

    It is that of the cgroup2 tree; where that is the root, the one in the tree that systemd keeps on its own
    beside controllers of version 1 (cgroups(7), /proc/PID/cgroup).
    """
    try:
        file = os.open(f"{root}/{pid}/cgroup", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(file, 1 << 16)
    except OSError:
        return None
    finally:
        os.close(file)
    paths = {}
    for line in text.split(b"\n"):
        _, _, rest = line.partition(b":")
        controllers, colon, path = rest.partition(b":")
        if colon:
            paths[controllers] = path.removesuffix(b" (deleted)")
    told = paths.get(b""), paths.get(b"name=systemd")
    chosen = next((path for path in told if path and path != b"/"), told[0] or told[1])
    return None if chosen is None else chosen.decode("utf-8", "surrogateescape")
