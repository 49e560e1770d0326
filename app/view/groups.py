"""The Groups tab: multicast memberships of every interface, and what the groups are for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model import group_names
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.groups import LINK, V4, V6, raw
from sockscope.app.model.linkfacts import natural_ranks
from sockscope.app.model.namespaces import netns_of, order_of
from sockscope.app.model.store import Store
from sockscope.app.view import filterfields, namespaces
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Fact, Field, Section, TabView
from sockscope.app.view.format import UNKNOWN, short
from sockscope.app.view.search import in_names, in_numbers, in_strings, nowhere

FAMILIES = {V4: "inet", V6: "inet6", LINK: "link"}

_SHOWN = {V4: "IPv4", V6: "IPv6", LINK: "link"}
_MAPPED = 12
"""Groups behind one link-layer address that details name at most."""


def _interface(rows: Table, row: int) -> Cell:
    return Cell(rows.text("interface", row) or UNKNOWN, "strong")


def _users(rows: Table, row: int) -> Cell:
    users = rows.integer("users", row)
    return Cell(str(users), "" if users > 1 else "dim")


def _group(rows: Table, row: int) -> Cell:
    tone = "dim" if rows.integer("family", row) == LINK else ""
    return Cell(rows.text("group", row) or UNKNOWN, tone)


def _family(rows: Table, row: int) -> Cell:
    return Cell(_SHOWN.get(rows.integer("family", row), UNKNOWN), "dim")


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


def _by(name: str) -> Callable[[Table], Numbers]:
    return lambda rows: rows.numbers(name)


def _by_interface(rows: Table) -> Numbers:
    """Interfaces of one network namespace stay together."""
    ranks = natural_ranks(Table({"name": rows.strings("interface")}))
    return np.column_stack([order_of(rows.strings("namespace")), ranks])


def _by_group(rows: Table) -> Numbers:
    words = np.ascontiguousarray(rows.numbers("address")).view(">u8").astype(np.uint64)
    return np.column_stack([rows.numbers("family").astype(np.uint64), words])


def _by_about(rows: Table) -> Numbers:
    texts = rows.strings("about")
    place = {text: rank for rank, text in enumerate(sorted(texts.values, key=str.lower))}
    return texts.lookup([place[text] for text in texts.values], len(place), np.int32)


def _in(name: str) -> Callable[[Table, Matcher], Matches]:
    return lambda rows, sought: in_strings(rows.strings(name), sought)


def _in_users(rows: Table, sought: Matcher) -> Matches:
    return in_numbers(rows.numbers("users"), sought)


def _in_families(rows: Table, sought: Matcher) -> Matches:
    return in_names(rows.numbers("family"), _SHOWN, sought)


def _details(_: Store, rows: Table, row: int) -> tuple[Section, ...]:
    group = rows.text("group", row) or UNKNOWN
    link = rows.integer("family", row) == LINK
    membership = _on_link(rows, row) if link else _of_hosts(rows, row)
    where = tuple(namespaces.facts(rows, row))
    sections = (Section(group, tuple(_facts(rows, row))), Section("Membership", (*membership, *where)))
    others = _elsewhere(rows, row)
    return (*sections, Section("Also joined on", others)) if others else sections


def _facts(rows: Table, row: int) -> list[Fact]:
    family, address = rows.integer("family", row), raw(rows, row)
    facts = [Fact("name", rows.text("name", row) or "not a well-known group")]
    if family == LINK:
        facts.append(Fact("kind", "link-layer address that the interface listens to"))
        return [*facts, *_behind(rows, row)]
    facts.append(Fact("kind", f"{_SHOWN[family]} group"))
    reach = group_names.reach(address)
    if reach:
        facts.append(Fact("reach", reach))
    if family == V6 and address[1] & 0x10:
        facts.append(Fact("", "not assigned for good (transient)"))
    solicited = group_names.solicited(address) if family == V6 else None
    if solicited is not None:
        ending = f"{solicited[:1].hex()}:{solicited[1:].hex()}"
        facts.append(Fact("use", f"neighbours ask here for addresses that end in {ending}"))
    facts.append(Fact("frames to", group_names.received_as(address).hex(":")))
    return facts


def _behind(rows: Table, row: int) -> list[Fact]:
    """The groups on the same interface whose frames have this address."""
    address = raw(rows, row)
    here = np.flatnonzero(
        (rows.numbers("index") == rows.numbers("index")[row])
        & (rows.numbers("family") != LINK)
        & (netns_of(rows) == netns_of(rows)[row])
    )
    found = [place for place in here.tolist() if group_names.received_as(raw(rows, place)) == address]
    label = "frames of"
    facts = []
    for place in found[:_MAPPED]:
        name = rows.text("name", place)
        facts.append(Fact(label, f"{rows.text('group', place)}{f', {name}' if name else ''}"))
        label = ""
    words = group_names.stands_for(address)
    return facts or ([Fact(label, words)] if words else [])


def _of_hosts(rows: Table, row: int) -> list[Fact]:
    timer = rows.real("timer", row)
    told = "none due" + (
        ", this host was the last to tell the routers" if rows.integer("reporter", row) else ""
    )
    facts = [
        Fact("interface", rows.text("interface", row) or UNKNOWN),
        Fact("joined", _times(rows.integer("users", row))),
        Fact("by whom", "not told: the kernel keeps no list of the sockets"),
        Fact("report", told if math.isnan(timer) else f"due in {short(timer)} s"),
    ]
    version = rows.integer("version", row)
    return [*facts, Fact("speaks", f"IGMPv{version}")] if version else facts


def _on_link(rows: Table, row: int) -> list[Fact]:
    facts = [
        Fact("interface", rows.text("interface", row) or UNKNOWN),
        Fact("wanted", _times(rows.integer("users", row))),
    ]
    if rows.integer("static", row) > 0:
        facts.append(Fact("", "kept because an administrator added it"))
    return facts


def _times(users: int) -> str:
    return "once" if users == 1 else f"{users:,} times"


def _elsewhere(rows: Table, row: int) -> tuple[Fact, ...]:
    """The other interfaces with the same group."""
    same = (rows.numbers("address") == rows.numbers("address")[row]).all(axis=1)
    same &= rows.numbers("family") == rows.numbers("family")[row]
    same[row] = False
    places = np.flatnonzero(same).tolist()
    several = "netns" in rows
    where = {place: f" in netns {rows.text('namespace', place)}" if several else "" for place in places}
    facts = [
        Fact(rows.text("interface", place) or UNKNOWN, _times(rows.integer("users", place)) + where[place])
        for place in places
    ]
    more = len(facts) - _MAPPED
    return (*facts[:_MAPPED], Fact("", f"and {more:,} more")) if more > 0 else tuple(facts)


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
            search=_in("interface"),
            filter="iface",
        ),
        namespaces.NAMESPACE,
        Column(
            "refcnt",
            "RefCnt",
            6,
            _users,
            _by("users"),
            priority=3,
            align="right",
            descending=True,
            search=_in_users,
            filter="users",
        ),
        Column(
            "group",
            "Group",
            25,
            _group,
            _by_group,
            priority=1,
            minimum=20,
            search=_in("group"),
            filter="addr",
        ),
        Column("family", "Family", 6, _family, _by("family"), priority=4, search=_in_families),
        Column("name", "Name", 34, _about, _by_about, priority=2, minimum=26, grow=1, search=_in("about")),
        Column("report", "Report", 9, _report, _by("timer"), priority=5, search=nowhere),
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
    details=_details,
    empty=_empty,
    noun="groups",
)
