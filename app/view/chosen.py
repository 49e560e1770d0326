"""Which columns show, tab by tab: its own ones, unless the user switched some on or off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from sockscope.app.view.columns import Column, TabView

_NOTHING: Mapping[str, Mapping[str, bool]] = MappingProxyType({})
CHOSEN_PRIORITY = 1
"""What was switched on stays as long as the columns without which a row tells nothing."""


class Chosen:
    """The columns that show in each tab.

    `usual` are optional columns that show at first, in every tab that has them, `asked` those that show in
    this run whatever is remembered. `switched` is what was remembered: whether a column shows, by tab and
    column. Names of columns that do not exist do no harm.
    """

    def __init__(
        self,
        usual: Iterable[str] = (),
        asked: Iterable[str] = (),
        switched: Mapping[str, Mapping[str, bool]] = _NOTHING,
    ) -> None:
        self._usual = frozenset(usual)
        self._asked = frozenset(asked)
        self._given_up: set[tuple[str, str]] = set()
        self._switched = {tab: dict(columns) for tab, columns in switched.items()}

    def switched(self, view: TabView) -> Mapping[str, bool]:
        """What is worth remembering of a tab."""
        return dict(self._switched.get(view.id, {}))

    def columns(self, view: TabView, also: frozenset[str] = frozenset()) -> tuple[Column, ...]:
        """The columns that may show, in their order, and those named in `also`: at least one. What was
        switched on does not leave before others."""
        columns = tuple(
            replace(column, priority=min(column.priority, CHOSEN_PRIORITY))
            if column.id in also or self._insisted(view, column)
            else column
            for column in view.columns
            if column.id in also or self._shows(view, column)
        )
        return columns or view.columns[:1]

    def at_first(self, view: TabView) -> frozenset[str]:
        """The columns that a tab has while nothing was switched."""
        return frozenset(column.id for column in view.columns if self._at_first(column))

    def choose(self, view: TabView, shown: Iterable[str]) -> None:
        """Show these columns of a tab and no others. Who wants all of them wants each as much."""
        wanted = frozenset(shown)
        switched = self._switched.setdefault(view.id, {})
        every = all(column.id in wanted for column in view.columns)
        for column in view.columns:
            if (column.id in wanted) == self._shows(view, column) and not every:
                continue
            self._given_up.add((view.id, column.id))
            if column.id in wanted or self._at_first(column):
                switched[column.id] = column.id in wanted
            else:
                switched.pop(column.id, None)

    def reset(self, view: TabView) -> None:
        """The columns that a tab has at first."""
        switched = self._switched.get(view.id, {})
        for column in view.columns:
            switched.pop(column.id, None)
            self._given_up.add((view.id, column.id))

    def _at_first(self, column: Column) -> bool:
        return not column.optional or column.id in self._usual

    def _asks(self, view: TabView, column: Column) -> bool:
        return column.id in self._asked and (view.id, column.id) not in self._given_up

    def _insisted(self, view: TabView, column: Column) -> bool:
        told = self._switched.get(view.id, {}).get(column.id, column.optional and column.id in self._usual)
        return self._asks(view, column) or told

    def _shows(self, view: TabView, column: Column) -> bool:
        told = self._switched.get(view.id, {}).get(column.id, self._at_first(column))
        return self._asks(view, column) or told
