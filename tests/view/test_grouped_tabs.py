"""Groups of unix sockets, tracked connections, other sockets and the log: their filters find the members."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.filters.evaluate import compile_filter
from sockscope.app.model.grouping import grouped
from sockscope.app.model.others import OthersModel
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.model.sockets import NO_UID
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.unix import directories
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.columns import GroupView, TabView
from sockscope.app.view.conntrack import NAT
from sockscope.app.view.grammar import grammar
from sockscope.app.view.groupings import grouped_view
from sockscope.app.view.log import LOG
from sockscope.app.view.others import OTHERS
from sockscope.app.view.unix import UNIX
from tests import fake
from tests.model.other_tables import netlinks, packets, vsocks

NAMES = ("nginx", "NGINX", 'a "b" [c]*', "or", "x y)", "\\", None)
PATHS = (
    "/run/a/x",
    "/run/a/y",
    "/run/A/x",
    "/x",
    "x",
    "@",
    "@a",
    "@a/b",
    "@/a/b",
    "/run/a*/x",
    "a b/c",
    None,
)
HOSTS = (
    "10.0.0.1",
    "10.0.0.9",
    "10.0.1.9",
    "0.0.0.0",
    "2001:db8::1",
    "fd00::2",
    "::5",
    "::ffff:10.0.0.1",
)
UIDS = (0, 12345, NO_UID)
PICKS = st.lists(st.lists(st.integers(0, 2**16), min_size=9, max_size=9), min_size=1, max_size=25)


def pick(picks: Sequence[Sequence[int]], place: int, among: Sequence[object]) -> list[object]:
    return [among[row[place] % len(among)] for row in picks]


def texts(picks: Sequence[Sequence[int]], place: int, among: Sequence[str | None] = NAMES) -> Strings:
    return Strings.of(pick(picks, place, among))  # type: ignore[arg-type]


def owned(picks: Sequence[Sequence[int]]) -> dict[str, Strings | np.ndarray[tuple[int], np.dtype[np.uint32]]]:
    uids = np.array(pick(picks, 1, UIDS), np.uint32)
    return {
        "name": texts(picks, 0),
        "uid": uids,
        "user": Strings.of({0: "root"}.get(uid) for uid in uids.tolist()),
        "key": np.arange(1, len(picks) + 1, dtype=np.uint32),
    }


def ends(picks: Sequence[Sequence[int]]) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint8]], ...]:
    hosts = pick(picks, 2, HOSTS)
    family = [10 if ":" in str(host) else 2 for host in hosts]
    raw = b"".join(fake.address(str(host)) for host in hosts)
    return np.array(family, np.uint8), np.frombuffer(raw, np.uint8).reshape(-1, 16)  # type: ignore[return-value]


def unix(picks: Sequence[Sequence[int]]) -> Table:
    return Table(
        {
            **owned(picks),
            "peer_process": texts(picks, 2),
            "path": texts(picks, 3, PATHS),
            "unit": texts(picks, 4),
            "condition": np.array(pick(picks, 5, range(1, 6)), np.uint8),
            "rx_queue": np.array(pick(picks, 6, (-1, 0, 7)), np.int64),
        }
    )


def nat(picks: Sequence[Sequence[int]]) -> Table:
    family, raw = ends(picks)
    return Table(
        {
            "family": family,
            "original_source": raw,
            "original_destination": raw[::-1].copy() if len({*family.tolist()}) == 1 else raw,
            "original_source_port": np.array(pick(picks, 3, (0, 443, 2048)), np.uint16),
            "original_destination_port": np.array(pick(picks, 4, (0, 53, 443)), np.uint16),
            "protocol": np.array(pick(picks, 5, (1, 6, 17, 58, 200)), np.uint8),
            "state_name": texts(picks, 6, ("ESTABLISHED", "replied", "offloaded")),
            "answerer": texts(picks, 7),
            "bytes": np.array(pick(picks, 8, (-1, 0, 10**12)), np.int64),
            "packets": np.array(pick(picks, 8, (-1, 0, 10**9)), np.int64),
            "bytes_rate": np.array(pick(picks, 8, (np.nan, 0.0, 5e6)), np.float64),
        }
    )


def log(picks: Sequence[Sequence[int]]) -> Table:
    family, raw = ends(picks)
    return Table(
        {
            **owned(picks),
            "family": family,
            "remote_address": raw,
            "remote_port": np.array(pick(picks, 3, (0, 443)), np.uint16),
            "local_port": np.array(pick(picks, 4, (0, 53, 443)), np.uint16),
            "protocol": np.array(pick(picks, 5, (6, 17, 136)), np.uint16),
            "rx": np.array(pick(picks, 6, (-1, 0, 7)), np.int64),
            "tx": np.array(pick(picks, 6, (-1, 7, 0)), np.int64),
        }
    )


def others(picks: Sequence[Sequence[int]]) -> Table:
    store = Store()
    number = len(picks)
    tables = {
        "packet": packets(
            *({"type": 2 + row[2] % 2, "cookie": place + 1} for place, row in enumerate(picks))
        ),
        "netlink": netlinks(*({"cookie": number + 1 + place} for place in range(number))),
        "vsock": vsocks(
            *({"type": 1 + row[2] % 2, "cookie": 2 * number + 1 + place} for place, row in enumerate(picks))
        ),
    }
    store.take(Frame(0, 1.0, 1.0, 1.0, tables=tables))
    rows = OthersModel().rows(store, Options())
    assert rows is not None
    thrice = [*picks, *picks[::-1], *picks]
    return rows.with_columns(**owned(thrice), interface=texts(thrice, 4))


MADE = {UNIX.id: unix, NAT.id: nat, LOG.id: log, OTHERS.id: others}
EVERY = [
    pytest.param(tab, by, id=f"{tab.id}-{by.id}") for tab in (UNIX, NAT, OTHERS, LOG) for by in tab.groupings
]


@pytest.mark.parametrize(("tab", "by"), EVERY)
@given(PICKS)
def test_going_down_finds_the_members(tab: TabView, by: GroupView, picks: list[list[int]]) -> None:
    rows = MADE[tab.id](picks)
    whole = np.arange(len(rows))
    groups = grouped(rows, whole, by.split, by.sums)
    assert groups.numbers("count").sum() == len(rows)
    left = np.zeros(len(rows), np.int64)
    for place in range(len(groups)):
        term = by.term(groups, place)
        assert term is not None
        passes = compile_filter(term, grammar(tab)).passes(rows)
        assert passes.sum() == groups.integer("count", place), term
        left += passes
    assert (left == 1).all()


@pytest.mark.parametrize(("tab", "by"), EVERY)
@given(PICKS)
def test_every_column_reads_and_sorts(tab: TabView, by: GroupView, picks: list[list[int]]) -> None:
    view = grouped_view(tab, by)
    rows = MADE[tab.id](picks)
    groups = grouped(rows, np.arange(len(rows)), by.split, by.sums)
    groups = groups.with_columns(growth=np.full(len(groups), np.nan))
    reading = Reading({column.id: column.order for column in view.columns})
    for column in view.columns:
        order = select(groups, Query(column.id, column.descending), reading)
        assert sorted(order.tolist()) == list(range(len(groups)))
        assert all(len(column.cell(groups, row).text) > 0 for row in order.tolist())
    assert len({field.name for field in view.fields}) == len(view.fields)
    assert all(field.name.replace("_", "").isalnum() for field in view.fields)
    assert all(field.value(groups, 0) is not None for field in view.fields[:2])


def test_what_is_unknown_adds_nothing_and_all_unknown_is_unknown() -> None:
    by = next(each for each in NAT.groupings if each.id == "protocol")
    rows = nat([[0, 0, 0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0, 0, 2], [0, 0, 0, 0, 0, 2, 0, 0, 0]])
    groups = grouped(rows, np.arange(3), by.split, by.sums)
    assert groups.numbers("sum_bytes").tolist()[0] == 10**12
    assert np.isnan(groups.numbers("sum_bytes")[1])
    bytes_ = next(column for column in grouped_view(NAT, by).columns if column.title == "Bytes")
    assert [bytes_.cell(groups, row).text for row in (0, 1)] == ["1.0T", "-"]


def test_directories_of_paths_and_abstract_names() -> None:
    made = directories(Strings.of(["/run/a/x", "/x", "x", "@a", "@a/b", "@/a/b", None]))
    assert [made[row] for row in range(7)] == ["/run/a", "/", ".", "@", "@a", "@/a", None]


def test_what_is_grouped_is_what_the_key_holds_in() -> None:
    from sockscope.app.actions import ACTIONS  # noqa: PLC0415

    action = next(each for each in ACTIONS if each.id == "group")
    assert set(action.tabs) == {view.id for view in VIEWS if view.groupings}
