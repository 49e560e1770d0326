"""The door for text from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.text import printable

HOSTILE = {
    "\x1b[31mred": "^[[31mred",
    "a\nb\rc\td": "a^Jb^Mc^Id",
    "\x9b31m": "\\x9b31m",
    "\x7f": "^?",
    "\u202eevil": "\\u{202e}evil",
    "\u200bhidden": "\\u{200b}hidden",
    "undecodable \udcff": "undecodable \\xff",
    "[bold]not markup[/x] [@click=app.quit]": "[bold]not markup[/x] [@click=app.quit]",
    "café 日本": "café 日本",
}


@pytest.mark.parametrize(("raw", "shown"), HOSTILE.items())
def test_hostile_text_becomes_visible(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.text())
def test_nothing_that_moves_the_cursor_gets_through(raw: str) -> None:
    shown = printable(raw)
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in shown)
    assert printable(shown) == shown
