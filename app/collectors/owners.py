"""Which process holds which socket, and why nobody seems to hold some (/proc/PID/fd, proc(5))."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.holders import Holders, contains
from sockscope.app.collectors.processes import Facts, ProcessFacts, ask
from sockscope.app.collectors.procfs import Inodes
from sockscope.app.collectors.scan import Scan
from sockscope.app.collectors.search import OWNED, Search
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table

_SCAN_SHARE = 0.75
"""Share of the budget for the scan while there are processes whose name is not known."""


class OwnersCollector:
    """An incremental scan of /proc/PID/fd that keeps within a time budget a tick.

    Tables: `owners` (inode u8, pid u4, fd u4; a row a holder, sorted by all three), `processes` (pid u4,
    start f8 epoch seconds or NaN, uid u4 or 2**32-1, name, command; those in `owners`, sorted by pid) and
    `unowned` (inode u8, reason u1: 1 not yet looked, 2 not permitted, 3 no process holds it, 4 its process
    ended; sorted). An unchanged table is the same object as in the tick before.
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
        self._facts = ProcessFacts(facts, clock)
        self._tables: dict[str, Table] = {}
        self._made_of: tuple[Holders, Inodes] | None = None

    def collect(self, wanted: NDArray[np.uint64], budget: float) -> Collected:
        """Spend about `budget` seconds on finding who holds the sockets with these inodes, in any order and
        with repeats; some progress is made even if it is 0."""
        began = self._clock()
        notes: tuple[Note, ...] = ()
        gone = self._search.want(wanted, self._scan.begin(), began)
        share = _SCAN_SHARE if self._facts.pending else 1.0
        try:
            self._scan.run(self._search, gone, began + budget * share)
        except OSError as error:
            notes = (Note("owners", "missing", f"processes cannot be listed: {error.strerror}"),)
        else:
            notes = self._forbidden()
            self._search.settle(self._scan.complete, bool(notes), self._scan.lost, self._clock())
        owners = self._keep("owners", self._owners(began))
        pids = np.unique(owners.numbers("pid"))
        self._facts.refresh({pid: self._scan.start(pid) for pid in pids.tolist()}, began + budget)
        self._tables = {
            "owners": owners,
            "processes": self._facts.table(pids, began),
            "unowned": self._keep("unowned", self._unowned(began)),
        }
        return Collected(self._tables, notes)

    @property
    def busy(self) -> bool:
        """Whether another call at once would find out more; otherwise the rest needs time to pass."""
        return not self._scan.idle or self._facts.pending

    def close(self) -> None:
        """Give back directories that are still open."""
        self._scan.close()

    def _owners(self, taken: float) -> Table:
        holders, inodes = self._scan.holders, self._search.inodes
        known, self._made_of = self._made_of, (holders, inodes)
        if known is not None and known[0] is holders and known[1] is inodes:
            return self._tables["owners"]
        rows = holders.take(contains(inodes, holders.inodes))
        return Table({"inode": rows.inodes, "pid": rows.pids, "fd": rows.fds}, taken)

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
