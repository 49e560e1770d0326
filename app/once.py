"""Printing without a dashboard: collect in this process, choose rows, write them; once or every interval."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from typing import TextIO

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.gather import Gatherer
from sockscope.app.model.query import Query, select
from sockscope.app.model.store import Store
from sockscope.app.output.sheets import SHEETS
from sockscope.app.output.tables import write_csv, write_json
from sockscope.app.settings import Settings
from sockscope.app.text import printable
from sockscope.app.view import catalog

DONE, FAILED = 0, 1


def run(settings: Settings, out: TextIO, err: TextIO | None) -> int:
    """Print what the settings ask for to `out`, and to `err` a line for whatever could not be had.

    The exit status is FAILED where the kernel refused something outright. Repeats until interrupted if the
    settings say so. OSError where `out` takes no more.
    """
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding=None if settings.format == "text" else "utf-8", errors="backslashreplace")
    complaints = Complaints(err)
    printer = Printer(settings, out)
    gatherer = Gatherer(settings)
    due = time.monotonic()
    try:
        while True:
            frame = gatherer.frame()
            complaints.tell(frame.notes)
            printer.print(frame)
            out.flush()
            if not settings.repeat:
                return FAILED if any(note.kind == "failed" for note in frame.notes) else DONE
            due = max(due + settings.interval, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
    finally:
        gatherer.close()


class Complaints:
    """Tells what could not be had, each thing once."""

    def __init__(self, err: TextIO | None) -> None:
        self._err = err
        self._told: set[Note] = set()

    def tell(self, notes: Iterable[Note]) -> None:
        """A line for each note that is new."""
        for note in notes:
            if note not in self._told and self._err is not None:
                self._told.add(note)
                print(f"sockscope: {note.table}: {printable(note.why)}", file=self._err, flush=True)


class Printer:
    """Writes the rows of one frame after the other in the form asked for."""

    def __init__(self, settings: Settings, out: TextIO) -> None:
        self._settings = settings
        self._out = out
        self._sheet = SHEETS[settings.shown]
        self._tab = catalog.tabs()[self._sheet.tab]
        self._query = Query(words=tuple(settings.words.lower().split()))
        self._store = Store()
        self._headed = False

    def print(self, frame: Frame) -> None:
        """Write the rows of this frame; nothing if it lacks the tables they are made of."""
        settings, sheet = self._settings, self._sheet
        self._store.take(frame)
        self._tab.model.advance(self._store)
        rows = self._tab.model.rows(self._store, sheet.options(settings))
        if rows is None:
            return
        order = select(rows, self._query, self._tab.reading)
        order = order[sheet.chosen(rows, settings)[order]]
        if settings.format == "json":
            write_json(self._out, sheet.fields(settings), rows, order)
        elif settings.format == "csv":
            write_csv(self._out, sheet.fields(settings), rows, order, heading=not self._headed)
            self._headed = True
        else:
            self._out.writelines(f"{line}\n" for line in sheet.lines(rows, order, settings))
