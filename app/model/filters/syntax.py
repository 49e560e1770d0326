"""From an expression to its tree: NOT binds tightest, then AND (also where nothing is written), then OR."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.words import Kind, Token, tokens
from sockscope.app.record import dataclass

DEEPEST = 64
"""Parentheses and NOTs inside each other."""
MOST = 100
"""Conditions of an expression."""
MOST_PATTERNS = 8
"""Regular expressions in it; compiling one may take some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A field compared with a value; `at` is where the value stands, `field_at` where the field does."""

    field: str
    comparison: str
    value: str
    at: int
    field_at: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text that must occur anywhere in a row."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that must match somewhere in a row."""

    pattern: str
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts always true."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds at least."""

    parts: tuple[Node, ...]


Node: TypeAlias = Compared | Text | Pattern | Not | All | Any

_NO_PATTERN = "a regular expression is expected, in quotes if it has parentheses"
STATE_WORDS = {"state": "=", "exclude": "!=", "excl": "!="}


_SAVED = re.compile(r"@[A-Za-z_][A-Za-z0-9_-]*")
"""The name of a saved filter; other words that begin with @, such as abstract paths, are text."""


def parse(expression: str, fields: Collection[str], saved: Mapping[str, str] | None = None) -> Node:
    """The tree of an expression; FilterError says what was expected where.

    Words in `fields` begin a test, with or without a comparison; all others are text. The words `state` and
    `exclude` at the beginning add to and take from one set of states, as with ss. `@name` stands for the
    expression of that name in `saved`, in parentheses.
    """
    return _Parser(tokens(expression), fields, saved or {}).whole()


class _Parser:
    def __init__(
        self,
        found: list[Token],
        fields: Collection[str],
        saved: Mapping[str, str],
        left: dict[str, int] | None = None,
    ) -> None:
        self._tokens = found
        self._place = 0
        self._fields = fields
        self._saved = saved
        self._depth = 0
        self._left = left or {"conditions": MOST, "regular expressions": MOST_PATTERNS}

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def whole(self) -> Node:
        parts = self._leading_states()
        joined = self._next.kind if parts else Kind.END
        if joined is Kind.OR:
            self._place, parts = 0, []  # "state a or ..." is an ordinary alternative
        elif joined is Kind.AND:
            self._take()
        if self._next.kind is not Kind.END or joined is Kind.AND:
            rest = self._alternatives()
            if self._next.kind is Kind.CLOSE:
                raise FilterError("this ) closes nothing", self._next.start)
            parts.append(rest)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _leading_states(self) -> list[Node]:
        chosen: Node | None = None
        while self._next.text.lower() in STATE_WORDS and "state" in self._fields:
            if self._next.kind is not Kind.WORD or self._tokens[self._place + 1].kind is Kind.COMPARE:
                break
            test = self._test(self._take())
            if test.comparison == "=":
                chosen = test if chosen is None else Any((chosen, test))
            else:
                chosen = test if chosen is None else All((chosen, test))
        return [] if chosen is None else [chosen]

    def _alternatives(self) -> Node:
        parts = [self._conditions()]
        while self._next.kind is Kind.OR:
            self._take()
            parts.append(self._conditions())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _conditions(self) -> Node:
        parts = [self._term()]
        while self._next.kind not in (Kind.OR, Kind.CLOSE, Kind.END):
            if self._next.kind is Kind.AND:
                self._take()
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _term(self) -> Node:
        token = self._take()
        match token.kind:
            case Kind.NOT:
                self._deeper(token)
                part = self._term()
                self._depth -= 1
                return Not(part)
            case Kind.OPEN:
                self._deeper(token)
                part = self._alternatives()
                if self._next.kind is not Kind.CLOSE:
                    raise FilterError(") is expected for the ( here", token.start)
                self._take()
                self._depth -= 1
                return part
            case Kind.QUOTED:
                return self._text(token)
            case Kind.WORD:
                return self._from_word(token)
            case Kind.COMPARE if token.text in ("~", "!~"):
                self._spend(token, pattern=True)
                pattern = Pattern(*self._value(_NO_PATTERN))
                return Not(pattern) if token.text == "!~" else pattern
            case _:
                self._place -= 1
                raise self._unexpected(token)

    def _unexpected(self, token: Token) -> FilterError:
        if token.kind is Kind.COMPARE:
            return FilterError(f"a field is expected before {token.text}", token.start)
        before = self._tokens[self._place - 1].text if self._place else ""
        what = "a field, a text or ( is expected"
        return FilterError(f"{what} after '{before}'" if before else what, token.start)

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FilterError(f"more than {DEEPEST} things inside each other", token.start)

    def _from_word(self, token: Token) -> Node:
        name = token.text.lower()
        if name in self._fields or (name in STATE_WORDS and "state" in self._fields):
            return self._test(token)
        if name == _AUTOBOUND:
            raise FilterError(
                "autobound is not supported: ask for local ports, such as sport ge :32768", token.start
            )
        compared = self._next.kind is Kind.COMPARE and self._next.text not in ("~", "!~")
        if compared or name in _OF_SS:
            raise FilterError(
                f"there is no field '{token.text}' here{_nearest(name, self._fields)}", token.start
            )
        if _SAVED.fullmatch(token.text):
            return self._named(token)
        return self._text(token)

    def _text(self, token: Token) -> Text:
        self._spend(token)
        return Text(token.text)

    def _named(self, token: Token) -> Node:
        """A saved filter. It cannot name another, which bounds what an expression can grow to."""
        name = token.text.removeprefix("@")
        if name not in self._saved:
            there = ", ".join(f"@{each}" for each in sorted(self._saved)) or "none"
            why = f"no saved filter {token.text}; there is {there} (in quotes it is text)"
            raise FilterError(why, token.start)
        try:
            return _Parser(tokens(self._saved[name]), self._fields, {}, self._left).whole()
        except FilterError as wrong:
            raise FilterError(f"in {token.text}: {wrong.why}", token.start) from None

    def _spend(self, token: Token, *, pattern: bool = False) -> None:
        """One condition more."""
        for what in ("conditions", "regular expressions") if pattern else ("conditions",):
            self._left[what] -= 1
            if self._left[what] < 0:
                most = MOST_PATTERNS if what != "conditions" else MOST
                raise FilterError(f"a filter has {most} {what} at the most", token.start)

    def _test(self, token: Token) -> Compared:
        name = token.text.lower()
        comparison = STATE_WORDS.get(name, "=")
        if self._next.kind is Kind.COMPARE:
            comparison = self._take().text
        if name in STATE_WORDS:
            name = "state"
        self._spend(token, pattern=comparison in ("~", "!~"))
        value, at = self._value(f"a value is expected for {name}")
        return Compared(name, comparison, value, at, token.start)

    def _value(self, missing: str) -> tuple[str, int]:
        token = self._next
        if token.kind not in (Kind.WORD, Kind.QUOTED):
            raise FilterError(missing, token.start)
        self._take()
        return token.text, token.start


_AUTOBOUND = "autobound"
_OF_SS = frozenset({"src", "dst", "sport", "dport", "dev", "fwmark", "cgroup"})
"""Predicates of ss, which must not be taken for texts where they ask for nothing."""


def _nearest(name: str, fields: Collection[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    near = get_close_matches(name, list(fields), 1)
    return f"; {near[0]}?" if near else f"; there are {', '.join(sorted(fields))}"
