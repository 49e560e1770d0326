"""Screen updates that send only the cells that changed, and no more of them than there is room for.

Textual's partial update sends each dirty line from its widget's left edge to the end of the change, and lines
that a change of layout touched as a whole. Over a slow line that is most of the traffic.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate

from sockscope.widgets.pen import Pen
from sockscope.widgets.pieces import Span
from sockscope.widgets.shown import Shown


class LeanUpdate(ChopsUpdate):
    """The spans of another update, of each only what the terminal does not show yet, until `room` bytes are
    used up.

    The span that uses them up is still sent; `left` are those that are not.
    """

    def __init__(self, update: ChopsUpdate, shown: Shown, room: int) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._shown = shown
        self._room = room
        self._written: str | None = None
        self.left: list[Span] = list(update.spans)

    def render_segments(self, console: Console) -> str:
        """What to write to the terminal; from the first call on it counts as written."""
        if self._written is None:
            self._written = self._render(console)
        return self._written

    def _render(self, console: Console) -> str:
        sequences: list[str] = []
        size = 0
        pen = Pen(console)
        for place, span in enumerate(self.spans):
            if size >= self._room:
                self.left = self.spans[place:]
                break
            sequences.append(self._span(span, pen))
            size += len(sequences[-1].encode())
        else:
            self.left = []
        return "".join([*sequences, pen.lift()])

    def _span(self, span: Span, pen: Pen) -> str:
        y, first, last = span
        sequences: list[str] = []
        at = -1  # where the terminal's cursor is on this line, if it is there
        for end, (start, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
            left, right = max(start, first), min(end, last)
            if strip is None or left >= right:
                continue
            part = strip.crop(left - start, right - start)
            for begin, stop in self._shown.send(left, y, part):
                if left + begin != at:
                    sequences.append(Control.move_to(left + begin, y).segment.text)
                sequences.append(pen.write(part.crop(begin, stop)))
                at = left + stop
        return "".join(sequences)
