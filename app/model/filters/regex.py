"""Regular expressions that cost the same whatever they are: a table of states run over all rows at once.

A backtracking matcher can be made to take for ever by 20 characters of pattern. Here a pattern becomes a
deterministic automaton of bounded size, and every character of a text costs one look-up, for all rows in
step. Supported are literals, `.`, classes, `\\d \\w \\s` and their opposites, groups, `|`, `* + ? {m,n}`,
`^ $`; case does not count. Look-around and back-references are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.record import dataclass

LONGEST = 200
"""Characters of a pattern."""
MOST_STATES = 1000
"""States of the automaton; a pattern that needs more is refused."""
MOST_WORK = 500_000
"""Moves looked at while it is made, some tenths of a second."""
MOST_REPEATS = 100
"""Bound of a counted repetition."""

START, END = 256, 257
"""Symbols beside the 256 bytes: where a text begins and ends."""
_SYMBOLS = 258

_DIGITS = frozenset(b"0123456789")
_WORDS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(
    range(128, 256)
)
_SPACES = frozenset(b" \t\r\n\f\v")
_BYTES = frozenset(range(256))
_CLASSES = {
    "d": _DIGITS,
    "D": _BYTES - _DIGITS,
    "w": _WORDS,
    "W": _BYTES - _WORDS,
    "s": _SPACES,
    "S": _BYTES - _SPACES,
}
_SIGNS = {".": _BYTES - frozenset(b"\n"), "^": frozenset({START}), "$": frozenset({END})}
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}

Symbols = frozenset[int]


@dataclass(slots=True)
class _Graph:
    """A nondeterministic automaton: per state its empty moves and its moves over symbols."""

    empty: list[list[int]] = field(default_factory=list)
    over: list[list[tuple[Symbols, int]]] = field(default_factory=list)

    def state(self) -> int:
        if len(self.empty) >= 2 * MOST_STATES:
            raise _TooLargeError
        self.empty.append([])
        self.over.append([])
        return len(self.empty) - 1


class _TooLargeError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a pattern, as a function of where it begins: builds itself and returns where it ends."""

    kind: str
    symbols: Symbols = frozenset()
    parts: tuple[_Piece, ...] = ()
    least: int = 1
    most: int | None = 1


class _Reader:
    """Recursive descent over a pattern; `at` is where it stands in the whole expression."""

    def __init__(self, pattern: str, at: int) -> None:
        self._pattern = pattern
        self._at = at
        self._place = 0
        self._depth = 0

    def whole(self) -> _Piece:
        piece = self._either()
        if self._place < len(self._pattern):
            raise self._wrong("this ) closes nothing")
        return piece

    def _wrong(self, why: str) -> FilterError:
        return FilterError(f"in the regular expression: {why}", self._at + self._place)

    def _peek(self) -> str:
        return self._pattern[self._place] if self._place < len(self._pattern) else ""

    def _either(self) -> _Piece:
        self._depth += 1
        if self._depth > 30:
            raise self._wrong("groups are nested too deep")
        ways = [self._sequence()]
        while self._peek() == "|":
            self._place += 1
            ways.append(self._sequence())
        self._depth -= 1
        return ways[0] if len(ways) == 1 else _Piece("either", parts=tuple(ways))

    def _sequence(self) -> _Piece:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _Piece("sequence", parts=tuple(parts))

    def _repeated(self, piece: _Piece) -> _Piece:
        while (sign := self._peek()) and sign in "*+?{":
            bounds: tuple[int, int | None]
            if sign == "{":
                counted = self._counted()
                if counted is None:
                    return piece
                bounds = counted
            else:
                self._place += 1
                bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
            if self._peek() == "?":
                self._place += 1  # lazy or greedy makes no difference to whether there is a match
            piece = _Piece("repeat", parts=(piece,), least=bounds[0], most=bounds[1])
        return piece

    def _counted(self) -> tuple[int, int | None] | None:
        """The bounds in braces; None where the brace is only a character."""
        end = self._pattern.find("}", self._place)
        least, comma, most = self._pattern[self._place + 1 : max(end, self._place)].partition(",")
        if end < 0 or not least.isdecimal() or (most and not most.isdecimal()):
            return None
        low = int(least)
        high = low if not comma else int(most) if most else None
        if low > MOST_REPEATS or (high is not None and not low <= high <= MOST_REPEATS):
            raise self._wrong(f"a count goes from small to large, up to {MOST_REPEATS}")
        self._place = end + 1
        return low, high

    def _atom(self) -> _Piece:
        sign = self._peek()
        if sign in "*+?":
            raise self._wrong(f"nothing to repeat before {sign}")
        self._place += 1
        match sign:
            case "(":
                return self._group()
            case "\\":
                return self._escaped()
            case "[":
                return _Piece("symbols", self._class())
            case "." | "^" | "$":
                return _Piece("symbols", _SIGNS[sign])
            case _:
                return _literal(sign)

    def _group(self) -> _Piece:
        if self._peek() == "?":
            if self._pattern[self._place : self._place + 2] != "?:":
                raise self._wrong("look-around and named groups are not supported")
            self._place += 2
        piece = self._either()
        if self._peek() != ")":
            raise self._wrong(") is expected")
        self._place += 1
        return piece

    def _escaped(self) -> _Piece:
        letter = self._peek()
        if not letter:
            raise self._wrong("something is expected after \\")
        self._place += 1
        if letter in _CLASSES:
            return _Piece("symbols", _CLASSES[letter])
        if letter in _ESCAPES:
            return _literal(_ESCAPES[letter])
        if letter.isalnum():
            raise self._wrong(f"\\{letter} is not supported")
        return _literal(letter)

    def _class(self) -> Symbols:
        negated = self._peek() == "^"
        self._place += negated
        found: set[int] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            found |= self._range()
        self._place += 1
        return _BYTES - frozenset(found) if negated else frozenset(found)

    def _range(self) -> Symbols:
        low = self._member()
        if isinstance(low, frozenset):
            return low
        if self._peek() != "-" or self._pattern[self._place + 1 : self._place + 2] in ("]", ""):
            return _folded(low)
        self._place += 1
        high = self._member()
        if isinstance(high, frozenset) or high < low:
            raise self._wrong("a range goes from a small to a large character")
        return frozenset().union(*(_folded(code) for code in range(low, high + 1)))

    def _member(self) -> int | Symbols:
        sign = self._peek()
        if not sign:
            raise self._wrong("] is expected")
        self._place += 1
        if sign == "\\":
            sign = self._peek()
            self._place += 1
            if sign in _CLASSES and sign:
                return _CLASSES[sign]
            sign = _ESCAPES.get(sign, sign)
        if not sign.isascii() or not sign:
            raise self._wrong("only ASCII characters can be in [ ]")
        return ord(sign)


