"""Which inodes the search for owners gets."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.sampler.held import inodes
from tests import fake
from tests.model.unix_tables import unix_table


def test_sockets_and_what_stands_for_all_of_them() -> None:
    sockets = fake.sockets({"inode": 7}, {"inode": 0}, {"inode": 9})
    assert inodes({"sockets": sockets}).tolist() == [7, 9]
    every = Table({"inode": np.array([7, 8, 9, 0], np.uint64)})
    assert inodes({"sockets": sockets, "inodes": every}).tolist() == [7, 8, 9]


def test_unix_sockets_and_their_peers() -> None:
    unix = unix_table({"inode": 3, "peer": 4}, {"inode": 5, "peer": -1}, {"inode": 6, "peer": 0})
    found = inodes({"unix": unix, "links": Table({"index": np.array([1])})})
    assert sorted(found.tolist()) == [3, 4, 5, 6]
    assert found.dtype == np.uint64


def test_nothing() -> None:
    assert inodes({}).tolist() == []
