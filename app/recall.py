"""Filters that were used before, in this run and in earlier ones."""

from __future__ import annotations

from pathlib import Path

from sockscope.app.statefile import remember, remembered
from sockscope.app.text import printable

MOST = 100
"""Filters that are remembered."""
LONGEST = 4096
"""Characters of a line that counts as a filter."""


class Recall:
    """Steps through earlier filters, newest first; each counts once. With a file they outlive the run."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._place = 0
        self._draft = ""
        self._lines = [] if path is None else self._read(path)

    @staticmethod
    def _read(path: Path) -> list[str]:
        lines = [printable(line).strip() for line in remembered(path).splitlines()]
        return list(dict.fromkeys(line for line in lines if line and len(line) <= LONGEST))[-MOST:]

    def begin(self, draft: str) -> None:
        """Something is typed anew; `draft` stands there at first."""
        self._place, self._draft = len(self._lines), draft

    def step(self, by: int, typed: str) -> str | None:
        """The filter before (-1) or after (1) the one that is shown; after the newest what was `typed`. None
        where there is nothing more."""
        place = self._place + by
        if not 0 <= place <= len(self._lines):
            return None
        if self._place == len(self._lines):
            self._draft = typed
        self._place = place
        return self._draft if place == len(self._lines) else self._lines[place]

    def add(self, line: str) -> None:
        """Remember a filter as the newest. A file that cannot be written is no reason to bother anybody."""
        if not line or (self._lines and self._lines[-1] == line):
            return
        here = [each for each in self._lines if each != line]
        others = [] if self._path is None else [each for each in self._read(self._path) if each not in here]
        self._lines = [*(each for each in others if each != line), *here, line][-MOST:]
        if self._path is not None:
            remember(self._path, "".join(f"{each}\n" for each in self._lines))