def _folded(code: int) -> Symbols:
    letter = chr(code)
    return frozenset({ord(letter.lower()), ord(letter.upper())}) if code < 128 else frozenset({code})


def _literal(text: str) -> _Piece:
    """A character as its UTF-8 bytes."""
    return _Piece("sequence", parts=tuple(_Piece("symbols", _folded(code)) for code in text.encode()))


def _build(graph: _Graph, piece: _Piece, start: int) -> int:
    """Add a piece that begins at `start`; returns the state where it ends."""
    match piece.kind:
        case "symbols":
            end = graph.state()
            graph.over[start].append((piece.symbols, end))
            return end
        case "sequence":
            for part in piece.parts:
                start = _build(graph, part, start)
            return start
        case "either":
            end = graph.state()
            for part in piece.parts:
                way = graph.state()
                graph.empty[start].append(way)
                graph.empty[_build(graph, part, way)].append(end)
            return end
        case _:
            return _build_repeat(graph, piece, start)


def _build_repeat(graph: _Graph, piece: _Piece, start: int) -> int:
    part = piece.parts[0]
    for _ in range(piece.least):
        start = _build(graph, part, start)
    end = graph.state()
    if piece.most is None:
        loop = graph.state()
        graph.empty[start].append(loop)
        graph.empty[_build(graph, part, loop)].append(loop)
        graph.empty[loop].append(end)
        return end
    for _ in range(piece.most - piece.least):
        graph.empty[start].append(end)
        start = _build(graph, part, start)
    graph.empty[start].append(end)
    return end


