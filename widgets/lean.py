"""Screen updates that send only the cells that changed.

Textual's partial update sends each dirty line from its widget's left edge to the end of the change. Over a slow
line that is most of the traffic, so this one cuts both ends.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate


class LeanUpdate(CompositorUpdate):
    """The same spans as a `ChopsUpdate`, each sent from its first cell to its last."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        move_to = Control.move_to
        sequences: list[str] = []
        for y, first, last in self._update.spans:
            ends = self._update.chop_ends[y]
            at = -1  # where the terminal's cursor is on this line, if it is there
            for end, (start, strip) in zip(ends, self._update.chops[y].items(), strict=False):
                left, right = max(start, first), min(end, last)
                if strip is None or left >= right:
                    continue
                if left != at:
                    sequences.append(move_to(left, y).segment.text)
                sequences.append(strip.crop(left - start, right - start).render(console))
                at = right
        return "".join(sequences)
