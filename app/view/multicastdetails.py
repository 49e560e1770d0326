"""What the details of a multicast membership say."""

from __future__ import annotations

import math

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model import group_names
from sockscope.app.model.groups import LINK, V6, raw
from sockscope.app.model.namespaces import netns_of
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import UNKNOWN, short
from sockscope.app.view.groups import SHOWN

_MAPPED = 12
"""Groups behind one link-layer address that details name at most."""


def details(_: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """What the group is, who joined it how, and where else."""
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
    facts.append(Fact("kind", f"{SHOWN[family]} group"))
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
