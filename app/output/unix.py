"""Unix sockets as netstat chooses and prints them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.unix import LISTENING, STATES, TYPES
from sockscope.app.output import namespaces
from sockscope.app.output.sockets import programs
from sockscope.app.settings import Settings, Which
from sockscope.app.view.format import UNKNOWN

_HEADINGS = {
    "connected": "Active UNIX domain sockets (w/o servers)",
    "listening": "Active UNIX domain sockets (only servers)",
    "all": "Active UNIX domain sockets (servers and established)",
}


def chosen(rows: Table, which: Which) -> NDArray[np.bool_]:
    """All, only listeners, or all others."""
    listening = rows.numbers("condition") == LISTENING
    if which == "all":
        return np.ones(len(rows), dtype=np.bool_)
    wanted: NDArray[np.bool_] = listening if which == "listening" else ~listening
    return wanted


def lines(rows: Table, order: NDArray[np.intp], settings: Settings) -> Iterator[str]:
    """The heading, the names of the columns, and a line a row."""
    yield _HEADINGS[settings.which]
    head = f"Proto RefCnt Flags       Type       {'State':<13} {'I-Node':<8}"
    head += f" {'PID/Program name':<20}" if settings.programs else ""
    yield f"{head}{namespaces.title(rows, settings)} Path"
    shown = rows.take(order)
    paths = shown.strings("path")
    texts = (*paths.values, "")  # what is not known is the last
    columns = zip(
        shown.numbers("references").tolist(),
        shown.numbers("type").tolist(),
        shown.numbers("condition").tolist(),
        shown.numbers("inode").tolist(),
        programs(shown) if settings.programs else repeat(""),
        namespaces.column(shown) if settings.everywhere else repeat(""),
        (texts[code] for code in paths.codes.tolist()),
        strict=False,
    )
    for references, kind, condition, inode, program, netns, path in columns:
        flags = "[ ACC ]" if condition == LISTENING else "[ ]"
        number = references if references >= 0 else UNKNOWN
        yield (
            f"unix  {number:<6} {flags:<11} {TYPES.get(kind, 'unknown').upper():<10} {STATES[condition]:<13} "
            f"{inode:<8}{program}{netns} {path}"
        )
