"""An expression cut into tokens that know their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.record import dataclass

LONGEST = 4096
"""Characters of an expression."""


class Kind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    NOT = auto()
    AND = auto()
    OR = auto()
    COMPARE = auto()
    WORD = auto()
    QUOTED = auto()
    """A word that was written in quotes: always text, never a keyword."""
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression: `text` with quotes and escapes taken off, from `start` to `end`."""

    kind: Kind
    text: str
    start: int
    end: int


_SIGNS = {
    "(": (Kind.OPEN, "("),
    ")": (Kind.CLOSE, ")"),
    "&&": (Kind.AND, "and"),
    "&": (Kind.AND, "and"),
    "||": (Kind.OR, "or"),
    "|": (Kind.OR, "or"),
    "==": (Kind.COMPARE, "="),
    "=": (Kind.COMPARE, "="),
    "!=": (Kind.COMPARE, "!="),
    ">=": (Kind.COMPARE, ">="),
    "<=": (Kind.COMPARE, "<="),
    ">": (Kind.COMPARE, ">"),
    "<": (Kind.COMPARE, "<"),
    "!~": (Kind.COMPARE, "!~"),
    "~": (Kind.COMPARE, "~"),
    "!": (Kind.NOT, "not"),
}
_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)))
_SPELLED = {
    "and": (Kind.AND, "and"),
    "or": (Kind.OR, "or"),
    "not": (Kind.NOT, "not"),
    "eq": (Kind.COMPARE, "="),
    "ne": (Kind.COMPARE, "!="),
    "neq": (Kind.COMPARE, "!="),
    "ge": (Kind.COMPARE, ">="),
    "geq": (Kind.COMPARE, ">="),
    "le": (Kind.COMPARE, "<="),
    "leq": (Kind.COMPARE, "<="),
    "gt": (Kind.COMPARE, ">"),
    "lt": (Kind.COMPARE, "<"),
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_QUOTES = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
}
_ESCAPED = re.compile(r"\\([\"'\\])")
_SPECIAL = re.compile(r"[\s()\"'\\]")
_COMPARISON = re.compile(r"==|!=|!~|>=|<=|=|>|<|~")


def tokens(expression: str) -> list[Token]:
    """All tokens and an END; FilterError where quotes do not close or the expression is too long.

    A comparison needs no blanks around it behind a name (`dport=:443`); elsewhere its signs are part of the
    word, as in paths. A backslash takes their meaning from blanks, parentheses, quotes and itself, and stays
    before anything else, as regular expressions need it.
    """
    if len(expression) > LONGEST:
        raise FilterError(
            f"a filter has {LONGEST} characters at the most, this one {len(expression)}", LONGEST
        )
    return [*_tokens(expression), Token(Kind.END, "", len(expression), len(expression))]


def _tokens(expression: str) -> Iterator[Token]:
    place = 0
    while place < len(expression):
        if expression[place].isspace():
            place += 1
            continue
        token = _sign(expression, place) or _word(expression, place)
        yield token
        place = token.end


def _sign(expression: str, start: int) -> Token | None:
    found = _SIGN.match(expression, start)
    if found is None:
        return None
    kind, text = _SIGNS[found[0]]
    return Token(kind, text, start, found.end())


def _word(expression: str, start: int) -> Token:
    name = _NAME.match(expression, start)
    if name is not None and _COMPARISON.match(expression, name.end()):
        return Token(Kind.WORD, name[0], start, name.end())
    text: list[str] = []
    place = start
    quoted = False
    while place < len(expression) and not (expression[place].isspace() or expression[place] in "()"):
        character = expression[place]
        if character in "\"'":
            found = _QUOTES[character].match(expression, place)
            if found is None:
                raise FilterError(f"{character} is never closed", place)
            text.append(_ESCAPED.sub(r"\1", found[1]))
            quoted = True
            place = found.end()
        elif character == "\\" and _SPECIAL.match(expression, place + 1):
            text.append(expression[place + 1])
            place += 2
        else:
            text.append(character)
            place += 1
    whole = "".join(text)
    if quoted:
        return Token(Kind.QUOTED, whole, start, place)
    kind, spelled = _SPELLED.get(whole.lower(), (Kind.WORD, whole))
    return Token(kind, spelled, start, place)
