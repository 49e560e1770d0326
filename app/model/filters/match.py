"""What is looked for in texts: a word here, or a regular expression (regex.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sockscope.app.record import dataclass

Matches = NDArray[np.bool_]


class Matcher(Protocol):
    """Something that occurs in a text or does not; case does not count."""

    @property
    def in_digits(self) -> bool:
        """Whether digits alone may contain it."""

    def matches(self, texts: Sequence[str]) -> Matches:
        """Which of the texts contain it."""

    def in_lines(self, text: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Matches:
        """Which of the pieces of `text` (UTF-8) from `starts` to `ends` contain it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A lower-case text; what it is looked for in as one long text is in lower case too."""

    text: str

    @property
    def in_digits(self) -> bool:
        """Whether it is of digits."""
        return not self.text or (self.text.isascii() and self.text.isdecimal())

    def around(self, separator: str) -> list[tuple[str, str]]:
        """What of it stands before and after each `separator` in it: a text of two parts with that between
        them contains it also where the first ends and the second begins so."""
        places = [place for place, sign in enumerate(self.text) if sign == separator]
        return [(self.text[:place], self.text[place + 1 :]) for place in places]

    def matches(self, texts: Sequence[str]) -> Matches:
        """Which of the texts contain it."""
        return np.fromiter((self.text in text.lower() for text in texts), np.bool_, len(texts))

    def in_lines(self, text: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Matches:
        """Which of the pieces of `text` contain it, character by character for all of them at once."""
        sought = self.text.encode("utf-8", "surrogateescape")
        if not sought:
            return np.ones(len(starts), np.bool_)
        characters = np.frombuffer(text, np.uint8)
        room = len(characters) - len(sought) + 1
        if room <= 0:
            return np.zeros(len(starts), np.bool_)
        here = characters[:room] == sought[0]
        for place, code in enumerate(sought[1:], 1):
            here &= characters[place : place + room] == code
        places = np.flatnonzero(here)
        found: Matches = np.searchsorted(places, starts) < np.searchsorted(places, ends - len(sought) + 1)
        return found


def pattern(expression: str, at: int) -> Matcher:
    """A regular expression, which stands at `at` in a filter. FilterError where it is none or too large."""
    from sockscope.app.model.filters.regex import compile_regex  # noqa: PLC0415 - few filters have one

    return compile_regex(expression, at)
