"""The Groups tab: multicast memberships of every interface, and what the groups are for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.groups import LINK, V4, V6
from sockscope.app.model.linkfacts import natural_ranks
from sockscope.app.model.namespaces import order_of
from sockscope.app.model.store import Store
from sockscope.app.view import filterfields, namespaces, ordering, search
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, TabView, details_in
from sockscope.app.view.format import UNKNOWN, short
from sockscope.app.view.plaincolumns import number_column, text_column

FAMILIES = {V4: "inet", V6: "inet6", LINK: "link"}

SHOWN = {V4: "IPv4", V6: "IPv6", LINK: "link"}
"""Words for families."""


def _interface(rows: Table, row: int) -> Cell:
    return Cell(rows.text("interface", row) or UNKNOWN, "strong")


def _users(rows: Table, row: int) -> Cell:
    users = rows.integer("users", row)
    return Cell(str(users), "" if users > 1 else "dim")


def _group(rows: Table, row: int) -> Cell:
    tone = "dim" if rows.integer("family", row) == LINK else ""
    return Cell(rows.text("group", row) or UNKNOWN, tone)


def _family(rows: Table, row: int) -> Cell:
    return Cell(SHOWN.get(rows.integer("family", row), UNKNOWN), "dim")


def _about(rows: Table, row: int) -> Cell:
    name = rows.text("name", row)
    link = rows.integer("family", row) == LINK
    if name is not None:
        return Cell(name, "dim" if link else "")
    return Cell(rows.text("about", row) or UNKNOWN, "dim")


def _report(rows: Table, row: int) -> Cell:
    reporter, timer = rows.integer("reporter", row), rows.real("timer", row)
    if not math.isnan(timer):
        return Cell(f"in {short(timer)} s")
    if reporter < 0:
        return Cell(UNKNOWN, "dim")
    return Cell("reported" if reporter else "none due", "" if reporter else "dim")


def _by_interface(rows: Table) -> Numbers:
    """Interfaces of one network namespace stay together."""
    ranks = natural_ranks(Table({"name": rows.strings("interface")}))
    return np.column_stack([order_of(rows.strings("namespace")), ranks])


def _by_group(rows: Table) -> Numbers:
    words = np.ascontiguousarray(rows.numbers("address")).view(">u8").astype(np.uint64)
    return np.column_stack([rows.numbers("family").astype(np.uint64), words])


def _seconds(rows: Table, row: int) -> float | None:
    timer = rows.real("timer", row)
    return None if math.isnan(timer) else timer


def _told(name: str) -> Callable[[Table, int], bool | None]:
    """A flag that may be unknown."""

    def value(rows: Table, row: int) -> bool | None:
        flag = rows.integer(name, row)
        return None if flag < 0 else flag > 0

    return value


def _empty(store: Store) -> str:
    notes = store.notes("groups")
    if store.now("groups") is None:
        return notes[0].why if notes else "the groups have not been read yet"
    return notes[0].why if notes else "no interface has joined a group"


GROUPS = TabView(
    id="groups",
    columns=(
        Column(
            "interface",
            "Interface",
            12,
            _interface,
            _by_interface,
            priority=1,
            minimum=8,
            search=search.texts("interface"),
            filter="iface",
        ),
        namespaces.NAMESPACE,
        number_column(
            "refcnt", "RefCnt", 6, _users, "users", priority=3, search=search.numbers("users"), filter="users"
        ),
        Column(
            "group",
            "Group",
            25,
            _group,
            _by_group,
            priority=1,
            minimum=20,
            search=search.texts("group"),
            filter="addr",
        ),
        Column(
            "family",
            "Family",
            6,
            _family,
            ordering.numbers("family"),
            priority=4,
            search=search.names("family", SHOWN),
        ),
        text_column("name", "Name", 34, _about, "about", priority=2, minimum=26, grow=1),
        Column("report", "Report", 9, _report, ordering.numbers("timer"), priority=5, search=search.nowhere),
    ),
    fields=(
        Field("interface", lambda rows, row: rows.text("interface", row)),
        Field("refcnt", lambda rows, row: rows.integer("users", row)),
        Field("group", lambda rows, row: rows.text("group", row)),
        Field("family", lambda rows, row: FAMILIES.get(rows.integer("family", row))),
        Field("name", lambda rows, row: rows.text("name", row)),
        Field("timer_seconds", _seconds),
        Field("reporter", _told("reporter")),
        Field("static", _told("static")),
        *namespaces.FIELDS,
    ),
    filters=filterfields.GROUPS,
    sort=("", False),
    details=details_in("multicastdetails"),
    empty=_empty,
    noun="groups",
)
