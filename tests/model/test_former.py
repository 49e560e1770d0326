"""Owners of sockets that were closed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Column, Strings, Table
from sockscope.app.model.former import LEFT_OUT_FOR, FormerOwners
from sockscope.app.model.ownership import (
    FROM_BEFORE,
    FROM_LISTENER,
    NOBODY,
    NOT_INHERITED,
    NOT_LOOKED,
    OWNED,
)

NO_UID = 2**32 - 1
Row = tuple[int, str | None]
"""Cookie, and the owner's name: its number is 1000 more than the cookie. None: closed."""


def rows(*given_: Row, **changes: list[int]) -> Table:
    """Rows as model/sockets.py makes them."""
    cookies = np.array([cookie for cookie, _ in given_], np.uint64)
    names = [name for _, name in given_]
    owned = np.array([name is not None for name in names], np.bool_)
    columns: dict[str, Column] = {
        "key": cookies,
        "cookie": cookies,
        "protocol": np.full(len(given_), 6, np.uint16),
        "inode": np.where(owned, cookies, np.uint64(0)),
        "listener": np.full(len(given_), -1, np.intp),
        "pid": np.where(owned, cookies.astype(np.int64) + 1000, -1),
        "name": Strings.of(names),
        "holders": owned.astype(np.uint32),
        "why": np.where(owned, OWNED, NOBODY).astype(np.uint8),
        "inherited": np.full(len(given_), NOT_INHERITED, np.uint8),
        "uid": np.where(owned, 33, NO_UID).astype(np.uint32),
        "user": Strings.of(None if name is None else "www-data" for name in names),
        "unit": Strings.of(None if name is None else f"{name} unit" for name in names),
        "cgroup": Strings.of(None if name is None else f"/{name}.service" for name in names),
        "unit_from": owned.astype(np.uint8),
    }
    plain = Table(columns)
    made = {name: np.array(values, plain.numbers(name).dtype) for name, values in changes.items()}
    return plain.with_columns(**made)


def told(table: Table) -> list[tuple[int, str | None, int]]:
    """Cookie, owner and whose it is, of every row."""
    return [
        (table.integer("cookie", row), table.text("name", row), table.integer("inherited", row))
        for row in range(len(table))
    ]


def test_a_closed_socket_keeps_the_owner_its_cookie_had() -> None:
    former = FormerOwners()
    former.fill(rows((1, "nginx"), (2, "sshd")), 10.0, partly=False)
    after = former.fill(rows((2, "sshd"), (1, None)), 11.0, partly=False)
    assert told(after) == [(2, "sshd", NOT_INHERITED), (1, "nginx", FROM_BEFORE)]
    assert after.numbers("pid").tolist() == [1002, 1001]
    assert after.numbers("why").tolist() == [OWNED, OWNED]
    assert after.numbers("uid").tolist() == [33, 33]
    assert after.text("user", 1) == "www-data"
    assert after.text("unit", 1) == "nginx unit"
    assert after.text("cgroup", 1) == "/nginx.service"
    assert math.isnan(after.real("owned", 0))
    assert after.real("owned", 1) == 10.0
    for tick in range(12, 40):
        after = former.fill(rows((1, None)), float(tick), partly=False)
        assert told(after) == [(1, "nginx", FROM_BEFORE)]
        assert after.real("owned", 0) == 10.0


def test_what_was_never_seen_with_an_owner_stays_unknown() -> None:
    former = FormerOwners()
    for tick in range(3):
        after = former.fill(rows((7, None), (8, "sshd")), float(tick), partly=False)
        assert told(after)[0] == (7, None, NOT_INHERITED)
        assert after.integer("why", 0) == NOBODY
        assert after.integer("pid", 0) == -1


def test_an_owner_that_was_not_looked_for_yet_is_no_owner() -> None:
    former = FormerOwners()
    former.fill(rows((1, "x"), why=[NOT_LOOKED]), 1.0, partly=False)
    assert told(former.fill(rows((1, None)), 2.0, partly=False)) == [(1, None, NOT_INHERITED)]


