"""Lines of runs of text as strips of an exact width."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sockscope.app.view.cells import Cell
from sockscope.widgets.tones import Toned

RUNS = st.lists(
    st.builds(Cell, st.text("ab é漢▎", max_size=6), st.sampled_from(["", "dim", "alarm", "strange"])),
    max_size=8,
)


STYLES = {"": Style(), "dim": Style(dim=True), "alarm": Style(bold=True), "strange": Style()}


class Styled(Toned):
    """Styles of its own, without a theme."""

    def _look(self, tone: str, over: Style | None) -> Style:
        return STYLES[tone]


@given(RUNS, st.integers(1, 40))
def test_a_strip_is_what_textual_makes_of_the_runs(runs: list[Cell], width: int) -> None:
    made = Styled().strip(runs, width)
    plain = Strip([Segment(text, STYLES[tone]) for text, tone in runs]).adjust_cell_length(width, STYLES[""])
    assert made.cell_length == width == sum(segment.cell_length for segment in made)
    assert characters(made) == characters(plain)


def characters(strip: Strip) -> list[tuple[str, Style | None]]:
    return list(chain.from_iterable(((each, style) for each in text) for text, style, _ in strip))
