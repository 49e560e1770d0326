"""Reads of /proc/PID in pieces: which processes there are and which sockets they have open (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Descriptors = NDArray[np.uint32]
Inodes = NDArray[np.uint64]

NO_SOCKET = 0
"""Stands for the inode where a descriptor is open on something else."""

UNREAD = 2**64 - 1
"""Stands for the inode of a descriptor that was listed and not read yet."""

_FIRST_PID_NAMESPACE = 0xEFFFFFFC
"""PROC_PID_INIT_INO, include/linux/proc_ns.h."""

NO_DESCRIPTORS: Descriptors = np.empty(0, dtype=np.uint32)
NO_INODES: Inodes = np.empty(0, dtype=np.uint64)

_CHUNK = 256
_SPARE = 8
"""How many numbers a guess tries beyond those that are needed."""
_START_TIME = 19  # field 22 of stat(5), counted from the one after the name
_PREFIX, _SUFFIX = b"socket:[", b"]"
_LONGEST_INODE = 19
_CLOSED = b""
"""Stands for the link of a descriptor that is closed; the kernel's are never empty."""


def processes(root: str) -> dict[int, int]:
    """Every process that may be seen, and the inode of its directory; OSError if `root` cannot be listed.

    The kernel gives a process its own directory inode, so another inode under the same number is another
    process; the same process may change its inode when the kernel drops cached entries.
    """
    with os.scandir(root) as entries:
        return {int(entry.name): entry.inode() for entry in entries if entry.name.isdecimal()}


