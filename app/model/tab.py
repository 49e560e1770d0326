"""What the model of a tab is: rows with an identity, made of the store's tables."""

from __future__ import annotations

from typing import Protocol

from sockscope.app.frames.table import Table
from sockscope.app.model.store import Store
from sockscope.app.record import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of the user that change which rows a tab has: switches by name, such as `hide_down`."""

    on: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> bool:
        return name in self.on

    def toggled(self, name: str) -> Options:
        """The same with one switch turned over."""
        return Options(self.on ^ {name})


NO_OPTIONS = Options()
"""Every switch off."""


class TabModel(Protocol):
    """Makes the rows of one tab. It lives in one thread and is never called by two at a time."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables that `rows` reads."""

    def advance(self, store: Store) -> None:
        """Take note of the newest frame, whether the tab is shown or not; histories grow here."""

    def rows(self, store: Store, options: Options) -> Table | None:
        """All rows, unfiltered, in their natural order; None while nothing was collected.

        Column `key` (uint64) is the identity of a row. Optional columns steer the shared mechanism: `section`
        (int32) keeps rows of a section together whatever the sort; `parent` (int32, row index or -1) makes a
        row follow that row when filtered and sorted; `heading` (bool) marks a row that is only a title of
        its section and shows when anything in the section does, or it is found itself.
        """

    def count(self, store: Store) -> int | None:
        """How many things there are in all, None while it is not known."""

    def attention(self, store: Store) -> int:
        """How many things in this tab want looking at."""
