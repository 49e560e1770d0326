"""What is made once of the same objects."""

from __future__ import annotations

import numpy as np

from sockscope.app.model.kept import Kept
from sockscope.app.model.sockets import Sockets
from tests.fake import frame, owners, sockets
from tests.model.test_log import Ticks


def test_the_same_objects_and_an_equal_value_are_made_of_once() -> None:
    kept: Kept[object] = Kept()
    one, same = np.arange(3), np.arange(3)
    made = kept.of((one, None), object, "a")
    assert kept.of((one, None), object, "".join("a")) is made
    assert kept.of((same, None), object, "a") is not made
    last = kept.of((same, None), object, "b")
    assert kept.of((same, None), object, "b") is last


def test_owners_that_come_after_a_dump_leave_all_else_as_it_was() -> None:
    store, shared = Ticks().store, Sockets()
    rows = sockets({"cookie": 1, "inode": 7}, {"cookie": 2, "inode": 8})
    dumped = frame(0, rows)
    store.take(dumped)
    first = shared.rows(store)
    store.take(frame(0, rows, tables={**dumped.tables, **owners((7, 100, "nginx"))}))
    again = shared.rows(store)
    assert first is not None
    assert again is not None
    assert again.numbers("pid").tolist() == [100, -1]
    assert {name for name in again.columns if again.columns[name] is first.columns[name]} >= {
        "key", "uid", "user", "namespace", "device", "tcp_state", "listener",
    }  # fmt: skip
