"""The key that chooses columns, and what remembers them."""

from __future__ import annotations

from pathlib import Path

from textual import on

from sockscope.app.columnfile import remember_columns
from sockscope.app.dashboard.statekeys import StateKeys
from sockscope.app.model.engine import Snapshot
from sockscope.app.view import choices
from sockscope.widgets.picker import Picker

COLUMNS = "columns"
"""The dialog of columns."""


class ColumnKeys(StateKeys):
    """Which columns show in the tab."""

    _columns_file: Path | None = None
    _unwritten = ""

    def _tell_dialogs(self, snapshot: Snapshot) -> None:
        """Which columns have room goes on being told, too."""
        super()._tell_dialogs(snapshot)
        if isinstance(self.screen, Picker) and self.screen.id == COLUMNS:
            self.screen.update(self._columns_to_choose(snapshot))

    def _columns_to_choose(self, snapshot: Snapshot) -> list[tuple[str, str]]:
        placed = {each.column.id for each in self._picture.window(snapshot, self._session).columns}
        return choices.columns(self._session.view.columns, self._columns_chosen, placed)

    @property
    def _columns_chosen(self) -> frozenset[str]:
        session = self._session
        return frozenset(column.id for column in session.chosen.columns(session.view))

    def action_columns(self) -> None:
        """Choose columns from a list."""
        if self._snapshot is not None:
            view = self._session.view
            self.push_screen(
                Picker(
                    f"Columns of {view.title}",
                    self._columns_to_choose(self._snapshot),
                    self._columns_chosen,
                    usual=self._session.chosen.at_first(view),
                    opened_by="c",
                    id=COLUMNS,
                )
            )

    @on(Picker.Chosen, f"#{COLUMNS}")
    def _choose_columns(self, message: Picker.Chosen[str]) -> None:
        chosen, view = self._session.chosen, self._session.view
        if message.reset:
            chosen.reset(view)
        else:
            chosen.choose(view, message.chosen)
        self._ask()
        if self._columns_file is not None:
            why = remember_columns(self._columns_file, view.id, chosen.switched(view))
            if why and not self._unwritten:
                self._unwritten = why
                self.notify(f"columns hold for this run only: {why}", severity="warning", markup=False)
