"""What unix sockets can be grouped by, and the filter that finds the members of each group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.grouping import by_numbers, by_text
from sockscope.app.model.unix import STATES, directories
from sockscope.app.view import groupterms as terms
from sockscope.app.view import ordering
from sockscope.app.view.columns import GroupView

NOT_CONNECTED = "unconnected"
"""The word of the filter for what netstat has no word for."""
_NAMELESS = "(no name)"


def _directory(rows: Table, row: int) -> str | None:
    return directories(rows.take(np.array([row])).strings("path"))[0]


def _directories(rows: Table) -> Numbers:
    return ordering.texts("directory")(rows.with_columns(directory=directories(rows.strings("path"))))


def _in_directory(rows: Table, row: int) -> str:
    name = _directory(rows, row)
    return terms.none("dir") if name is None else terms.equal("dir", name)


def _state(rows: Table, row: int) -> str:
    return STATES[rows.integer("condition", row)] or NOT_CONNECTED


_WITHOUT_SUMS = (
    terms.PROCESS,
    terms.of_text(
        "peer",
        "process at the other end",
        "peers",
        "peer_process",
        "peer",
        heading="Peer",
        unknown="(none known)",
    ),
    terms.of_text("path", "path or name", "names", "path", "name", heading="Path", unknown=_NAMELESS),
    GroupView(
        "directory",
        "directory",
        "directories",
        by_text(lambda rows: directories(rows.strings("path"))),
        terms.column("Directory", lambda rows, row: _directory(rows, row) or _NAMELESS, _directories),
        _in_directory,
    ),
    terms.by_unit(),
    terms.USER,
    GroupView(
        "state",
        "state",
        "states",
        by_numbers("condition"),
        terms.column("State", _state, ordering.numbers("condition")),
        lambda rows, row: f"state {_state(rows, row).lower()}",
    ),
)
GROUPINGS = tuple(replace(each, sums=("rx_queue",)) for each in _WITHOUT_SUMS)
"""In the order in which they are offered."""
