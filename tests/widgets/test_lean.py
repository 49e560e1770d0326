"""Updates of the screen: what is sent of them, and what is left for later."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from sockscope.widgets import shown as shown_module
from sockscope.widgets.lean import LeanUpdate
from sockscope.widgets.shown import Shown, glyphs

PLAIN, BOLD = Style(), Style(bold=True)
PLENTY = 1 << 20


def strip(*runs: tuple[str, Style]) -> Strip:
    return Strip([Segment(text, style) for text, style in runs])


def update(shown: Shown, *lines: Strip, room: int = PLENTY) -> LeanUpdate:
    """The whole of some lines, from the top of the screen."""
    chops = [{0: line} for line in lines]
    ends = [[line.cell_length] for line in lines]
    spans = [(y, 0, line.cell_length) for y, line in enumerate(lines)]
    return LeanUpdate(ChopsUpdate(chops, spans, ends), shown, room)


def sent(made: LeanUpdate) -> str:
    console = Console(color_system="truecolor", force_terminal=True)
    assert console._color_system is ColorSystem.TRUECOLOR
    return made.render_segments(console)


def words(text: str) -> list[str]:
    """What was sent, one text for each place the cursor was moved to."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", part) for part in re.split(r"\x1b\[\d+;\d+H", text)[1:]]


def test_what_is_shown_already_is_not_sent_again() -> None:
    shown = Shown()
    line = strip(("one ", PLAIN), ("two", BOLD))
    assert words(sent(update(shown, line))) == ["one two"]
    assert sent(update(shown, strip(("one ", PLAIN), ("two", BOLD)))) == ""


def test_only_what_differs_is_sent() -> None:
    shown = Shown()
    sent(update(shown, strip(("a" * 40, PLAIN)), strip(("b" * 40, PLAIN))))
    changed = strip(("a" * 10 + "X" + "a" * 18 + "Y" + "a" * 10, PLAIN))
    text = sent(update(shown, changed, strip(("b" * 40, PLAIN))))
    assert words(text) == ["X", "Y"]
    assert text.startswith("\x1b[1;11H")


def test_another_style_is_a_difference() -> None:
    shown = Shown()
    sent(update(shown, strip(("abc", PLAIN))))
    assert words(sent(update(shown, strip(("a", PLAIN), ("b", BOLD), ("c", PLAIN))))) == ["b"]


def test_after_forgetting_everything_is_sent() -> None:
    shown = Shown()
    sent(update(shown, strip(("abc", PLAIN))))
    shown.forget()
    assert words(sent(update(shown, strip(("abc", PLAIN))))) == ["abc"]


def test_room_ends_an_update_and_the_rest_is_left() -> None:
    shown = Shown()
    lines = [strip((letter * 100, PLAIN)) for letter in "abcd"]
    first = update(shown, *lines, room=150)
    assert len(words(sent(first))) == 2
    assert first.left == [(2, 0, 100), (3, 0, 100)]
    again = update(shown, *lines)
    assert words(sent(again)) == ["c" * 100, "d" * 100]
    assert again.left == []


def test_lines_that_differ_in_nothing_take_no_room() -> None:
    shown = Shown()
    lines = [strip((letter * 100, PLAIN)) for letter in "abcd"]
    sent(update(shown, *lines))
    lines[3] = strip(("e" * 100, PLAIN))
    assert words(sent(update(shown, *lines, room=1))) == ["e" * 100]


@given(
    st.text("ab界e\u0301", min_size=1, max_size=12).filter(lambda text: text[0] != "\u0301"),
    st.text("ab界e\u0301", min_size=1, max_size=12).filter(lambda text: text[0] != "\u0301"),
)
def test_a_terminal_that_gets_only_differences_shows_the_same(before: str, after: str) -> None:
    shown = Shown()
    old, new = (strip((text, PLAIN)).adjust_cell_length(24, PLAIN) for text in (before, after))
    screen = list(glyphs(old).text)
    shown.send(0, 0, old)
    wanted = glyphs(new).text
    for first, end in shown.send(0, 0, new):
        assert wanted[first] != "\0"
        assert end == len(wanted) or wanted[end] != "\0"
        screen[first:end] = wanted[first:end]
    assert screen == list(wanted)


@given(st.lists(st.text("ab界e\u0301\u0302…", max_size=6), max_size=6))
def test_every_cell_has_one_character_and_one_style(texts: list[str]) -> None:
    made = glyphs(strip(*((text, (PLAIN, BOLD)[place % 2]) for place, text in enumerate(texts))))
    text = "".join(texts).lstrip("\u0301\u0302")
    assert len(made.text) == len(made.style) == cell_len(text)
    bases = [(sign, place) for place, sign in enumerate(text) if sign not in "\u0301\u0302"]
    shown = [sign for sign in made.text if sign != "\0"]
    for (base, place), sign in zip(bases, shown, strict=True):
        marked = text[place + 1 : place + 2] in ("\u0301", "\u0302")
        assert (sign == base) != marked


def test_characters_that_stand_for_others_do_not_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown_module, "_MOST_CLUSTERS", 2)
    shown = Shown()
    for letter in "abcd":
        assert shown.send(0, 0, strip((letter + "\u0301", PLAIN))) == [(0, 1)]
        assert len(shown_module._clusters) <= 3


def test_a_line_that_is_shown_is_not_looked_at_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Strip] = []

    def watched(strip: Strip) -> shown_module.Glyphs:
        looked.append(strip)
        return glyphs(strip)

    monkeypatch.setattr(shown_module, "glyphs", watched)
    shown = Shown()
    assert shown.send(0, 3, Strip([Segment("abcdef")])) == [(0, 6)]
    assert shown.send(0, 3, Strip([Segment("abcdef")])) == []
    assert len(looked) == 1
    assert shown.send(2, 3, Strip([Segment("xy")])) == [(0, 2)]
    assert shown.send(0, 3, Strip([Segment("abcdef")])) == [(2, 4)]
    shown.forget()
    assert shown.send(0, 3, Strip([Segment("abcdef")])) == [(0, 6)]
