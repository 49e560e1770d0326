"""How long the addresses of a table get when they are written out."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.view.format import address

LONGEST_V4, LONGEST_V6 = 15, 39
PORT, BRACKETS = len(":65535"), len("[]")
COUNTED = 1000
"""Different IPv6 addresses up to which they are written out to be measured."""


def whole(name: str, *, port: bool) -> Callable[[Table], int]:
    """Cells for the longest of the addresses in a column, with a port where they have one."""

    def cells(rows: Table) -> int:
        return _longest(rows, name, port=port)

    return cells


@lru_cache(maxsize=4)
def _longest(rows: Table, name: str, *, port: bool) -> int:
    """IPv4 addresses count as the longest there are, so that the column keeps its width."""
    four = LONGEST_V4 + PORT * port
    six = rows.numbers(name)[rows.numbers("family") == socket.AF_INET6]
    if not len(six):
        return four
    distinct = np.unique(np.ascontiguousarray(six).view("V16").ravel())
    if len(distinct) > COUNTED:
        longest = LONGEST_V6
    else:
        longest = max(len(address(socket.AF_INET6, raw.tobytes())) for raw in distinct)
    return max(four, longest + (PORT + BRACKETS) * port)