def test_the_listeners_owner_stays_the_listeners() -> None:
    former = FormerOwners()
    former.fill(rows((1, "nginx"), inherited=[FROM_LISTENER]), 1.0, partly=False)
    assert told(former.fill(rows((1, None)), 2.0, partly=False)) == [(1, "nginx", FROM_LISTENER)]


def test_what_is_gone_is_forgotten() -> None:
    former = FormerOwners()
    former.fill(rows((1, "nginx")), 1.0, partly=False)
    former.fill(rows((1, None)), 2.0, partly=False)
    former.fill(rows(), 3.0, partly=False)
    assert told(former.fill(rows((1, None)), 4.0, partly=False)) == [(1, None, NOT_INHERITED)]


def test_rows_that_are_left_out_are_remembered_for_a_while() -> None:
    former = FormerOwners()
    former.fill(rows((1, "nginx"), (2, "sshd")), 1.0, partly=False)
    former.fill(rows((1, None), (2, "sshd")), 2.0, partly=False)
    former.fill(rows(), 3.0, partly=True)
    both = former.fill(rows((1, None), (2, None)), 4.0, partly=True)
    assert told(both) == [(1, "nginx", FROM_BEFORE), (2, "sshd", FROM_BEFORE)]
    late = 4.0 + LEFT_OUT_FOR
    former.fill(rows((2, None)), late, partly=True)
    assert told(former.fill(rows((1, None)), late + 1, partly=True))[0][1] is None


def test_the_paused_screen_changes_nothing() -> None:
    """Rows of an earlier frame are made again while newer ones go on."""
    former = FormerOwners()
    former.fill(rows((1, "nginx"), (2, "sshd")), 1.0, partly=False)
    former.fill(rows((1, None), (2, "sshd")), 2.0, partly=False)
    former.fill(rows((1, "other"), (2, "other")), 1.0, partly=False)
    after = former.fill(rows((1, None), (2, None)), 3.0, partly=False)
    assert told(after) == [(1, "nginx", FROM_BEFORE), (2, "sshd", FROM_BEFORE)]


@pytest.mark.parametrize("changes", [{"protocol": [17]}, {"cookie": [0]}, {"listener": [0]}, {"inode": [5]}])
def test_only_closed_tcp_sockets_with_a_cookie_take_over(changes: dict[str, list[int]]) -> None:
    former = FormerOwners()
    former.fill(rows((1, "nginx")), 1.0, partly=False)
    assert told(former.fill(rows((1, None), **changes), 2.0, partly=False))[0][1] is None


@given(
    st.lists(
        st.dictionaries(st.integers(1, 30), st.one_of(st.none(), st.sampled_from("abc")), max_size=30),
        max_size=12,
    )
)
def test_as_a_plain_dictionary_would(frames: list[dict[int, str | None]]) -> None:
    """Each row has its own owner, or the one its cookie had in the frame before, on and on."""
    former = FormerOwners()
    known: dict[int, str | None] = {}
    for tick, frame in enumerate(frames):
        after = former.fill(rows(*frame.items()), float(tick), partly=False)
        known = {cookie: name or known.get(cookie) for cookie, name in frame.items()}
        assert {cookie: name for cookie, name, _ in told(after)} == known
        marked = {cookie for cookie, _, whose in told(after) if whose == FROM_BEFORE}
        assert marked == {cookie for cookie, name in frame.items() if name is None and known[cookie]}


def test_nothing_grows_while_sockets_come_and_go() -> None:
    former = FormerOwners()
    for tick in range(2, 2000):
        table = rows((tick, f"p{tick}"), (tick - 1, None), (tick - 2, None))
        former.fill(table, float(tick), partly=False)
    assert former._closed is not None
    assert len(former._closed) == 2
    assert len(former._closed.strings("name").values) <= 4
