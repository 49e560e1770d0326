"""Whether a dump says what an earlier one said, so that it need not be decoded again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.netlink import HEADER, Attribute, Dump

_WORD = 4
_LENGTH_AND_TYPE = 8
"""Bytes of an nlmsghdr that matter; sequence and port number differ from dump to dump."""


class Unchanged:
    """Remembers one dump and which of its bytes were read. The rest may differ: counters that are read anew
    each time, timers and statistics that nobody asks for."""

    def __init__(self, dump: Dump, fixed: int, offsets: NDArray[np.intp], read: list[Attribute]) -> None:
        """`fixed` bytes follow each nlmsghdr. Of the attributes whose payloads are at `offsets` the headers
        must stay as they are, of those in `read` the payloads too."""
        self._dump = dump
        self._read = np.zeros(len(dump.buffer) // _WORD, np.bool_)
        self._mark(dump.offsets, _LENGTH_AND_TYPE)
        self._mark(dump.offsets + HEADER.size, fixed)
        self._mark(offsets - _WORD, _WORD)
        for attribute in read:
            here = attribute.present
            self._mark(attribute.offsets[here] - _WORD, attribute.lengths[here] + _WORD)

    def _mark(self, start: NDArray[np.intp], size: NDArray[np.intp] | int) -> None:
        """Note stretches of bytes as read; all begin at a whole word."""
        end = np.minimum(start + size, len(self._read) * _WORD)
        while (inside := start < end).any():
            start, end = start[inside], end[inside]
            self._read[start // _WORD] = True
            start = start + _WORD

    def same(self, dump: Dump) -> bool:
        """Whether all that was read is as it was, at the same places."""
        then = self._dump
        if len(dump.buffer) != len(then.buffer) or not np.array_equal(dump.offsets, then.offsets):
            return False
        differ = np.frombuffer(dump.buffer, np.uint32) != np.frombuffer(then.buffer, np.uint32)
        return not self._read[np.flatnonzero(differ)].any()
