"""What the details of a protocol counter say."""

from __future__ import annotations

import math

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.meanings import SEVERITIES
from sockscope.app.model.namespaces import netns_of
from sockscope.app.model.store import Store
from sockscope.app.view import format as fmt
from sockscope.app.view import namespaces
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.icmp_histogram import histograms
from sockscope.app.view.statistics import ALARM, change_cell, kind, per_second, section

_RELATED = 12
"""Other counters that are listed."""

_SEVERITY_WORDS = {
    "info": "normal operation",
    "notice": "worth a look when it grows fast",
    "problem": "something is wrong when it grows",
}
_KIND_WORDS = {
    "counter": "counter: adds up since the network namespace was made",
    "gauge": "gauge: how it stands now, goes up and down",
}


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """What the counter means and says, ICMP by type, and what else of its section moves."""
    name = rows.text("name", row) or ""
    severity = SEVERITIES[rows.integer("severity", row)]
    about = (
        Fact("section", section(rows, row)),
        *namespaces.facts(rows, row),
        Fact("meaning", rows.text("meaning", row) or "not described: newer than this program"),
        Fact("kind", _KIND_WORDS[kind(rows, row)]),
        Fact("severity", _SEVERITY_WORDS[severity], "warn" if severity == "problem" else ""),
    )
    sections = (
        Section(name, about),
        Section("Values", tuple(_values(store, rows, row))),
        *histograms(rows, row),
    )
    related = tuple(_related(rows, row))
    return (*sections, Section(f"Also moving in {section(rows, row)}", related)) if related else sections


def _values(store: Store, rows: Table, row: int) -> list[Fact]:
    facts = [Fact("total", fmt.count(rows.integer("value", row)), "strong")]
    if rows.numbers("problem")[row]:
        facts.append(Fact("", f"{ALARM} growing", "alarm"))
    if rows.numbers("reset")[row]:
        facts.append(Fact("", "went down: reset, counting anew", "warn"))
    rate = rows.real("rate", row)
    last = _exact(rows.real("delta", row))
    speed = "" if math.isnan(rate) or rate == 0 else f" ({per_second(rate)})"
    facts.append(Fact("last change", f"{last}{speed}"))
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
        cell = change_cell(rows, place)
        facts.append(Fact(cell.text.strip() or "0", rows.text("name", place) or "", cell.tone))
    return facts
