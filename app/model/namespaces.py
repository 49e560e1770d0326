"""What network namespaces are called, and which rows are of which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.frame import EVERYWHERE, Host
from sockscope.app.frames.joins import places
from sockscope.app.frames.table import UNKNOWN, Column, Numbers, Strings, Table, repeated
from sockscope.app.model.socketunits import unit
from sockscope.app.model.store import Store

OWN = "own"
"""The namespace that the tool was started in."""


def named(rows: Table, store: Store) -> Strings:
    """The name of the namespace of each row of a table, all the same where the table tells of one only."""
    known = store.now("namespaces")
    if "netns" not in rows:
        return Strings(repeated(np.int32(0), len(rows)), (_alone(store.frame.host),))
    if known is None:
        return Strings(repeated(np.int32(UNKNOWN), len(rows)), ())
    inodes = known.numbers("inode")
    order = np.argsort(inodes)
    place = places(inodes[order], rows.numbers("netns"))
    texts = names(known)
    codes = np.where(place < 0, UNKNOWN, order[place]).astype(np.int32)
    return Strings(codes, texts)


def netns_of(rows: Table) -> Numbers:
    """The inode of the namespace of each row, 0 where the table tells of one only: what is the same in two
    namespaces is told apart by it."""
    return rows.numbers("netns") if "netns" in rows else np.zeros(len(rows), np.uint64)


def carried(rows: Table) -> dict[str, Column]:
    """Column `netns` as it is in the rows, if it is, for a table that is made of them."""
    return {"netns": rows.numbers("netns")} if "netns" in rows else {}


def around(store: Store, rows: Table, row: int) -> Store:
    """What is of the same namespace as a row; everything where rows are of one only."""
    return store.within(rows.integer("netns", row)) if "netns" in rows else store


def ranks(rows: Table, store: Store) -> NDArray[np.int32]:
    """Place of the namespace of each row: the own one first, the others by name, what is gone last."""
    return order_of(named(rows, store))


def order_of(names: Strings) -> NDArray[np.int32]:
    """The same of names of namespaces."""
    ordered = sorted(set(names.values), key=lambda name: (name != OWN, name))
    place = {name: rank for rank, name in enumerate(ordered)}
    found: NDArray[np.int32] = names.lookup([place[name] for name in names.values], len(place), np.int32)
    return found


def _alone(host: Host) -> str:
    return host.netns if host.netns and host.netns != EVERYWHERE else OWN


def names(known: Table) -> tuple[str, ...]:
    """A name for each row of table `namespaces`: its own one, else its container or unit, else a process in
    it, else its inode as lsns(8) and readlink(1) show it."""
    return tuple(_name(known, row) for row in range(len(known)))


def _name(known: Table, row: int) -> str:
    name = known.text("name", row)
    if known.numbers("own")[row]:
        return OWN
    if name is not None:
        return name
    of = unit(known.text("cgroup", row) or "")
    if of.kind in _TELLING:
        return of.name
    process, pid = known.text("process", row), known.integer("pid", row)
    return f"{process or '?'} {pid}" if pid >= 0 else f"net:[{known.integer('inode', row)}]"


_TELLING = ("container", "machine", "service")
"""Kinds of units that are one program's or container's; a session's scope holds anything."""
