"""Keys that put rows together in groups, go down into one and come back."""

from __future__ import annotations

import numpy as np

from sockscope.app.dashboard.desk import Desk
from sockscope.app.model.engine import Snapshot
from sockscope.app.view import choices
from sockscope.widgets.grid import Place


class GroupKeys(Desk):
    """Rows, groups of them, and where the cursor was before one went down into a group."""

    _group_places: dict[str, list[Place]]

    def action_group(self) -> None:
        """Choose what to group by."""
        from sockscope.widgets.menu import Menu  # noqa: PLC0415 - not for the first rows

        session = self._session
        by = session.choices.grouping
        items = choices.groupings(session.views[session.active])
        self.push_screen(Menu("Group by", items, by.by if by else None, opened_by="b"), self._group)

    def _group(self, by: str | None) -> None:
        """Group by what was chosen, if anything was; "" stands for the rows themselves."""
        if by is not None:
            self._session.group(by or None)
            self._show_others(Place())

    def _descend(self, key: int) -> None:
        """Into the group of that key."""
        snapshot, session = self._snapshot, self._session
        if snapshot is None or snapshot.rows is None or not session.shows(snapshot.request):
            return
        if key not in snapshot.rows.numbers("key"):
            return
        term = self._term_of(snapshot, key)
        wrong = "no filter can tell these apart" if term is None else ""
        place = self._picture.grid.place
        if term is not None:
            mistake = session.descend(term)
            wrong = "" if mistake is None else mistake.why
        if wrong:
            self.notify(wrong, markup=False)
            return
        self._group_places.setdefault(session.active, []).append(place)
        self._show_others(Place())

    def _term_of(self, snapshot: Snapshot, key: int) -> str | None:
        """The filter that finds the members of the group of that key, None where there is none such."""
        if snapshot.rows is None:
            return None
        places = np.flatnonzero(snapshot.rows.numbers("key") == np.uint64(key))
        return self._session.term(snapshot.rows, int(places[0])) if len(places) else None

    def _ascend(self) -> bool:
        """Back to the groups that the rows were reached from, or out of them; whether there was a way."""
        session = self._session
        grouped = session.choices.grouping is not None
        if not session.ascend():
            return False
        before = self._group_places.get(session.active)
        self._show_others(Place() if grouped or not before else before.pop())
        return True

    def _show_others(self, place: Place) -> None:
        """Rows in place of groups, or groups in place of rows."""
        self._picture.grid.restore(place)
        self._ask()
