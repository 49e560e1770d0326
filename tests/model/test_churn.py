"""What a tick costs in which many sockets were replaced, counted in rows that are joined and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sockscope.app.frames import joins
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model import logrows
from sockscope.app.model.engine import Engine
from sockscope.app.view import catalog
from sockscope.app.view.session import Session
from tests.fake import frame, owners, sockets
from tests.model.test_log import Ticks, destroyed

ROWS, REPLACED = 8000, 1600
MOST_JOINED = 12
"""Rows in joins, as a multiple of those in the table, of a tick and of the owners that come after it."""


def held(first: int) -> tuple[Table, Mapping[str, Table]]:
    """A table of sockets from this cookie on, and their owners."""
    numbers = range(first, first + ROWS)
    rows = sockets(
        *({"cookie": number, "inode": number, "remote_port": number % 60_000} for number in numbers)
    )
    return rows, owners(*((number, 100 + number % 5, "nginx") for number in numbers))


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each large join."""
    told: list[int] = []
    by_slot = joins._find_by_slot

    def counted(keys: NDArray[Any], among: NDArray[Any]) -> NDArray[np.intp]:
        told.append(len(keys) + len(among))
        return by_slot(keys, among)

    monkeypatch.setattr(joins, "_find_by_slot", counted)
    return told


def test_rows_are_joined_only_where_something_changed(joined: list[int]) -> None:
    engine = Engine(catalog.tabs())
    request = Session(catalog.VIEWS, "connections", 1.0).request()

    def tick(made: Frame) -> int:
        joined.clear()
        engine.advance(made)
        engine.snapshot(request)
        return sum(joined)

    rows, owned = held(1)
    tick(frame(0, rows, owned))
    assert tick(frame(1, rows, owned)) == 0
    others, new = held(1 + REPLACED)
    events = destroyed(0, *({"cookie": number, "local_port": 443} for number in range(1, 1 + REPLACED)))
    replaced = tick(frame(2, others, owned, events))
    known = tick(frame(3, others, new, events))
    assert replaced + known <= MOST_JOINED * ROWS


def test_the_log_makes_no_rows_that_it_does_not_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    polled, ended = logrows.polled, logrows.destroyed

    def count_polled(rows: Table, event: int) -> Table:
        nonlocal made
        made += len(rows)
        return polled(rows, event)

    def count_ended(events: Table, *about: Any) -> Table:
        nonlocal made
        made += len(events)
        return ended(events, *about)

    monkeypatch.setattr(logrows, "polled", count_polled)
    monkeypatch.setattr(logrows, "destroyed", count_ended)
    ticks = Ticks(capacity=100)
    ticks.tick(sockets(*({"cookie": number} for number in range(1, 501))))
    events = destroyed(0, *({"cookie": number} for number in range(1, 71)))
    rows = ticks.tick(sockets(*({"cookie": number} for number in range(201, 701))), events)
    assert made == len(rows) == 100
    pace = ticks.model.pace(ticks.store)
    assert (pace.opened, pace.closed, pace.dropped) == (200.0, 70.0, 170)


@settings(deadline=None)
@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.frozensets(st.integers(1, 9)), st.booleans()), min_size=1, max_size=8),
)
def test_a_short_log_is_the_end_of_a_long_one(
    capacity: int, ticks: list[tuple[frozenset[int], bool]]
) -> None:
    short, long = Ticks(capacity), Ticks(1000)
    there: frozenset[int] = frozenset()
    met: set[int] = set()
    number = 0
    for cookies, told in ticks:
        fresh = cookies - (met - there)  # a cookie is never used again
        gone = sorted(there - fresh) if told else []
        events = destroyed(number, *({"cookie": cookie} for cookie in gone))
        rows = sockets(*({"cookie": cookie} for cookie in sorted(fresh)))
        number += len(gone)
        kept, every = short.tick(rows, events), long.tick(rows, events)
        for name in ("key", "cookie", "event", "told") if len(every) else ():
            assert kept.numbers(name).tolist() == every.numbers(name).tolist()[-capacity:]
        assert str(short.model.pace(short.store).closed) == str(long.model.pace(long.store).closed)
        there, met = fresh, met | fresh
