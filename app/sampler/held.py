"""Which sockets have their owners looked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sockets": ("inode",),
    "inodes": ("inode",),
    "unix": ("inode", "peer"),
    "packet": ("inode",),
    "netlink": ("inode",),
    "vsock": ("inode",),
}
"""Tables with inodes of sockets, and the columns that hold them; below 1 there is none."""
TABLES = frozenset(_COLUMNS)


def inodes(tables: Mapping[str, Table]) -> NDArray[np.uint64]:
    """The inodes in those tables, with repeats. Table `inodes` stands for all of `sockets`."""
    instead = "sockets" if "inodes" in tables else ""
    columns = [
        tables[name].numbers(column)
        for name, columns in _COLUMNS.items()
        if name in tables and name != instead
        for column in columns
    ]
    found = [values[values > 0].astype(np.uint64) for values in columns]
    return np.concatenate([np.empty(0, np.uint64), *found])
