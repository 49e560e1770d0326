"""What network namespaces are called, and which rows are of which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.frame import EVERYWHERE, Host
from sockscope.app.frames.joins import places
from sockscope.app.frames.table import UNKNOWN, Strings, Table, repeated
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


def is_own(rows: Table, known: Table | None) -> NDArray[np.bool_]:
    """Which rows are of the namespace that everything else is told of: all where there is one only."""
    if "netns" not in rows:
        return np.ones(len(rows), np.bool_)
    if known is None:
        return np.zeros(len(rows), np.bool_)
    return np.isin(rows.numbers("netns"), known.numbers("inode")[known.numbers("own")])


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
