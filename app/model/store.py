"""What the model remembers of frames: the newest table of each name, the one before it, and the mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.trace import Trace
from sockscope.app.text import printable


class Store:
    """Takes frames in, hands tables out. Text from outside is made printable here, on its way in."""

    def __init__(self) -> None:
        self.frame = Frame(number=-1, wall=0.0, monotonic=0.0, interval=1.0)
        self._raw: dict[str, Table] = {}
        self._now: dict[str, Table] = {}
        self._before: dict[str, Table] = {}
        self._marked: dict[str, Table] = {}
        self.marked_at: float | None = None
        """CLOCK_MONOTONIC seconds of the mark, None while there is none."""
        self.trace = Trace()
        """The recent past of the row whose details are open."""

    def copy(self) -> Store:
        """A store that stays as this one is now."""
        twin = Store()
        twin.frame = self.frame
        twin.marked_at = self.marked_at
        twin._raw = dict(self._raw)
        twin._now = dict(self._now)
        twin._before = dict(self._before)
        twin._marked = dict(self._marked)
        twin.trace = self.trace.copy()
        return twin

    def take(self, frame: Frame) -> None:
        """Make `frame` the newest. A table that is the same object as before is not a new sample."""
        for name, table in frame.tables.items():
            if self._raw.get(name) is table:
                continue
            self._raw[name] = table
            if name in self._now:
                self._before[name] = self._now[name]
            self._now[name] = _cleaned(table)
            if self.marked_at is not None:
                self._marked.setdefault(name, self._now[name])
        for gone in self._raw.keys() - frame.tables.keys():
            del self._raw[gone], self._now[gone]
            self._before.pop(gone, None)
        self.frame = replace(frame, tables=dict(self._now))

    def now(self, name: str) -> Table | None:
        """The newest table of that name, None if it was not collected."""
        return self._now.get(name)

    def before(self, name: str) -> Table | None:
        """The sample before the newest one of that name, None if there is none."""
        return self._before.get(name)

    def base(self, name: str) -> Table | None:
        """What changes are counted from: the table at the mark if one is set, else the sample before."""
        return self._before.get(name) if self.marked_at is None else self._marked.get(name)

    def within(self, netns: int) -> Store:
        """The same as far as it is of one network namespace (its inode); tables that tell of the machine, or
        of one namespace only, are whole."""
        return _Within(self, netns)

    def notes(self, *tables: str) -> tuple[Note, ...]:
        """What the collectors of these tables could not do."""
        return tuple(note for note in self.frame.notes if note.table in tables)

    def mark(self) -> None:
        """From now on `base` answers with what is newest now."""
        self.marked_at = self.frame.monotonic
        self._marked = dict(self._now)

    def unmark(self) -> None:
        """Back to the sample before as the base."""
        self.marked_at = None
        self._marked = {}


class _Within(Store):
    """Looks at another store, which is not to change meanwhile."""

    def __init__(self, whole: Store, netns: int) -> None:
        super().__init__()
        self.__dict__.update(whole.__dict__)
        self._netns = netns

    def now(self, name: str) -> Table | None:
        return self._part(super().now(name))

    def before(self, name: str) -> Table | None:
        return self._part(super().before(name))

    def base(self, name: str) -> Table | None:
        return self._part(super().base(name))

    def _part(self, table: Table | None) -> Table | None:
        if table is None or "netns" not in table:
            return table
        return table.take(table.numbers("netns") == np.uint64(self._netns))


def _cleaned(table: Table) -> Table:
    texts: Mapping[str, Strings] = {
        name: Strings(column.codes, tuple(map(printable, column.values)))
        for name, column in table.columns.items()
        if isinstance(column, Strings)
    }
    return table.with_columns(**texts) if texts else table
