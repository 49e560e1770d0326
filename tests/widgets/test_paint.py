"""Only what changed is painted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.view.cells import Cell
from sockscope.widgets.paint import NEAR, changed

lines = st.lists(st.builds(Cell, st.text("ab日", max_size=6), st.sampled_from(["", "dim"])), max_size=4)


def spread(cells: list[Cell], width: int) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for text, tone in cells:
        for character in text:
            made.append((character, tone))
            if character == "日":
                made.append(("", tone))
    return (made + [(" ", "")] * width)[:width]


@given(lines, lines)
def test_the_spans_hold_every_change_and_little_else(old: list[Cell], new: list[Cell]) -> None:
    width = 30
    painted = set()
    for x, wide in changed(old, new, width):
        assert x >= 0
        assert x + wide <= width
        painted |= set(range(x, x + wide))
    before, after = spread(old, width), spread(new, width)
    different = {x for x in range(width) if before[x] != after[x]}
    assert different <= painted
    for x, wide in changed(old, new, width):
        assert different >= {x, x + wide - 1}


def test_nothing_changed_nothing_painted() -> None:
    assert changed([Cell("a", "dim")], [Cell("a", "dim")], 10) == []


def test_far_changes_are_painted_apart() -> None:
    old = [Cell("1" + " " * 20 + "1")]
    new = [Cell("2" + " " * 20 + "2")]
    assert changed(old, new, 30) == [(0, 1), (21, 1)]
    near_old, near_new = [Cell("1" + " " * (NEAR - 2) + "1")], [Cell("2" + " " * (NEAR - 2) + "2")]
    assert changed(near_old, near_new, 30) == [(0, NEAR)]
