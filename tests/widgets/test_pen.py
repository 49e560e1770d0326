"""What a terminal shows of runs written one after the other is what it shows of each alone."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sockscope.widgets.pen import PLAIN, Pen, ink_of

CONSOLE = Console(color_system="truecolor", force_terminal=True)
COLORS = (None, "default", "red", "bright_blue", "color(200)", "#123456", "#654321")

styles = st.builds(
    lambda fore, back, bold, italic, reverse, strike: Style(
        color=fore, bgcolor=back, bold=bold, italic=italic, reverse=reverse, strike=strike
    ),
    st.sampled_from(COLORS),
    st.sampled_from(COLORS),
    *(st.sampled_from([None, True, False]) for _ in range(4)),
)
runs = st.lists(st.builds(Segment, st.text("ab", max_size=3), st.none() | styles), max_size=8)


def shown(written: str) -> list[object]:
    screen = pyte.Screen(40, 1)
    pyte.Stream(screen).feed(written)
    return [screen.buffer[0][x] for x in range(40)]


@given(runs)
def test_every_run_looks_as_it_does_alone(made: list[Segment]) -> None:
    written = Pen(CONSOLE).write(made)
    alone = Strip(made).render(CONSOLE)
    assert shown(written) == shown(alone)
    assert len(written) <= len(alone)


@given(runs, runs)
def test_after_a_lift_a_terminal_writes_plain(one: list[Segment], other: list[Segment]) -> None:
    pen = Pen(CONSOLE)
    written = pen.write(one) + pen.lift() + pen.write(other) + pen.lift()
    assert shown(f"{written}x") == shown(f"{Strip([*one, *other]).render(CONSOLE)}x")


def test_of_a_style_only_what_is_another_is_told() -> None:
    line = [Segment("a", Style(color="#010203", bgcolor="#040506")), Segment("b", Style(bgcolor="#040506"))]
    assert Pen(CONSOLE).write(line) == "\x1b[38;2;1;2;3;48;2;4;5;6ma\x1b[39mb"


def test_an_attribute_that_ends_takes_a_reset() -> None:
    line = [Segment("a", Style(bold=True, color="#010203")), Segment("b", Style(color="#010203"))]
    assert Pen(CONSOLE).write(line) == "\x1b[1;38;2;1;2;3ma\x1b[0;38;2;1;2;3mb"


def test_colours_are_those_that_the_terminal_has() -> None:
    style = Style(color="#ff0000")
    assert ink_of(style, ColorSystem.TRUECOLOR).fore == "38;2;255;0;0"
    assert ink_of(style, ColorSystem.EIGHT_BIT).fore == "38;5;196"
    assert ink_of(style, ColorSystem.STANDARD).fore == ";".join(
        Color.parse("#ff0000").downgrade(ColorSystem.STANDARD).get_ansi_codes()
    )
    assert ink_of(Style(), ColorSystem.TRUECOLOR) == PLAIN
