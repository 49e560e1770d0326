"""Text in styles as a terminal takes it, with no more said of a style than differs from the one before."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style


class Ink(NamedTuple):
    """A style as parameters of SGR (ECMA-48, 8.3.117): its attributes in order, and its two colours."""

    attributes: tuple[str, ...] = ()
    fore: str = "39"
    back: str = "49"


PLAIN = Ink()
"""What a terminal writes in after a reset."""

_ATTRIBUTES = {
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "blink": "5",
    "blink2": "6",
    "reverse": "7",
    "conceal": "8",
    "strike": "9",
    "underline2": "21",
    "frame": "51",
    "encircle": "52",
    "overline": "53",
}


class Pen:
    """Writes runs of text one after the other; from a `lift` on the terminal is as after a reset."""

    def __init__(self, console: Console) -> None:
        self._colors = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 - as Textual does
        self._ink = PLAIN

    def write(self, runs: Iterable[Segment]) -> str:
        """The text, in its styles."""
        written: list[str] = []
        for text, style, _ in runs:
            ink = ink_of(style, self._colors) if style else PLAIN
            if text and ink != self._ink:
                written.append(_change(self._ink, ink))
                self._ink = ink
            written.append(text)
        return "".join(written)

    def lift(self) -> str:
        """Back to what terminals write in by themselves."""
        if self._ink == PLAIN:
            return ""
        self._ink = PLAIN
        return "\x1b[0m"


@lru_cache(maxsize=1024)
def ink_of(style: Style, colors: ColorSystem) -> Ink:
    """What a style is to a terminal that has so many colours."""
    attributes = tuple(code for name, code in _ATTRIBUTES.items() if getattr(style, name))
    fore = PLAIN.fore if style.color is None else _color(style.color, colors, fore=True)
    back = PLAIN.back if style.bgcolor is None else _color(style.bgcolor, colors, fore=False)
    return Ink(attributes, fore, back)


def _color(color: Color, colors: ColorSystem, *, fore: bool) -> str:
    return ";".join(color.downgrade(colors).get_ansi_codes(foreground=fore))


@lru_cache(maxsize=4096)
def _change(old: Ink, new: Ink) -> str:
    """The shortest way from one to the other: what is added, or everything after a reset."""
    anew = ["0", *new.attributes]
    anew += [color for color, plain in ((new.fore, PLAIN.fore), (new.back, PLAIN.back)) if color != plain]
    ways = [";".join(anew)]
    if set(old.attributes) <= set(new.attributes):
        added = [code for code in new.attributes if code not in old.attributes]
        added += [color for color, was in ((new.fore, old.fore), (new.back, old.back)) if color != was]
        ways.append(";".join(added))
    return f"\x1b[{min(ways, key=len)}m"