def start_ticks(root: str, pid: int) -> int:
    """When the process started, in clock ticks since boot; OSError if it is gone or hidden."""
    file = os.open(f"{root}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = os.read(file, 1024)
    finally:
        os.close(file)
    fields = text[text.rfind(b")") + 1 :].split()
    if len(fields) <= _START_TIME:
        raise ProcessLookupError(f"{pid} ended while it was read")
    return int(fields[_START_TIME])


def descriptor_count(root: str, pid: int) -> int:
    """How many descriptors the process has open, 0 where the kernel does not say (before 6.2); OSError."""
    return os.stat(f"{root}/{pid}/fd").st_size  # noqa: PTH116 - a Path costs as much as the call


def network(root: str, pid: int | str) -> int:
    """The network namespace of the process, as the inode of ns/net; 0 where it may not be known."""
    try:
        return os.stat(f"{root}/{pid}/ns/net").st_ino  # noqa: PTH116 - a Path costs as much as the call
    except OSError:
        return 0


def in_a_pid_namespace(root: str) -> bool:
    """Whether there are processes outside of this one's pid namespace, which are not listed
    (pid_namespaces(7))."""
    try:
        own = os.stat(f"{root}/self/ns/pid").st_ino  # noqa: PTH116 - as above
    except OSError:
        return False
    return own != _FIRST_PID_NAMESPACE


class Reading:
    """One look through the descriptors of a process, which can pause at any time and go on later.

    What was known of a descriptor stays in `inodes` until it is read again. The open directory belongs to the
    process and not to its number, so a new process under the number cannot mix in.
    """

    def __init__(
        self,
        root: str,
        pid: int,
        known: tuple[Descriptors, Inodes],
        trusted: Callable[[Inodes], NDArray[np.bool_]] | None = None,
        guess: bool = False,
    ) -> None:
        """Start; OSError. `trusted` tells which of the known descriptors need no reading, None reads all.

        A `guess` lists nothing, but tries where the known descriptors are and new ones must be, since the
        kernel gives out the lowest free numbers. Whether it was right shows in `certain`.
        """
        self.count = descriptor_count(root, pid)
        self.fds = NO_DESCRIPTORS
        self.inodes = NO_INODES
        self.whole = False
        """No descriptor was presumed unchanged: once this look is done, everything is known."""
        self.lost = False
        """The process ended before everything was read."""
        self.guess = guess
        self._known = known
        self._trusted = trusted(known[1]) if trusted is not None else np.zeros(len(known[1]), dtype=np.bool_)
        self._todo: NDArray[np.intp] | None = None
        self._listed: list[int] = []
        self._news = [NO_INODES]
        self._next = 0
        self._doubtful = 0
        self._directory = os.open(f"{root}/{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._entries = None if guess else os.scandir(self._directory)
        except OSError:
            os.close(self._directory)
            raise

    @property
    def listed(self) -> bool:
        """Whether it is known which descriptors there are, so that `fds` and `inodes` mean something."""
        return self._todo is not None

    @property
    def certain(self) -> bool:
        """Whether, once all is read, no open descriptor was missed: they were listed, or as many were found
        as the kernel had counted."""
        return not self.guess or len(self.fds) == self.count

    def advance(self, late: Callable[[], bool]) -> bool:
        """Read on until all is read (True) or `late` says so after a piece (False); PermissionError."""
        while self._todo is None:
            if self._entries is None:
                self._begin(self._guessed())
            else:
                self._list_piece(self._entries)
            if late():
                return False
        while self._next < len(self._todo):
            self._read_piece(self._todo)
            if self._next < len(self._todo) and late():
                return False
        kept = self.inodes != UNREAD
        self.fds, self.inodes = self.fds[kept], self.inodes[kept]
        return True

    def news(self) -> Inodes:
        """What was read since this was last asked for, in any order."""
        news = np.concatenate(self._news)
        self._news = [NO_INODES]
        return news

    def close(self) -> None:
        """Give back the open directory; the results stay."""
        if self._directory >= 0:
            if self._entries is not None:
                self._entries.close()
            os.close(self._directory)
            self._directory = -1

    def _list_piece(self, entries: Iterator[os.DirEntry[str]]) -> None:
        try:
            piece = [int(entry.name) for entry in islice(entries, _CHUNK)]
        except (FileNotFoundError, ProcessLookupError):
            self.lost = True
            piece = []
        self._listed += piece
        if len(piece) < _CHUNK:
            self._begin(np.array(self._listed, dtype=np.uint32))
            self._listed = []

    def _guessed(self) -> Descriptors:
        fds, _ = self._known
        new = max(0, self.count - len(fds)) + int((~self._trusted).sum()) + _SPARE
        free = np.ones(len(fds) + new, dtype=np.bool_)
        free[fds[fds < len(free)]] = False
        return np.concatenate((fds, np.flatnonzero(free)[:new].astype(np.uint32)))

    def _begin(self, listed: Descriptors) -> None:
        self.fds = np.sort(listed)
        self.inodes = np.full(len(self.fds), UNREAD, dtype=np.uint64)
        fresh = np.ones(len(self.fds), dtype=np.bool_)
        doubtful = np.zeros(len(self.fds), dtype=np.bool_)
        fds, inodes = self._known
        if len(fds) and len(self.fds):
            places = np.minimum(np.searchsorted(fds, self.fds), len(fds) - 1)
            known = fds[places] == self.fds
            places = places[known]
            self.inodes[known] = inodes[places]
            doubtful[known] = ~self._trusted[places]
            fresh[known] = False
        self._todo = np.concatenate((np.flatnonzero(doubtful), np.flatnonzero(fresh)))
        self._doubtful = int(doubtful.sum())
        self.whole = len(self._todo) == len(self.fds)

    def _read_piece(self, todo: NDArray[np.intp]) -> None:
        end = self._next + _CHUNK
        rows = todo[self._next : min(end, self._doubtful) if self._next < self._doubtful else end]
        found = _targets(self._directory, self.fds[rows].tolist())
        self.inodes[rows] = found
        self._news.append(found)
        self._next += len(rows)
        if self.guess:
            if self._next >= self._doubtful and int((self.inodes != UNREAD).sum()) == self.count:
                self._next = len(todo)  # nothing else is open
        elif (found == UNREAD).all() and not self._alive():
            self.lost = True
            self.inodes[:] = UNREAD
            self._next = len(todo)

    def _alive(self) -> bool:
        try:
            with os.scandir(self._directory) as entries:
                return next(entries, None) is not None
        except OSError:
            return False


def _targets(directory: int, fds: list[int]) -> Inodes:
    """The socket inode behind each descriptor, NO_SOCKET, or UNREAD where it was closed meanwhile."""
    readlink = os.readlink
    targets = []
    for fd in fds:
        try:
            targets.append(readlink(b"%d" % fd, dir_fd=directory))
        except (FileNotFoundError, ProcessLookupError):
            targets.append(_CLOSED)
    alike = _sockets(targets)
    return np.array([_inode(target) for target in targets], dtype=np.uint64) if alike is None else alike


def _inode(target: bytes) -> int:
    """The inode that a link names; a file of a detached mount shows its bare name, which may be any."""
    digits = target[len(_PREFIX) : -len(_SUFFIX)]
    if (
        target.startswith(_PREFIX)
        and target.endswith(_SUFFIX)
        and digits.isdigit()
        and len(digits) <= _LONGEST_INODE
    ):
        return int(digits)
    return UNREAD if target == _CLOSED else NO_SOCKET


def _sockets(targets: list[bytes]) -> Inodes | None:
    """The inodes of links that all name sockets; None where they do not.

    A link may hold anything, blanks and brackets too, so it counts that there are as many blanks and as many
    numbers as there must be between and in links that each are a socket's and nothing else.
    """
    joined = b" ".join(targets)
    between = len(targets) - 1
    if not (
        joined.startswith(_PREFIX)
        and joined.endswith(_SUFFIX)
        and joined.count(b" ") == between == joined.count(_SUFFIX + b" " + _PREFIX)
        and max(map(len, targets)) <= len(_PREFIX) + _LONGEST_INODE + len(_SUFFIX)
    ):
        return None
    numbers = joined.replace(_PREFIX, b"").replace(_SUFFIX, b"")
    if numbers.translate(None, b"0123456789 "):
        return None
    found = np.fromstring(numbers, dtype=np.uint64, sep=" ")
    return found if len(found) == len(targets) else None
