"""What a screen shows, to take away: a file of all its rows, or the words of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sockscope.app.model.engine import Snapshot
from sockscope.app.output.tables import write_csv
from sockscope.app.view.calm import without_trends
from sockscope.app.view.columns import Column, Field
from sockscope.app.view.naming import Naming
from sockscope.app.view.window import Window

AMPLE = 400
"""Cells in which every column of a row has room."""


def export(path: Path, fields: Sequence[Field], snapshot: Snapshot) -> None:
    """Write the things that are shown, in their order, as CSV to a new file; OSError if that cannot be."""
    with path.open("x", encoding="utf-8", newline="") as file:
        if snapshot.rows is not None:
            write_csv(file, fields, snapshot.rows, snapshot.things)


def words_of_row(snapshot: Snapshot, columns: Sequence[Column], key: int, naming: Naming) -> str:
    """The row of that identity as it reads, one blank between words and without sparklines; "" if it is not
    shown."""
    window = Window(snapshot, without_trends(columns), AMPLE, naming)
    place = window.find(key)
    cells = [] if place is None else window.lines(place, 1)[0]
    return " ".join("".join(cell.text for cell in cells).split())
