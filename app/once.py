"""Printing without a dashboard: collect in this process, choose rows, write them; once or every interval."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.gather import TABLES, Gatherer
from sockscope.app.model.query import Query, select
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.output import interfaces, routes, sockets, statistics
from sockscope.app.output.tables import write_csv, write_json
from sockscope.app.settings import Settings, Shown
from sockscope.app.text import printable
from sockscope.app.view import catalog
from sockscope.app.view.columns import Field

DONE, FAILED = 0, 1

_TABS: dict[Shown, str] = {
    "sockets": "connections",
    "routes": "routes",
    "interfaces": "interfaces",
    "statistics": "statistics",
}


def run(settings: Settings, out: TextIO, err: TextIO | None) -> int:
    """Print what the settings ask for to `out`, and to `err` a line for whatever could not be had.

    The exit status: FAILED where the kernel refused the table. Repeats until interrupted if the settings say
    so. OSError when `out` takes no more.
    """
    _prepare(out, settings)
    complaints = _Complaints(err)
    printer = Printer(settings, out)
    gatherer = Gatherer(settings)
    due = time.monotonic()
    try:
        while True:
            frame = gatherer.frame()
            complaints.tell(frame.notes)
            if failed := not printer.print(frame):
                complaints.tell((Note(settings.shown, "failed", f"there are no {settings.shown} to be had"),))
            out.flush()
            if not settings.repeat:
                return FAILED if failed or any(note.kind == "failed" for note in frame.notes) else DONE
            due = max(due + settings.interval, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
    finally:
        gatherer.close()


class Printer:
    """Writes one frame after the other in the form asked for."""

    def __init__(self, settings: Settings, out: TextIO) -> None:
        self._settings = settings
        self._out = out
        self._tab = catalog.tabs()[_TABS[settings.shown]]
        self._store = Store()
        self._query = Query(words=tuple(settings.words.lower().split()))
        self._headed = False

    def print(self, frame: Frame) -> bool:
        """Write the rows of the frame; False if it has none of the tables they come from."""
        self._store.take(frame)
        self._tab.model.advance(self._store)
        rows = self._tab.model.rows(self._store, self._options())
        if rows is None:
            return False
        rows = rows.take(np.flatnonzero(self._chosen(rows)))
        order = select(rows, self._query, self._tab.reading)
        if self._settings.format == "json":
            write_json(self._out, self._fields(), rows, order)
        elif self._settings.format == "csv":
            write_csv(self._out, self._fields(), rows, order, heading=not self._headed)
            self._headed = True
        else:
            self._out.writelines(f"{line}\n" for line in self._lines(rows, order))
        return True
