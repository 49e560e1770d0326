"""The Statistics tab: what each protocol counter says and means."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.meanings import SEVERITIES
from sockscope.app.model.namespaces import netns_of
from sockscope.app.model.store import Store
from sockscope.app.view import filterfields, namespaces
from sockscope.app.view import format as fmt
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Fact, Field, Section, TabView
from sockscope.app.view.icmp_histogram import histograms
from sockscope.app.view.search import in_strings

ALARM = "▲"

_TOTAL = 15  # cells; what is longer is shortened, details have it whole
_LEAST_RATE = 0.05
_RELATED = 12

_SEVERITY_WORDS = {
    "info": "normal operation",
    "notice": "worth a look when it grows fast",
    "problem": "something is wrong when it grows",
}
_KIND_WORDS = {
    "counter": "counter: adds up since the network namespace was made",
    "gauge": "gauge: how it stands now, goes up and down",
}


def _kind(rows: Table, row: int) -> str:
    return "gauge" if rows.numbers("gauge")[row] else "counter"


def _tone(rows: Table, row: int, plain: str = "") -> str:
    """Problems stand out, what rests steps back."""
    if rows.numbers("problem")[row]:
        return "alarm"
    return plain if rows.numbers("moved")[row] else "dim"


def _section(rows: Table, row: int) -> str:
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


def _change_cell(rows: Table, row: int) -> Cell:
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
    amount = _rate(change) if rows.numbers("per_second")[row] else f"{fmt.signed(change)}  "
    return Cell(f"{amount}{mark}", _tone(rows, row, "strong"))


def _rate(rate: float) -> str:
    return f"{fmt.signed(rate) if abs(rate) >= _LEAST_RATE else f'{rate:+.1g}'}/s"


def _meaning_cell(rows: Table, row: int) -> Cell:
    """The interface first, because there is always room for the beginning."""
    interface, meaning = rows.text("interface", row), rows.text("meaning", row) or ""
    return Cell(meaning if interface is None else f"{interface}: {meaning}", _tone(rows, row))


def _by(name: str) -> Callable[[Table], Numbers]:
    return lambda rows: rows.numbers(name)


def _by_name(rows: Table) -> Numbers:
    names = rows.strings("name")
    place = {name: rank for rank, name in enumerate(sorted(names.values, key=str.lower))}
    return names.lookup([place[name] for name in names.values], len(place), np.int32)


def _by_severity(rows: Table) -> Numbers:
    """Problems first."""
    return len(SEVERITIES) - rows.numbers("severity").astype(np.int8)


def _in(name: str) -> Callable[[Table, Matcher], Matches]:
    return lambda rows, sought: in_strings(rows.strings(name), sought)


def _in_meaning(rows: Table, sought: Matcher) -> Matches:
    found: Matches = in_strings(rows.strings("meaning"), sought)
    return found | in_strings(rows.strings("interface"), sought)


def _never(rows: Table, _: Matcher) -> NDArray[np.bool_]:
    """Numbers that move are not searched: rows would come and go with every tick."""
    return np.zeros(len(rows), dtype=np.bool_)


def _details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    name = rows.text("name", row) or ""
    severity = SEVERITIES[rows.integer("severity", row)]
    about = (
        Fact("section", _section(rows, row)),
        *namespaces.facts(rows, row),
        Fact("meaning", rows.text("meaning", row) or "not described: newer than this program"),
        Fact("kind", _KIND_WORDS[_kind(rows, row)]),
        Fact("severity", _SEVERITY_WORDS[severity], "warn" if severity == "problem" else ""),
    )
    sections = (
        Section(name, about),
        Section("Values", tuple(_values(store, rows, row))),
        *histograms(rows, row),
    )
    related = tuple(_related(rows, row))
    return (*sections, Section(f"Also moving in {_section(rows, row)}", related)) if related else sections


def _values(store: Store, rows: Table, row: int) -> list[Fact]:
    facts = [Fact("total", fmt.count(rows.integer("value", row)), "strong")]
    if rows.numbers("problem")[row]:
        facts.append(Fact("", f"{ALARM} growing", "alarm"))
    if rows.numbers("reset")[row]:
        facts.append(Fact("", "went down: reset, counting anew", "warn"))
    rate = rows.real("rate", row)
    last = _exact(rows.real("delta", row))
    facts.append(Fact("last change", last if math.isnan(rate) or rate == 0 else f"{last} ({_rate(rate)})"))
    if store.marked_at is not None:
        age = fmt.duration(store.frame.monotonic - store.marked_at)
        facts.append(Fact(f"since mark {age}", _exact(rows.real("since_mark", row))))
    facts.append(Fact("since start", _exact(rows.real("since_start", row))))
    return facts


def _exact(change: float) -> str:
    if math.isnan(change):
        return "not known"
    return f"{int(change):+,}" if change else "none"


def _related(rows: Table, row: int) -> list[Fact]:
    """The other counters of the section that move, the fastest first."""
    groups, interfaces = rows.strings("group").codes, rows.strings("interface").codes
    moving = rows.numbers("moved").astype(np.bool_) & (groups == groups[row])
    netns = netns_of(rows)
    moving &= (interfaces == interfaces[row]) & (netns == netns[row])
    moving[row] = False
    places = np.flatnonzero(moving)
    speed = np.nan_to_num(np.abs(rows.numbers("shown")[places]))
    facts = []
    for place in places[np.argsort(-speed, kind="stable")][:_RELATED].tolist():
        cell = _change_cell(rows, place)
        facts.append(Fact(cell.text.strip() or "0", rows.text("name", place) or "", cell.tone))
    return facts


def _empty(store: Store) -> str:
    notes = store.notes("counters")
    table = store.now("counters")
    if table is None or not len(table):
        return notes[0].why if notes else "the counters have not been read yet"
    return f"no counter has moved since {'the start' if store.marked_at is None else 'the mark'}"


STATISTICS = TabView(
    id="statistics",
    columns=(
        Column("section", "Section", 8, _section_cell, _by("rank"), priority=6, search=_in("group")),
        namespaces.NAMESPACE,
        Column(
            "counter",
            "Counter",
            25,
            _name_cell,
            _by_name,
            priority=1,
            minimum=20,
            search=_in("name"),
            filter="name",
        ),
        Column(
            "total",
            "Total",
            _TOTAL,
            _total_cell,
            _by("value"),
            priority=3,
            align="right",
            minimum=_TOTAL,
            descending=True,
            search=_never,
            filter="value",
        ),
        Column(
            "change",
            "Change",
            10,
            _change_cell,
            _by("shown"),
            priority=2,
            align="right",
            minimum=10,
            descending=True,
            search=_never,
            filter="rate",
        ),
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
        Field("kind", _kind),
        Field("meaning", lambda rows, row: rows.text("meaning", row)),
        Field("interface", lambda rows, row: rows.text("interface", row)),
        *namespaces.FIELDS,
    ),
    filters=filterfields.STATISTICS,
    sort=("", False),
    details=_details,
    empty=_empty,
    switched={"per_interface": frozenset({"interface_counters"})},
    noun="counters",
)
