"""What parts two widgets."""

from __future__ import annotations

from textual.strip import Strip

from sockscope.app.view.cells import Cell
from sockscope.widgets.tones import Toned

UPRIGHT, LEVEL = "▏", "▔"


class Edge(Toned):
    """A thin line along its only row or column."""

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - all are alike
        """One line of it."""
        width, height = self.size
        sign = LEVEL if height == 1 else UPRIGHT
        return self.strip([Cell(sign * width, "dim")], width)
