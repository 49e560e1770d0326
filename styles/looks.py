"""What the terminal is told for a tone, for what is drawn before Textual is there: read from `looks.tsv`,
which is made by the stylesheet and the themes (`widgets/looks.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("looks.tsv")
COLOURS = ("truecolor", "256", "standard")
"""Kinds of terminals by the colours they know, named as in the variable TEXTUAL_COLOR_SYSTEM."""

SCREEN, BAR = "screen", "bar"
"""What a line lies on: the screen's background, or that of header and footer."""
USED = (
    *((SCREEN, tone) for tone in ("", "active", "head")),
    *((BAR, tone) for tone in ("", "dim", "strong", "key")),
)
"""Grounds, and the tones of the first frame on them."""


class Terminal(NamedTuple):
    """A terminal as its environment tells it: what colours it knows, and whether none are wanted."""

    colours: str
    plain: bool


def terminal(environment: Mapping[str, str]) -> Terminal:
    """The terminal, as Textual and Rich find out: TEXTUAL_COLOR_SYSTEM, COLORTERM, TERM, NO_COLOR."""
    plain = "NO_COLOR" in environment
    forced = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if forced in COLOURS:
        return Terminal(forced, plain)
    term = environment.get("TERM", "").strip().lower()
    told = environment.get("COLORTERM", "").strip().lower()
    if told in {"truecolor", "24bit"} or term in {"dumb", "unknown"}:
        return Terminal("truecolor", plain)
    return Terminal("256" if term.rpartition("-")[2] in {"256color", "kitty"} else "standard", plain)


def line(theme: str, terminal: Terminal, ground: str, tone: str, look: str) -> str:
    """One line of the file: `look` are the parameters of Select Graphic Rendition (ECMA-48)."""
    return "\t".join((*_which(theme, terminal), ground, tone, look))


def looks(theme: str, terminal: Terminal) -> Mapping[tuple[str, str], str]:
    """The parameters of Select Graphic Rendition by ground and tone; none for an unknown theme."""
    which = "\t".join((*_which(theme, terminal), ""))
    lines = FILE.read_text("ascii").splitlines()
    found = (each.removeprefix(which).split("\t") for each in lines if each.startswith(which))
    return {(ground, tone): look for ground, tone, look in found}


def _which(theme: str, terminal: Terminal) -> tuple[str, str, str]:
    return theme, terminal.colours, "plain" if terminal.plain else "colour"
