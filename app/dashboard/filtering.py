"""The filter line at work: rows follow while one types, words are completed, earlier filters come back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.filters.complete import Completion, complete
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.recall import Recall
from sockscope.app.view.filterline import Typing
from sockscope.app.view.grammar import asks_for
from sockscope.app.view.session import Session
from sockscope.widgets.entry import Entry


class Filtering:
    """What is typed into the entry, and what becomes of it in the session."""

    def __init__(self, entry: Entry, session: Session, recall: Recall) -> None:
        self._entry = entry
        self._session = session
        self._recall = recall
        self._mistake: FilterError | None = None
        self._completion = Completion(0, ())
        self._chosen = 0
        self._completed: str | None = None
        self._end = 0

    @property
    def typing(self) -> Typing:
        """What there is to say below the entry."""
        wrong = self._mistake
        x = 0 if wrong is None else self._entry.cell(wrong.at)
        choices = self._completion.choices
        return Typing(wrong, x, choices if len(choices) > 1 else (), self._chosen)

    def open(self) -> None:
        """Type, beginning with the filter in force."""
        self._mistake = None
        self._forget_choices()
        self._recall.begin(self._session.expression)
        self._entry.open(self._session.expression)

    def typed(self, text: str) -> None:
        """Another text stands in the entry."""
        if text != self._completed:
            self._forget_choices()
        self._mistake = self._session.filter(text)

    def keep(self) -> bool:
        """Typing is over, unless there is a mistake to look at."""
        self.typed(self._entry.value)
        if self._mistake is not None:
            return False
        self._recall.add(self._entry.value.strip())
        return True

    def recall(self, by: int) -> None:
        """An earlier filter, or a later one again."""
        found = self._recall.step(by, self._entry.value)
        if found is not None:
            self._entry.put(found)

    def complete(self, by: int, rows: Callable[[], Table | None]) -> None:
        """What stands before the cursor becomes the first thing it could be; again: the next one."""
        entry = self._entry
        if self._completed == entry.value and len(self._completion.choices) > 1:
            self._chosen = (self._chosen + by) % len(self._completion.choices)
            before = entry.value[: self._end]
        else:
            before = entry.value[: entry.cursor_position]
            self._completion, self._chosen = complete(before, self._session.grammar, rows), 0
        choices = self._completion.choices
        if not choices:
            return
        after = entry.value[len(before) :]
        text = before[: self._completion.start] + choices[self._chosen]
        if len(choices) == 1 and not after.startswith(" "):
            text += " "
        self._end = len(text)
        self._completed = text + after
        entry.put(text + after, self._end)

    def _forget_choices(self) -> None:
        self._completion, self._completed, self._end = Completion(0, ()), None, 0


def like_cell(session: Session, rows: Table, key: int, column: str | None, *, wanted: bool) -> str:
    """Filter by a cell of the row with that key, or by its opposite; why that cannot be, "" if it can."""
    if column is None:
        return "choose a column first: ← → (or click its cell)"
    found = next(each for each in session.view.columns if each.id == column)
    places = np.flatnonzero(rows.numbers("key") == np.uint64(key))
    asked = asks_for(session.view, found, rows, int(places[0])) if len(places) else None
    if asked is None:
        return f"{found.title}: nothing here that a filter could ask for"
    wrong = session.filter_too(asked if wanted else f"not {asked}")
    return "" if wrong is None else wrong.why
