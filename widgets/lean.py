"""Screen updates that send only the cells that changed.

Textual's partial update sends each dirty line from its widget's left edge to the end of the change. Over a
slow line that is most of the traffic, so this one cuts both ends.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate


class LeanUpdate(ChopsUpdate):
    """The spans of another update, each sent from its first cell to its last."""

    def __init__(self, update: ChopsUpdate) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal."""
        sequences: list[str] = []
        for y, first, last in self.spans:
            at = -1  # where the terminal's cursor is on this line, if it is there
            for end, (start, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(start, first), min(end, last)
                if strip is None or left >= right:
                    continue
                if left != at:
                    sequences.append(Control.move_to(left, y).segment.text)
                sequences.append(strip.crop(left - start, right - start).render(console))
                at = right
        return "".join(sequences)
