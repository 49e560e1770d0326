"""Only what may have changed is painted."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sockscope.app.view.cells import Cell
from sockscope.widgets.paint import changed

WIDTH = 30
lines = st.lists(st.builds(Cell, st.text("ab日", max_size=6), st.sampled_from(["", "dim"])), max_size=4)


def spread(cells: list[Cell]) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for text, tone in cells:
        for character in text:
            made.append((character, tone))
            if character == "日":
                made.append(("", tone))
    return (made + [(" ", "")] * WIDTH)[:WIDTH]


@given(lines, lines)
@example([Cell("a"), Cell("b")], [Cell("aa"), Cell("b")])
@example([Cell("a" * WIDTH)], [Cell("a" * WIDTH), Cell("b")])
@example([], [Cell("a")])
def test_the_span_holds_every_change(old: list[Cell], new: list[Cell]) -> None:
    painted = set()
    for x, wide in changed(old, new, WIDTH):
        assert x >= 0
        assert wide > 0
        assert x + wide <= WIDTH
        painted |= set(range(x, x + wide))
    before, after = spread(old), spread(new)
    assert {x for x in range(WIDTH) if before[x] != after[x]} <= painted


def test_nothing_changed_nothing_painted() -> None:
    assert changed([Cell("a", "dim")], [Cell("a", "dim")], 10) == []


def test_what_is_alike_on_both_sides_is_left_out() -> None:
    old = [Cell("left "), Cell("12"), Cell(" right")]
    new = [Cell("left "), Cell("34"), Cell(" right")]
    assert changed(old, new, WIDTH) == [(5, 2)]


def test_what_moves_is_painted_with_what_follows() -> None:
    assert changed([Cell("1"), Cell("x")], [Cell("12"), Cell("x")], WIDTH) == [(0, 3)]
