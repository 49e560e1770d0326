"""Which process holds which socket, and why nobody seems to hold some (/proc/PID/fd, proc(5))."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.holders import Holders, distinct
from sockscope.app.collectors.processes import Facts, ProcessFacts, ask
from sockscope.app.collectors.procfs import Inodes, in_a_pid_namespace
from sockscope.app.collectors.scan import Scan
from sockscope.app.collectors.search import ELSEWHERE, FORBIDDEN, KERNEL, OWNED, Search
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table

_SCAN_SHARE = 0.75
"""Share of the budget for the scan while there are processes whose name is not known."""


class OwnersCollector:
    """An incremental scan of /proc/PID/fd that keeps within a time budget a tick.

    Tables: `owners` (inode u8, pid u4, fd u4; a row a holder, sorted by all three), `processes` (pid u4,
    start f8 epoch seconds or NaN, uid u4 or 2**32-1, name, command, cgroup; those in `owners`, sorted by
    pid) and `unowned` (inode u8, reason u1: 1 not yet looked, 2 not permitted, 3 no process holds it, 4 its
    process ended, 6 no process of this pid namespace holds it, and there are others; sorted). An unchanged
    table is the same object as in the tick before.
    """

    provides: tuple[str, ...] = ("owners", "processes", "unowned")

    def __init__(
        self,
        proc: str = "/proc",
        clock: Callable[[], float] = time.monotonic,
        recheck: float = 60.0,
        facts: Callable[[int], Facts | None] = ask,
    ) -> None:
        """Scan the processes under `proc`, each completely at least once in `recheck` seconds of `clock`;
        `facts` tells about one process."""
        self._clock = clock
        self._scan = Scan(proc, clock, recheck)
        self._search = Search()
        self._within = in_a_pid_namespace(proc)
        self._facts = ProcessFacts(facts, clock)
        self._tables: dict[str, Table] = {}
        self._made_of: tuple[Holders, Inodes] | None = None
        self._notes: tuple[Note, ...] = ()
        self._starts: dict[int, int] = {}
        """Start ticks of the processes in `owners`."""

    def collect(self, wanted: NDArray[np.uint64], budget: float) -> Collected:
        """Look, and tell what was found."""
        self.look(wanted, budget)
        return self.found()

    def look(self, wanted: NDArray[np.uint64], budget: float) -> None:
        """Spend about `budget` seconds on finding who holds the sockets with these inodes, in any order and
        with repeats; some progress is made even if it is 0."""
        began = self._clock()
        gone = self._search.want(wanted, self._scan.begin(), began)
        share = _SCAN_SHARE if self._facts.pending else 1.0
        try:
            self._scan.run(self._search, gone, began + budget * share)
        except OSError as error:
            self._notes = (Note("owners", "missing", f"processes cannot be listed: {error.strerror}"),)
        else:
            self._notes = self._forbidden()
            nobody = FORBIDDEN if self._notes else ELSEWHERE if self._within else KERNEL
            self._search.settle(self._scan.complete, nobody, self._scan.lost, self._clock())
        if self._scan.idle:
            self._own(began)
        if self._scan.idle or self._facts.pending:
            self._facts.refresh(self._starts, began + budget)

    def found(self) -> Collected:
        """The tables as far as is known; the processes that were just found may not have names yet."""
        now = self._clock()
        self._scan.take_stock(self._search)
        owners = self._own(now)
        self._facts.refresh(self._starts, now)
        self._tables = {
            "owners": owners,
            "processes": self._facts.table(np.array([*self._starts], dtype=np.uint32), now),
            "unowned": self._keep("unowned", self._unowned(now)),
        }
        return Collected(self._tables, self._notes)

    @property
    def busy(self) -> bool:
        """Whether another call at once would find out more; otherwise the rest needs time to pass."""
        return not self._scan.idle or self._facts.pending

    def close(self) -> None:
        """Give back directories that are still open."""
        self._scan.close()

    def _own(self, taken: float) -> Table:
        """Table `owners`, the same object while nothing in it changed."""
        holders, inodes = self._scan.holders, self._search.inodes
        known, self._made_of = self._made_of, (holders, inodes)
        if known is None or known[0] is not holders or known[1] is not inodes:
            rows = holders.take(self._search.wanted())
            made = Table({"inode": rows.inodes, "pid": rows.pids, "fd": rows.fds}, taken)
            self._tables = {**self._tables, "owners": self._keep("owners", made)}
            self._starts = {pid: self._scan.start(pid) for pid in distinct(rows.pids).tolist()}
        return self._tables["owners"]

    def _unowned(self, taken: float) -> Table:
        rows = self._search.reason != OWNED
        return Table({"inode": self._search.inodes[rows], "reason": self._search.reason[rows]}, taken)

    def _keep(self, name: str, table: Table) -> Table:
        before = self._tables.get(name)
        if before is not None and all(
            np.array_equal(before.numbers(column), table.numbers(column)) for column in table.columns
        ):
            return before
        return table

    def _forbidden(self) -> tuple[Note, ...]:
        count = self._scan.unreadable
        if self._scan.hidden:
            why = "processes of other users are hidden (/proc is mounted with hidepid)"
        elif count:
            whose = (
                "1 process may not be read: its"
                if count == 1
                else f"{count} processes may not be read: their"
            )
            why = f"{whose} sockets show no owner"
        else:
            return ()
        return (Note("owners", "forbidden", why),)
