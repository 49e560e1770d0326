"""The first frame in the colours of the terminal it is drawn on."""

from __future__ import annotations

import pytest
from rich.color import ColorSystem
from rich.console import Console

from sockscope.app.opening import Opening
from sockscope.app.tabs import TABS
from sockscope.styles.looks import COLOURS, USED, Terminal, looks, terminal
from sockscope.styles.themes import THEMES

SYSTEMS = dict(
    zip(COLOURS, (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD), strict=True)
)


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("plain", [False, True])
def test_every_tone_has_a_look_in_every_theme_on_every_terminal(
    theme: str, colours: str, plain: bool
) -> None:
    assert set(looks(theme, Terminal(colours, plain))) == set(USED)


@pytest.mark.parametrize("tab", [tab.id for tab in TABS])
@pytest.mark.parametrize("size", [(59, 14), (60, 15), (80, 24), (250, 60)])
@pytest.mark.parametrize("filtered", [False, True])
def test_every_tab_has_a_first_frame(
    tab: str, size: tuple[int, int], filtered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(size[0]))
    monkeypatch.setenv("LINES", str(size[1]))
    said = Opening(THEMES[0].name, tab, 1.0, filtered=filtered).picture()
    assert ("quit" in said) == (size >= (60, 15))


@pytest.mark.parametrize("term", ["xterm", "xterm-256color", "xterm-kitty", "screen", "linux", "dumb", ""])
@pytest.mark.parametrize("colours", ["", "truecolor", "24bit", "yes"])
def test_the_colours_of_a_terminal_are_found_out_as_by_rich(term: str, colours: str) -> None:
    environment = {"TERM": term, "COLORTERM": colours}
    console = Console(force_terminal=True, _environ=environment)
    assert SYSTEMS[terminal(environment).colours] == (console._color_system or ColorSystem.TRUECOLOR)


def test_what_is_wanted_of_textual_counts() -> None:
    assert terminal({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}) == Terminal("256", plain=False)
    assert terminal({"TERM": "xterm", "NO_COLOR": ""}) == Terminal("standard", plain=True)
