"""The systemd unit or container of a socket: a column that shows when asked for, fields, details in words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.ownership import OWNED
from sockscope.app.model.socketunits import BY_PROCESS, BY_SOCKET, unit, units
from sockscope.app.model.store import Store
from sockscope.app.model.units import briefly
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Fact, Field
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.plaincolumns import text_column

NEEDS = ("cgroups", "cgroup_paths")
"""Tables that tell the cgroups of internet sockets themselves."""

_KINDS = {
    "service": "systemd service",
    "scope": "systemd scope",
    "slice": "systemd slice",
    "session": "login session",
    "container": "container",
    "machine": "machine of systemd-machined",
}
_LEARNT = {
    BY_SOCKET: "the cgroup in which the socket was opened",
    BY_PROCESS: "the cgroup of its process",
}


def _cell(rows: Table, row: int) -> Cell:
    name = rows.text("unit", row)
    return Cell(UNKNOWN, "dim") if name is None else Cell(name)


def _briefly(rows: Table, row: int) -> Cell:
    cell = _cell(rows, row)
    return cell._replace(text=briefly(cell.text))


OF_PROCESS = text_column(
    "unit", "Unit", 20, _cell, "unit", priority=5, minimum=12, grow=1, optional=True, brief=_briefly
)
"""For sockets of which only the process tells."""
UNIT = replace(OF_PROCESS, needs=NEEDS)


def _container(rows: Table, row: int) -> str | None:
    path = rows.text("cgroup", row)
    return None if path is None else unit(path).container or None


FIELDS = (
    Field("unit", lambda rows, row: rows.text("unit", row)),
    Field("container", _container),
    Field("cgroup", lambda rows, row: rows.text("cgroup", row)),
)


def facts(store: Store, rows: Table, row: int) -> list[Fact]:
    """Name and kind, the whole id of a container, the path, and where it was learnt from; of a process in
    another cgroup than its socket, that too."""
    path, source = rows.text("cgroup", row), rows.integer("unit_from", row)
    owned = rows.integer("why", row) == OWNED
    holder = _holder(store, rows, row) if owned else None
    if path is None and holder is not None:
        path, source = holder, BY_PROCESS
    if path is None:
        return []
    known = unit(path)
    if not known.name:
        return [Fact("unit", "none: it is in the root of the cgroup tree")]
    made = [Fact("unit", f"{known.name}, a {_KINDS[known.kind]}", "strong")]
    if known.container:
        made.append(Fact("container", known.container))
    if known.pod:
        made.append(Fact("pod", known.pod))
    made += [Fact("cgroup", path), Fact("", _LEARNT.get(source, _LEARNT[BY_SOCKET]), "dim")]
    if source == BY_SOCKET and holder is not None and holder != path and unit(holder).name:
        made.append(Fact("", f"its process is in {unit(holder).name} now"))
    return made


def _holder(store: Store, rows: Table, row: int) -> str | None:
    """The cgroup of the owner, unless its number is another process's since the socket was closed."""
    processes, pid = store.now("processes"), rows.integer("pid", row)
    if processes is not None and "owned" in rows and not math.isnan(rows.real("owned", row)):
        closed = store.frame.wall - (store.frame.monotonic - rows.real("owned", row))
        processes = processes.take(processes.numbers("start") <= closed)
    cgroup = units(np.array([pid], dtype=np.int64), processes)["cgroup"]
    return cgroup[0] if isinstance(cgroup, Strings) else None
