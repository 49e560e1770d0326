"""Who holds which socket, as columns in the order of the inodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.procfs import (
    NO_DESCRIPTORS,
    NO_INODES,
    NO_SOCKET,
    UNREAD,
    Descriptors,
    Inodes,
)
from sockscope.app.frames.joins import places
from sockscope.app.record import dataclass

Pids = NDArray[np.uint32]


def contains(ordered: Inodes, inodes: Inodes) -> NDArray[np.bool_]:
    """Which of `inodes` are in `ordered`, which is sorted."""
    return places(ordered, inodes) >= 0


def distinct(numbers: NDArray[Any]) -> NDArray[Any]:
    """Each number once, in order."""
    ordered = np.sort(numbers)
    return ordered[_begins(ordered)]


def _begins(ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Where another value begins than the one before."""
    begins = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    return begins


@dataclass(frozen=True, eq=False, slots=True)
class Holders:
    """A row for every descriptor open on a socket, sorted by inode, process and descriptor."""

    inodes: Inodes
    pids: Pids
    fds: Descriptors

    def take(self, rows: NDArray[np.bool_]) -> Holders:
        """Only the rows of the mask."""
        return Holders(self.inodes[rows], self.pids[rows], self.fds[rows])

    def holding(self, inodes: Inodes) -> set[int]:
        """Every process that holds one of these sockets (sorted)."""
        rows = places(self.inodes, inodes)
        first = np.zeros(len(self.inodes), dtype=np.bool_)
        first[rows[rows >= 0]] = True
        return {*distinct(self.pids[self.with_others_of(first)]).tolist()}

    def held_once(self) -> NDArray[np.bool_]:
        """Which sockets no other descriptor is known to hold."""
        begins = np.append(_begins(self.inodes), True)
        alone: NDArray[np.bool_] = begins[:-1] & begins[1:]
        return alone

    def with_others_of(self, first: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask of first rows of sockets, with the other rows of the same sockets."""
        begins = _begins(self.inodes)
        if begins.all():
            return first
        spread: NDArray[np.bool_] = first[np.flatnonzero(begins)][np.cumsum(begins) - 1]
        return spread

    def replaced(
        self, pids: Collection[int], descriptors: Iterable[tuple[int, Descriptors, Inodes]]
    ) -> Holders:
        """With all rows of `pids` replaced by what is open there: process, descriptors, their inodes."""
        kept = self.take(~np.isin(self.pids, np.array([*pids], dtype=np.uint32)))
        inode_parts, pid_parts, fd_parts = [NO_INODES], [NO_DESCRIPTORS], [NO_DESCRIPTORS]
        for pid, fds, inodes in descriptors:
            sockets = (inodes != NO_SOCKET) & (inodes != UNREAD)
            inode_parts.append(inodes[sockets])
            fd_parts.append(fds[sockets])
            pid_parts.append(np.full(len(fd_parts[-1]), pid, dtype=np.uint32))
        new = Holders(np.concatenate(inode_parts), np.concatenate(pid_parts), np.concatenate(fd_parts))
        ordered = _ordered(new, np.argsort(new.inodes))
        return _merged(kept, ordered) if len(kept.inodes) else ordered


NOBODY = Holders(NO_INODES, NO_DESCRIPTORS, NO_DESCRIPTORS)


def _merged(left: Holders, right: Holders) -> Holders:
    both = Holders(
        np.concatenate((left.inodes, right.inodes)),
        np.concatenate((left.pids, right.pids)),
        np.concatenate((left.fds, right.fds)),
    )
    # Two sorted runs: the stable sort merges them in linear time.
    return _ordered(both, np.argsort(both.inodes, kind="stable"))


def _ordered(rows: Holders, by_inode: NDArray[np.intp]) -> Holders:
    """Rows in the given order of inodes, and those of one inode by process and descriptor."""
    inodes, pids, fds = rows.inodes[by_inode], rows.pids[by_inode], rows.fds[by_inode]
    same = inodes[1:] == inodes[:-1]
    if same.any():
        shared = np.append(same, False) | np.insert(same, 0, False)
        order = np.lexsort((fds[shared], pids[shared], inodes[shared]))
        pids[shared], fds[shared] = pids[shared][order], fds[shared][order]
    return Holders(inodes, pids, fds)
