"""Who holds which socket, as columns in the order of the inodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable

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
        return set(self.pids[contains(inodes, self.inodes)].tolist())

    def held_once(self) -> Inodes:
        """The sockets that exactly one descriptor is known to hold, sorted."""
        new = np.ones(len(self.inodes) + 1, dtype=np.bool_)
        np.not_equal(self.inodes[1:], self.inodes[:-1], out=new[1:-1])
        return self.inodes[new[:-1] & new[1:]]

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
