"""Every field of every tab can be asked for, and what a cell says finds its row."""

from __future__ import annotations

import pytest

from sockscope.app.frames.table import Table
from sockscope.app.model.engine import Engine, Request
from sockscope.app.model.filters.evaluate import compile_filter
from sockscope.app.view.catalog import VIEWS, tabs, view
from sockscope.app.view.columns import TabView
from sockscope.app.view.grammar import asks_for, grammar, wrong_everywhere
from tests import fake

SOCKETS = fake.sockets(
    {"inode": 70, "rx_queue": 3},
    {"local_address": "2001:db8::1", "remote_address": "2001:db8::2", "state": fake.TIME_WAIT},
    {"state": fake.LISTEN, "remote_address": "0.0.0.0", "remote_port": 0, "inode": 77, "tx_queue": 128},
    {"protocol": 17, "state": 7, "remote_address": "0.0.0.0", "remote_port": 0, "inode": 78, "drops": 2},
    {"local_address": "::", "remote_address": "::", "remote_port": 0, "state": fake.LISTEN, "uid": 4242},
)
OWNERS = fake.owners((70, 1054, "[kworker/*:1]"), (77, 1053, "two words"), (78, 9, 'a "b" \\c'))


def rows_of(tab: str) -> Table:
    engine = Engine(tabs())
    engine.advance(fake.frame(0, SOCKETS, OWNERS))
    rows = engine.snapshot(Request(tab)).rows
    assert rows is not None
    return rows


@pytest.mark.parametrize("tab", ["connections", "listening"])
def test_a_cell_finds_its_row(tab: str) -> None:
    rows, shown = rows_of(tab), view(tab)
    asked = 0
    for row in range(len(rows)):
        for column in shown.columns:
            needed = (
                shown.filters[name].needs for name in (column.filter or column.id,) if name in shown.filters
            )
            if any(needs - {"sockets"} for needs in needed):
                continue
            term = asks_for(shown, column, rows, row)
            if term is not None:
                assert compile_filter(term, grammar(shown)).passes(rows)[row], term
                assert not compile_filter(f"not {term}", grammar(shown)).passes(rows)[row], term
                asked += 1
    assert asked > 5 * len(rows)


@pytest.mark.parametrize("shown", VIEWS, ids=lambda each: each.id)
def test_every_field_explains_itself(shown: TabView) -> None:
    for name, field in shown.filters.items():
        assert field.help
        wrong = wrong_everywhere(f"{name} = ", [shown])
        assert wrong is not None
        assert wrong.why == f"a value is expected for {name}"


def test_columns_name_fields_that_there_are() -> None:
    for shown in VIEWS:
        for column in shown.columns:
            assert not column.filter or column.filter in shown.filters, (shown.id, column.id)
