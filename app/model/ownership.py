"""Who holds a socket, by inode: processes, or the reason why nobody is known."""

from __future__ import annotations

from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import places
from sockscope.app.frames.table import UNKNOWN, Numbers, Strings, Table
from sockscope.app.model.store import Store

OWNED = 0
NOT_LOOKED = 1
NO_PERMISSION = 2
KERNEL = 3
VANISHED = 4
NOBODY = 5
"""The socket has no inode: no process can hold it (SYN_RECV, TIME_WAIT, waiting in an accept queue)."""
ELSEWHERE = 6
"""No process that this one can see holds the socket; others may, in other pid namespaces."""

NOT_INHERITED, FROM_LISTENER, FROM_BEFORE = range(3)
"""Whose the owner in a row is: the socket's own, its listener's, or the one it had before it was closed."""

WHY = ("", "…", "no permission", "kernel", "gone", "-", "other pid ns")
"""What stands where an owner would, by reason."""


_Tables: TypeAlias = tuple[Table | None, Table | None, Table | None]


class Holder(NamedTuple):
    """A process that holds a socket, and its descriptors for it.

    `start` is in seconds since the epoch; NaN, 2**32-1 (`uid`) and None stand for what is not known.
    """

    pid: int
    fds: tuple[int, ...]
    name: str | None
    command: str | None
    uid: int
    start: float


