"""How groups of rows read: a tab's view with groups in place of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.grouping import STATE_COUNTS
from sockscope.app.model.groupview import by_growth
from sockscope.app.model.states import CLOSE_WAIT, ESTABLISHED, NAMES, ORDER, SHORT, SYN_RECV, TIME_WAIT
from sockscope.app.view import health, ordering, search
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, GroupView, TabView
from sockscope.app.view.format import UNKNOWN, bar, count, short, signed
from sockscope.app.view.plaincolumns import number_column
from sockscope.app.view.sockets import TONES

SHOWN = (ESTABLISHED, SYN_RECV, TIME_WAIT, CLOSE_WAIT)
"""The states with a column of their own."""
SUMS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    **{name: ("Recv-Q", lambda value: count(int(value))) for name in ("rx_queue", "rmem")},
    "tx_queue": ("Send-Q", lambda value: count(int(value))),
    "drops": ("Drops", lambda value: count(int(value))),
    "bytes_rate": ("Bytes/s", short),
    "packets": ("Packets", short),
    "bytes": ("Bytes", short),
    "rx": ("RX bytes", short),
    "tx": ("TX bytes", short),
}
"""How columns that are summed up are called, and how their sums read."""

_STATE_OF = dict(zip(ORDER, STATE_COUNTS, strict=True))
_RATES = {"rx_rate": health.RX, "tx_rate": health.TX, "rate": health.RATE}
_BAR = 8


def grouped_view(view: TabView, by: GroupView) -> TabView:
    """The tab's view while its rows are grouped."""
    tcp = (*(_state(state) for state in SHOWN), OTHERS) if by.by_state else ()
    sums = tuple(_sum(name) for name in by.sums)
    return replace(
        view,
        columns=(by.column, COUNT, GROWTH, *tcp, *sums, SHARE),
        fields=(
            Field("group", lambda rows, row: by.column.cell(rows, row).text),
            Field("count", lambda rows, row: rows.integer("count", row)),
            Field("change_per_second", _growth_value),
            Field("share", lambda rows, row: rows.real("share", row)),
            *((_state_field(state) for state in ORDER) if tcp else ()),
            *(Field(_sum(name).id.replace("-", "_"), _sum_value(name)) for name in by.sums),
        ),
        sort=("growth", True),
        noun=by.noun,
        members=view.noun,
        follow=None,
    )


def _count_cell(value: int, tone: str = "") -> Cell:
    return Cell(count(value), tone if value else "dim")


def _growth_cell(rows: Table, row: int) -> Cell:
    change = rows.real("growth", row)
    if np.isnan(change):
        return Cell(UNKNOWN, "dim")
    return Cell(signed(change), "dim" if change == 0 else "warn" if change > 0 else "")


def _growth_value(rows: Table, row: int) -> float | None:
    change = rows.real("growth", row)
    return None if np.isnan(change) else change


COUNT = number_column(
    "count",
    "Count",
    8,
    lambda rows, row: _count_cell(rows.integer("count", row), "strong"),
    "count",
    priority=0,
)
GROWTH = Column(
    "growth",
    "+/s",
    7,
    _growth_cell,
    by_growth,
    priority=0,
    align="right",
    descending=True,
    search=search.nowhere,
)
SHARE = Column(
    "share",
    "Share",
    _BAR + 5,
    lambda rows, row: Cell(_share(rows.real("share", row)), "dim"),
    ordering.numbers("share"),
    priority=4,
    descending=True,
    search=search.nowhere,
)


def _share(share: float) -> str:
    """A bar and whole percents; what is there but rounds to none reads `<1%`."""
    percent = f"{share:.0%}"
    return f"{bar(share, 1.0, _BAR)} {'<1%' if share and percent == '0%' else percent:>4}"


def _others(rows: Table) -> Numbers:
    """Members in another state or in none."""
    shown = sum((rows.numbers(_STATE_OF[state]) for state in SHOWN), np.zeros(len(rows), np.int64))
    return rows.numbers("count") - shown


def _others_cell(rows: Table, row: int) -> Cell:
    shown = sum(rows.integer(_STATE_OF[state], row) for state in SHOWN)
    return _count_cell(rows.integer("count", row) - shown)


OTHERS = Column(
    "others",
    "Others",
    7,
    _others_cell,
    _others,
    priority=5,
    align="right",
    descending=True,
    search=search.nowhere,
)


def _state(state: int) -> Column:
    name = _STATE_OF[state]
    return number_column(
        NAMES[state].lower(),
        NAMES[state],
        max(7, len(NAMES[state])),
        lambda rows, row: _count_cell(rows.integer(name, row), TONES.get(state, "")),
        name,
        priority=2,
        minimum=max(7, len(SHORT[state])),
        short=SHORT[state],
    )


def _state_field(state: int) -> Field:
    name = _STATE_OF[state]
    return Field(NAMES[state].lower(), lambda rows, row: rows.integer(name, row))


def _sum(name: str) -> Column:
    """A column's sum; rates show where they show for the rows themselves."""
    if name in _RATES:
        return replace(
            _RATES[name],
            cell=lambda rows, row: Cell(short(rows.real(f"sum_{name}", row))),
            order=ordering.numbers(f"sum_{name}"),
        )

    title, text = SUMS[name]

    def cell(rows: Table, row: int) -> Cell:
        value = rows.real(f"sum_{name}", row)
        return Cell(UNKNOWN, "dim") if np.isnan(value) else Cell(text(value), "strong" if value else "dim")

    return number_column(
        title.lower().replace("/s", "-per-second").replace(" ", "-"),
        title,
        9,
        cell,
        f"sum_{name}",
        priority=6,
    )


def _sum_value(name: str) -> Callable[[Table, int], int | None]:
    def value(rows: Table, row: int) -> int | None:
        total = rows.real(f"sum_{name}", row)
        return None if np.isnan(total) else int(total)

    return value
