"""Sockets that are counted but have no row, because only some states are looked at."""

from __future__ import annotations

from dataclasses import replace

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.engine import Engine, Request, Snapshot
from sockscope.app.model.presence import GONE, NEW
from sockscope.app.model.query import Query
from sockscope.app.view import bars, catalog
from sockscope.app.view.connections import CONNECTIONS
from sockscope.app.view.listening import LISTENING
from tests import fake

ROWS = fake.sockets(
    *({"cookie": cookie, "state": fake.ESTABLISHED} for cookie in (1, 2, 3)),
    {"cookie": 4, "state": fake.TIME_WAIT},
    {"cookie": 5, "state": fake.LISTEN, "remote_address": "0.0.0.0"},
    {"cookie": 6, "protocol": 17, "state": 7},
)
KEPT = (ROWS.numbers("state") != fake.ESTABLISHED).nonzero()[0]
ONLY_TIME_WAIT = Request("connections", Query(states=frozenset({fake.TIME_WAIT})))


def narrow(number: int) -> Frame:
    """A frame whose sampler left the established ones out."""
    frame = fake.frame(number, ROWS)
    return replace(frame, tables={**frame.tables, "sockets": ROWS.take(KEPT)})


def engine() -> Engine:
    made = Engine(catalog.tabs())
    made.advance(fake.frame(0, ROWS))
    made.snapshot(Request("connections"))
    return made


def total(snapshot: Snapshot) -> str:
    return bars.filter_line(snapshot, CONNECTIONS, (), 80).cells[-1].text.strip()


def presence(snapshot: Snapshot) -> list[int]:
    assert snapshot.rows is not None
    marks: list[int] = snapshot.rows.numbers("presence").tolist()
    return marks


def test_the_total_counts_them() -> None:
    made = engine()
    before = made.snapshot(ONLY_TIME_WAIT)
    made.advance(narrow(1))
    after = made.snapshot(ONLY_TIME_WAIT)
    assert total(before) == total(after) == "1 of 6"
    assert before.tabs["connections"].count == after.tabs["connections"].count == 6
    assert (before.left_out, after.left_out) == (0, 3)
    assert after.keys.tolist() == [4]


def test_they_are_neither_gone_nor_new_when_they_come_back() -> None:
    made = engine()
    made.advance(narrow(1))
    assert GONE not in presence(made.snapshot(ONLY_TIME_WAIT))
    made.advance(fake.frame(2, ROWS))
    back = made.snapshot(Request("connections"))
    assert {NEW, GONE}.isdisjoint(presence(back))
    assert isinstance(back.rows, Table)
    assert set(back.rows.numbers("seen").tolist()) == {2.0}


def test_listeners_are_never_left_out() -> None:
    made = engine()
    request = Request("listening")
    before = made.snapshot(request)
    made.advance(narrow(1))
    after = made.snapshot(request)
    assert before.tabs["listening"].count == after.tabs["listening"].count
    assert len(before.order) == len(after.order)
    assert after.left_out == 0
    assert bars.filter_line(after, LISTENING, (), 80).cells[-1].text.startswith(f"{len(after.order)} ")
