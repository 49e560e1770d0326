"""The Statistics tab: what each protocol counter says and means."""

from __future__ import annotations

import math

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.meanings import SEVERITIES
from sockscope.app.model.store import Store
from sockscope.app.view import filterfields, namespaces, ordering, search
from sockscope.app.view import format as fmt
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, TabView, details_in
from sockscope.app.view.plaincolumns import number_column, text_column

ALARM = "▲"

_TOTAL = 15  # cells; what is longer is shortened, details have it whole
_LEAST_RATE = 0.05


def kind(rows: Table, row: int) -> str:
    """Whether it only counts up."""
    return "gauge" if rows.numbers("gauge")[row] else "counter"


def _tone(rows: Table, row: int, plain: str = "") -> str:
    """Problems stand out, what rests steps back."""
    if rows.numbers("problem")[row]:
        return "alarm"
    return plain if rows.numbers("moved")[row] else "dim"


def section(rows: Table, row: int) -> str:
    """The protocol, and the interface where it counts for one."""
    group = rows.text("group", row) or fmt.UNKNOWN
    interface = rows.text("interface", row)
    return group if interface is None else f"{group} {interface}"


def _section_cell(rows: Table, row: int) -> Cell:
    return Cell(rows.text("group", row) or fmt.UNKNOWN, "dim")


def _name_cell(rows: Table, row: int) -> Cell:
    return Cell(rows.text("name", row) or fmt.UNKNOWN, "strong" if rows.numbers("moved")[row] else "")


def _total_cell(rows: Table, row: int) -> Cell:
    value = rows.integer("value", row)
    text = fmt.count(value)
    return Cell(
        text if len(text) <= _TOTAL else fmt.short(value), "" if rows.numbers("moved")[row] else "dim"
    )


def change_cell(rows: Table, row: int) -> Cell:
    """The change, with room for the unit and the alarm so that numbers stand below each other."""
    mark = f" {ALARM}" if rows.numbers("problem")[row] else "  "
    change = rows.real("shown", row)
    if math.isnan(change):
        return (
            Cell(f"reset  {mark}", "warn")
            if rows.numbers("reset")[row]
            else Cell(f"{fmt.UNKNOWN}    ", "dim")
        )
    if change == 0:
        return Cell(mark, _tone(rows, row))
    amount = per_second(change) if rows.numbers("per_second")[row] else f"{fmt.signed(change)}  "
    return Cell(f"{amount}{mark}", _tone(rows, row, "strong"))


def per_second(change: float) -> str:
    """A change per second; what is there never reads as nothing."""
    return f"{fmt.signed(change) if abs(change) >= _LEAST_RATE else f'{change:+.1g}'}/s"


def _meaning_cell(rows: Table, row: int) -> Cell:
    """The interface first, because there is always room for the beginning."""
    interface, meaning = rows.text("interface", row), rows.text("meaning", row) or ""
    return Cell(meaning if interface is None else f"{interface}: {meaning}", _tone(rows, row))


def _by_severity(rows: Table) -> Numbers:
    """Problems first."""
    return len(SEVERITIES) - rows.numbers("severity").astype(np.int8)


def _in_meaning(rows: Table, sought: Matcher) -> Matches:
    return search.texts("meaning")(rows, sought) | search.texts("interface")(rows, sought)


def _empty(store: Store) -> str:
    notes = store.notes("counters")
    table = store.now("counters")
    if table is None or not len(table):
        return notes[0].why if notes else "the counters have not been read yet"
    return f"no counter has moved since {'the start' if store.marked_at is None else 'the mark'}"


STATISTICS = TabView(
    id="statistics",
    columns=(
        Column(
            "section",
            "Section",
            8,
            _section_cell,
            ordering.numbers("rank"),
            priority=6,
            search=search.texts("group"),
        ),
        namespaces.NAMESPACE,
        text_column("counter", "Counter", 25, _name_cell, "name", priority=1, minimum=20, filter="name"),
        number_column(
            "total", "Total", _TOTAL, _total_cell, "value", priority=3, minimum=_TOTAL, filter="value"
        ),
        number_column("change", "Change", 10, change_cell, "shown", priority=2, minimum=10, filter="rate"),
        Column(
            "meaning",
            "Meaning",
            40,
            _meaning_cell,
            _by_severity,
            priority=4,
            minimum=20,
            grow=1,
            search=_in_meaning,
        ),
    ),
    fields=(
        Field("section", lambda rows, row: rows.text("group", row)),
        Field("name", lambda rows, row: rows.text("name", row)),
        Field("value", lambda rows, row: rows.integer("value", row)),
        Field("kind", kind),
        Field("meaning", lambda rows, row: rows.text("meaning", row)),
        Field("interface", lambda rows, row: rows.text("interface", row)),
        *namespaces.FIELDS,
    ),
    filters=filterfields.STATISTICS,
    sort=("", False),
    details=details_in("statisticsdetails"),
    empty=_empty,
    switched={"per_interface": frozenset({"interface_counters"})},
    noun="counters",
)