@dataclass(frozen=True, eq=False, slots=True)
class Regex:
    """A compiled pattern: `moves` (states, 258) of state numbers; state 0 is where a text begins, `found` the
    state that has seen a match and is never left."""

    moves: NDArray[np.int32]
    found: int

    @property
    def in_digits(self) -> bool:
        """Whether digits alone lead to a match."""
        reached = {int(self.moves[0, START])}
        while True:
            more = reached | {int(each) for each in self.moves[list(reached)][:, sorted(_DIGITS)].flat}
            if more == reached:
                return bool((self.moves[list(reached), END] == self.found).any())
            reached = more

    def matches(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the texts contain a match."""
        encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        starts = np.cumsum(lengths) - lengths
        return self.in_lines(b"".join(encoded), starts, starts + lengths)

    def in_lines(self, text: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the pieces of `text` from `starts` to `ends` contain a match; all are read in step, the
        longest first, so that those that are over need not be looked at."""
        lengths = ends - starts
        if not len(lengths):
            return np.zeros(0, np.bool_)
        longest = int(lengths.max())
        kind = np.int16 if longest < 2**15 else np.int64  # short numbers are sorted in linear time
        longest_first = np.argsort((starts - ends).astype(kind), kind="stable")
        longer = len(lengths) - np.cumsum(np.bincount(lengths, minlength=longest + 1))
        places = starts[longest_first].astype(np.intp)
        letters = np.frombuffer(text, np.uint8)
        moves = (self.moves * np.intp(_SYMBOLS)).ravel()  # of states as places in this row of rows
        states = np.full(len(lengths), moves[START], np.intp)
        for step in range(longest):
            reading = int(longer[step])
            at, state = places[:reading], states[:reading]
            np.add(state, letters.take(at), out=state)
            state[:] = moves.take(state)
            at += 1
        result = np.zeros(len(lengths), np.bool_)
        result[longest_first] = moves.take(states + END) == self.found * _SYMBOLS
        return result


def compile_regex(pattern: str, at: int = 0) -> Regex:
    """The automaton of a pattern that stands at `at`; FilterError tells what in it is wrong or too much."""
    if len(pattern) > LONGEST:
        raise FilterError(f"a regular expression has {LONGEST} characters at the most", at + LONGEST)
    piece = _Reader(pattern, at).whole()
    graph = _Graph()
    try:
        start = graph.state()
        end = _build(graph, piece, start)
        return _determined(graph, start, end)
    except _TooLargeError:
        raise FilterError("this regular expression is too complicated", at) from None


def _determined(graph: _Graph, start: int, end: int) -> Regex:
    """Subset construction for an unanchored search. The START symbol leads from state 0; before the first
    character and after the last, anchors may be passed."""
    closures = [_closure(graph, [state]) for state in range(len(graph.empty))]
    symbols = _distinct(graph)
    begin = frozenset(closures[start])
    anchored = _passing(graph, closures, begin, START)
    numbers: dict[frozenset[int], int] = {}
    found = frozenset({-1})
    pending: list[frozenset[int]] = []

    def number(states: frozenset[int]) -> int:
        states = found if end in states else states
        if states not in numbers:
            if len(numbers) >= MOST_STATES:
                raise _TooLargeError
            numbers[states] = len(numbers) + 1
            pending.append(states)
        return numbers[states]

    work = 0
    rows: dict[int, NDArray[np.int32]] = {0: np.zeros(_SYMBOLS, np.int32)}
    rows[0][START] = number(anchored)
    while pending:
        states = pending.pop()
        work += len(states) * len(symbols)
        if work > MOST_WORK:
            raise _TooLargeError
        row = np.zeros(_SYMBOLS, np.int32)
        if states == found:
            row[:] = numbers[found]
        else:
            for group in symbols:
                symbol = group[0]
                if symbol == START:
                    continue
                if symbol == END:
                    after = _passing(graph, closures, states, END)
                    row[END] = number(after) if end in after else numbers[states]
                else:
                    row[list(group)] = number(_after(graph, closures, states, symbol) | begin)
        rows[numbers[states]] = row
    moves = np.stack([rows[place] for place in range(len(rows))])
    return Regex(moves, numbers.get(found, -1))


def _closure(graph: _Graph, states: Iterable[int]) -> frozenset[int]:
    reached = set(states)
    stack = list(reached)
    while stack:
        for following in graph.empty[stack.pop()]:
            if following not in reached:
                reached.add(following)
                stack.append(following)
    return frozenset(reached)


def _after(
    graph: _Graph, closures: list[frozenset[int]], states: frozenset[int], symbol: int
) -> frozenset[int]:
    reached: set[int] = set()
    for state in states:
        for symbols, following in graph.over[state]:
            if symbol in symbols:
                reached |= closures[following]
    return frozenset(reached)


def _passing(
    graph: _Graph, closures: list[frozenset[int]], states: frozenset[int], anchor: int
) -> frozenset[int]:
    """States reached by any number of anchors, which take no character."""
    while True:
        more = states | _after(graph, closures, states, anchor)
        if more == states:
            return states
        states = more


def _distinct(graph: _Graph) -> list[list[int]]:
    """Symbols in groups that no move tells apart, so that a row needs one look a group."""
    kinds = {symbols for moves in graph.over for symbols, _ in moves}
    groups: dict[tuple[bool, ...], list[int]] = {}
    for symbol in range(_SYMBOLS):
        key = (symbol == START, symbol == END, *(symbol in symbols for symbols in kinds))
        groups.setdefault(key, []).append(symbol)
    return list(groups.values())
