"""Printing without a dashboard: collect in this process, choose rows, write them; once or every interval."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from sockscope.app.filters import checked
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.gather import Gatherer
from sockscope.app.hosts import be_brief
from sockscope.app.model.query import Query, select
from sockscope.app.model.store import Store
from sockscope.app.output.names import NUMBERS, Names, resolver
from sockscope.app.output.sheets import SHEETS, Beside, Sheet
from sockscope.app.output.tables import write_csv, write_json
from sockscope.app.settings import Settings
from sockscope.app.text import printable
from sockscope.app.view import catalog
from sockscope.app.view.columns import Field
from sockscope.app.view.grammar import needs

DONE, FAILED = 0, 1


def run(settings: Settings, out: TextIO, err: TextIO | None) -> int:
    """Print what the settings ask for to `out`, and to `err` a line for whatever could not be had.

    The exit status is FAILED where the kernel refused something outright. Repeats until interrupted if the
    settings say so. OSError where `out` takes no more.
    """
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding=None if settings.format == "text" else "utf-8", errors="backslashreplace")
    complaints = Complaints(err)
    printer = Printer(settings, out, _names(settings))
    gatherer = Gatherer(settings, printer.needs)
    due = time.monotonic()
    try:
        while True:
            frame = gatherer.frame()
            complaints.tell(frame.notes)
            printed = printer.print(frame)
            out.flush()
            if not settings.repeat:
                failed = not printed or any(note.kind == "failed" for note in frame.notes)
                return FAILED if failed else DONE
            due = max(due + settings.interval, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
    finally:
        gatherer.close()


def _names(settings: Settings) -> Names:
    """Names are for text and where numbers were not asked for; programs get addresses."""
    if settings.numeric_hosts or settings.format != "text":
        return NUMBERS
    be_brief()
    return Names(resolver())


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

    def __init__(self, settings: Settings, out: TextIO, names: Names = NUMBERS) -> None:
        self._settings = settings
        self._out = out
        self._sheets = [SHEETS[name] for name in (settings.shown, *settings.also)]
        self._tabs = catalog.tabs()
        self._filters = checked(settings, [sheet.tab for sheet in self._sheets])
        self._store = Store()
        self._beside = Beside(self._store, names)
        self._headed = False

    @property
    def needs(self) -> frozenset[str]:
        """Tables that only the filter reads."""
        chosen = zip(self._sheets, self._filters, strict=True)
        return frozenset[str]().union(*(needs(catalog.view(sheet.tab), each) for sheet, each in chosen))

    def print(self, frame: Frame) -> bool:
        """Write the rows of this frame, table after table; nothing of one that the frame lacks. Whether there
        was any table."""
        self._store.take(frame)
        printed = False
        for sheet, chosen in zip(self._sheets, self._filters, strict=True):
            if chosen is None and self._settings.filter.strip():
                continue
            tab = self._tabs[sheet.tab]
            tab.model.advance(self._store)
            rows = tab.model.rows(self._store, sheet.options(self._settings))
            if rows is not None:
                self._write(sheet, rows, select(rows, Query(filter=chosen), tab.reading))
                printed = True
        return printed

    def _write(self, sheet: Sheet, rows: Table, order: NDArray[np.intp]) -> None:
        settings = self._settings
        order = order[sheet.chosen(rows, settings)[order]]
        if settings.format == "json":
            write_json(self._out, sheet.fields(settings), rows, order)
        elif settings.format == "csv":
            own = {field.name: field for field in sheet.fields(settings)}
            fields = [own.get(field.name, Field(field.name, _not_told)) for field in self._every_field()]
            write_csv(self._out, fields, rows, order, heading=not self._headed)
            self._headed = True
        else:
            self._out.writelines(f"{line}\n" for line in sheet.lines(rows, order, settings, self._beside))

    def _every_field(self) -> Iterable[Field]:
        """The fields of all that is printed, each once: rows of several kinds share one line of names."""
        fields = (field for sheet in self._sheets for field in sheet.fields(self._settings))
        return {field.name: field for field in fields}.values()


def _not_told(_rows: Table, _row: int) -> None:
    """Rows of this kind have no such field."""