class Ownership:
    """Looks owners up in the tables `owners`, `processes` and `unowned`, which are sorted.

    Of several holders the one with the lowest process number speaks for the socket: of a pre-forked server
    that is usually the master, which started first.
    """

    _latest: ClassVar[tuple[_Tables, Ownership] | None] = None

    def __init__(self, owners: Table | None, processes: Table | None, unowned: Table | None) -> None:
        """Without a table nothing of it is known: its sockets read as not yet looked for."""
        self._inodes = _numbers(owners, "inode", np.uint64)
        self._pids = _numbers(owners, "pid", np.uint32)
        self._fds = _numbers(owners, "fd", np.uint32)
        self._processes = processes
        self._process_pids = _numbers(processes, "pid", np.uint32)
        self._unowned = _numbers(unowned, "inode", np.uint64)
        self._reasons = _numbers(unowned, "reason", np.uint8)
        new_inode = _changes(self._inodes)
        new_process = new_inode | _changes(self._pids)
        self._answered: tuple[NDArray[np.uint64], Table] | None = None
        self._first = np.flatnonzero(new_inode)
        self._owned = self._inodes[self._first]
        self._count = (
            np.add.reduceat(new_process, self._first, dtype=np.uint32)
            if len(self._first)
            else np.empty(0, dtype=np.uint32)
        )

    @classmethod
    def from_store(cls, store: Store) -> Ownership:
        """Of the newest frame; the same object while the three tables are the same."""
        tables = (store.now("owners"), store.now("processes"), store.now("unowned"))
        known = cls._latest
        if known is None or any(one is not other for one, other in zip(known[0], tables, strict=True)):
            known = cls._latest = (tables, cls(*tables))
        return known[1]

    def for_inodes(self, inodes: NDArray[np.uint64]) -> Table:
        """A row for each inode: `pid` (i8) and `name` of its first holder, -1 and unknown without one;
        `holders` (u4), how many processes hold it; `why` (u1), OWNED or the reason why there is none."""
        if self._answered is None or not np.array_equal(self._answered[0], inodes):
            self._answered = (inodes, self._look_up(inodes))
        return self._answered[1]

    def _look_up(self, inodes: NDArray[np.uint64]) -> Table:
        place = places(self._owned, inodes)
        holders = np.append(self._count, np.uint32(0))[place]  # what is not found takes the last
        pids = np.append(self._pids[self._first].astype(np.int64), np.int64(-1))[place]
        return Table(
            {
                "pid": pids,
                "name": self._names_of(pids),
                "holders": holders,
                "why": self._why(inodes, place >= 0),
            }
        )

    def holders(self, inode: int) -> list[Holder]:
        """Every process that holds the socket, lowest number first; empty if none is known."""
        rows = self._rows(inode)
        pids = self._pids[rows]
        return [self._holder(pid, self._fds[rows][pids == pid]) for pid in np.unique(pids).tolist()]

    def pids_of(self, inode: int) -> list[int]:
        """Numbers of the processes that hold the socket, lowest first."""
        pids: list[int] = np.unique(self._pids[self._rows(inode)]).tolist()
        return pids

    def pid_lists(self, inodes: NDArray[np.uint64]) -> Strings:
        """Numbers of all holders of each inode, lowest first with blanks between, unknown without one."""
        distinct, rows = np.unique(inodes, return_inverse=True)
        texts = (" ".join(map(str, self.pids_of(inode))) or None for inode in distinct.tolist())
        return Strings.of(texts).take(rows)

    def every_pid(self, inodes: NDArray[np.uint64], owners: Table) -> Strings:
        """`pid_lists` of sockets whose `owners` are known from `for_inodes`: only those that several
        processes share have to be looked up."""
        pid = owners.numbers("pid")
        alone, place = np.unique(pid, return_inverse=True)
        codes = np.where(pid < 0, UNKNOWN, place).astype(np.int32)
        shared = np.flatnonzero(owners.numbers("holders") > 1)
        lists = self.pid_lists(inodes[shared])
        codes[shared] = np.where(lists.codes < 0, UNKNOWN, lists.codes + len(alone))
        return Strings(codes, (*map(str, alone.tolist()), *lists.values))

    def _rows(self, inode: int) -> slice:
        wanted = np.uint64(inode)
        first = int(np.searchsorted(self._inodes, wanted, side="left"))
        return slice(first, int(np.searchsorted(self._inodes, wanted, side="right")))

    def _holder(self, pid: int, fds: Numbers) -> Holder:
        numbers = tuple(fds.tolist())
        row = int(places(self._process_pids, np.array([pid], dtype=np.uint32))[0])
        table = self._processes
        if table is None or row < 0:
            return Holder(pid, numbers, None, None, 2**32 - 1, float("nan"))
        name, command = table.text("name", row), table.text("command", row)
        return Holder(pid, numbers, name, command, table.integer("uid", row), table.real("start", row))

    def _names_of(self, pids: NDArray[np.int64]) -> Strings:
        if self._processes is None:
            return Strings(np.full(len(pids), UNKNOWN, dtype=np.int32), ())
        names = self._processes.strings("name")
        place = places(self._process_pids, pids)
        codes = np.append(names.codes, np.int32(UNKNOWN))
        return Strings(codes[place], names.values)

    def _why(self, inodes: NDArray[np.uint64], owned: NDArray[np.bool_]) -> NDArray[np.uint8]:
        why = np.full(len(inodes), OWNED, dtype=np.uint8)
        others = np.flatnonzero(~owned)
        place = places(self._unowned, inodes[others])
        why[others] = np.where(place < 0, NOT_LOOKED, np.append(self._reasons, NOT_LOOKED)[place])
        why[inodes == 0] = NOBODY
        return why


def owner_text(rows: Table, row: int) -> str:
    """The owner in a row of `for_inodes`: `nginx 1054`, `nginx 1054 +4` with more holders, or why none."""
    why = rows.integer("why", row)
    if why != OWNED:
        return WHY[why] if why < len(WHY) else WHY[NOT_LOOKED]
    more = rows.integer("holders", row) - 1
    named = f"{rows.text('name', row) or '?'} {rows.integer('pid', row)}"
    return f"{named} +{more}" if more > 0 else named


def _numbers(table: Table | None, name: str, dtype: type[np.unsignedinteger]) -> Numbers:
    return np.empty(0, dtype=dtype) if table is None else table.numbers(name)


def _changes(ordered: Numbers) -> NDArray[np.bool_]:
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first
