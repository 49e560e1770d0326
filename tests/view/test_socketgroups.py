"""The filter that a group gives finds exactly the members of the group."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.filters.evaluate import compile_filter
from sockscope.app.model.grouping import grouped
from sockscope.app.model.presence import GONE, STEADY
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.view.connections import CONNECTIONS
from sockscope.app.view.grammar import grammar
from sockscope.app.view.groupings import grouped_view
from sockscope.app.view.socketgroups import GROUPINGS, OF_LISTENERS, QUEUES, RATES
from tests import fake

REMOTES = (
    "10.0.0.1",
    "10.0.0.9",
    "10.0.1.9",
    "0.0.0.0",
    "2001:db8::1",
    "2001:db8::2",
    "::",
    "::5",
    "::ffff:10.0.0.1",
)
PROTOCOLS = (socket.IPPROTO_TCP, socket.IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_MPTCP)
NAMES = ("nginx", "NGINX", 'a "b" [c]*', "or", "x y)", "\\", None)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "remote_address": st.sampled_from(REMOTES),
            "protocol": st.sampled_from(PROTOCOLS),
            "state": st.integers(1, 11),
            "local_port": st.sampled_from((0, 53, 443)),
            "remote_port": st.sampled_from((0, 443)),
            "name": st.sampled_from(NAMES),
            "uid": st.sampled_from((0, 12345, 2**32 - 1)),
            "gone": st.booleans(),
        }
    ),
    min_size=1,
    max_size=25,
)


def table(rows: list[dict[str, object]]) -> Table:
    made = fake.sockets(*({**row, "local_address": _own(str(row["remote_address"]))} for row in rows))
    uid = made.numbers("uid")
    names = [row["name"] for row in rows]
    return made.with_columns(
        key=np.arange(1, len(rows) + 1, dtype=np.uint64),
        tcp_state=np.where(made.numbers("protocol") == socket.IPPROTO_TCP, made.numbers("state"), 0),
        name=Strings.of(names),  # type: ignore[arg-type]
        unit=Strings.of(reversed(names)),  # type: ignore[arg-type]
        used=Strings.of(names[1:] + names[:1]),  # type: ignore[arg-type]
        namespace=Strings.of(names),  # type: ignore[arg-type]
        user=Strings.of({0: "root"}.get(each) for each in uid.tolist()),
        **{name: np.where(uid == 0, np.nan, 1.5) for name in RATES},
        presence=np.array([GONE if row["gone"] else STEADY for row in rows], np.uint8),
    )


def _own(remote: str) -> str:
    return "::1" if ":" in remote else "127.0.0.1"


@pytest.mark.parametrize("by", GROUPINGS, ids=lambda by: by.id)
@given(ROWS)
def test_going_down_finds_the_members(by, picks: list[dict[str, object]]) -> None:  # type: ignore[no-untyped-def]
    rows = table(picks)
    whole = np.arange(len(rows))
    groups = grouped(rows, whole, by.split, by.sums)
    there = rows.numbers("presence") != GONE
    assert groups.numbers("count").sum() == there.sum()
    for place in range(len(groups)):
        term = by.term(groups, place)
        if term is None:
            assert groups.integer("protocol", place) == IPPROTO_SCTP
            continue
        passes = compile_filter(term, grammar(CONNECTIONS)).passes(rows)
        assert (passes & there).sum() == groups.integer("count", place), term


@pytest.mark.parametrize("by", [*GROUPINGS, *OF_LISTENERS], ids=lambda by: by.id)
@settings(max_examples=25)
@given(ROWS)
def test_every_column_reads_and_sorts(by, picks: list[dict[str, object]]) -> None:  # type: ignore[no-untyped-def]
    view = grouped_view(CONNECTIONS, by)
    rows = table(picks)
    groups = grouped(rows, np.arange(len(rows)), by.split, by.sums)
    groups = groups.with_columns(growth=np.full(len(groups), np.nan))
    reading = Reading({column.id: column.order for column in view.columns})
    for column in view.columns:
        order = select(groups, Query(column.id, column.descending), reading)
        assert sorted(order.tolist()) == list(range(len(groups)))
        assert all(column.cell(groups, row).text for row in order.tolist())
    assert all(
        field.value(groups, 0) is not None for field in view.fields if field.name in ("group", "count")
    )


def test_queues_of_listeners_are_not_summed_up_with_bytes() -> None:
    rows = fake.sockets({"state": 10}, {"state": 1}, {"state": 10})
    rows = rows.with_columns(
        tcp_state=rows.numbers("state"),
        name=Strings.of(["nginx"] * 3),
        rx_queue=np.array([3, 700, 2], np.uint32),
        tx_queue=np.array([511, 900, 128], np.uint32),
    )
    for groupings, sums in ((GROUPINGS, (700.0, 900.0)), (OF_LISTENERS, (5.0, 639.0))):
        by = next(each for each in groupings if each.id == "process")
        groups = grouped(rows, np.arange(3), by.split, by.sums, by.summed)
        assert tuple(groups.numbers(f"sum_{name}")[0] for name in QUEUES) == sums
