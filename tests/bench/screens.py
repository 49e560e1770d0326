"""From a record of a terminal to when each key's answer stood on the screen.

The record is drawn after the fact. What a key changes is a feature of the screen: the answer is there when
the feature has become what it was when the next key was pressed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

import pyte

from tests.bench.terminal import Press, Terminal, Written

HEADER, TABS, HEADING, FIRST_ROW = 0, 2, 3, 4
"""Lines of the screen, from the top."""
FILTER = -2
"""The line of the filter, from the bottom."""
BESIDE = "▏"
"""What parts the details from the table where the terminal is wide."""

Feature = Callable[[pyte.Screen], Hashable]


class Unseen(Exception):  # noqa: N818 - nothing went wrong
    """A key changed nothing on the screen, so there is no answer to wait for."""


def text(screen: pyte.Screen, line: int) -> str:
    """One line of the screen, from the top or with a negative number from the bottom."""
    row = screen.buffer[line % screen.lines]
    return "".join(row[column].data for column in range(screen.columns)).rstrip()


def table_part(screen: pyte.Screen, line: int) -> str:
    """A line without the details beside it."""
    return text(screen, line).partition(BESIDE)[0].rstrip()


def band(screen: pyte.Screen) -> Hashable:
    """The line with the cursor: the one whose background differs from the others'."""
    shades = {
        line: (screen.buffer[line][2].bg, screen.buffer[line][2].reverse)
        for line in range(FIRST_ROW, screen.lines + FILTER)
    }
    usual = Counter(shades.values()).most_common(1)[0][0]
    return tuple(line for line, shade in shades.items() if shade != usual)


def details(screen: pyte.Screen) -> Hashable:
    """The title of the details, "" while they are closed."""
    return text(screen, HEADING).partition(BESIDE)[2].strip()


def filter_line(screen: pyte.Screen) -> str:
    """The filter in force with how many rows it leaves, "" without one."""
    line = text(screen, FILTER)
    return line if line.startswith(" filter ") else ""


def entry(screen: pyte.Screen) -> bool:
    """Whether one may type a filter: the hint at what to type stands there."""
    return text(screen, FILTER - 1).lstrip().startswith("state ")


def typed(screen: pyte.Screen) -> Hashable:
    """While one types: the filter, and in the line below how many rows it leaves."""
    return text(screen, FILTER - 1), text(screen, FILTER)


def rows(cells: int) -> Feature:
    """The filter in force and the first `cells` of every row: what ticks change stands further right."""

    def seen(screen: pyte.Screen) -> Hashable:
        lines = range(FIRST_ROW, screen.lines + FILTER - 1)
        return filter_line(screen), tuple(text(screen, line)[:cells] for line in lines)

    return seen


def heading(screen: pyte.Screen) -> Hashable:
    """The titles of the columns with the arrow of the sort."""
    return table_part(screen, HEADING)


def tab(screen: pyte.Screen) -> Hashable:
    """The titles of the columns, the tab that is lit, and whether there are rows."""
    row = screen.buffer[TABS]
    shades = [(row[column].bg, row[column].reverse) for column in range(screen.columns)]
    usual = Counter(shades).most_common(1)[0][0]
    lit = "".join(row[column].data for column, shade in enumerate(shades) if shade != usual)
    return lit.rstrip("0123456789, "), heading(screen), bool(table_part(screen, FIRST_ROW))


def states(screen: pyte.Screen) -> Hashable:
    """The filter in force, and whether there are rows."""
    return filter_line(screen), bool(table_part(screen, FIRST_ROW))


def paused(screen: pyte.Screen) -> bool:
    """Whether the screen is held."""
    return "paused" in text(screen, HEADER)


class Replay:
    """Draws a record, as far as it is asked to."""

    def __init__(self, terminal: Terminal) -> None:
        self.screen = pyte.Screen(terminal.columns, terminal.lines)
        self._stream = pyte.ByteStream(self.screen)
        self._record = terminal.record
        self._drawn = 0

    def until(self, moment: float) -> Iterator[Written]:
        """Draw what was written before that moment; each piece after it was drawn."""
        while self._drawn < len(self._record) and self._record[self._drawn].at < moment:
            piece = self._record[self._drawn]
            self._stream.feed(piece.data)
            self._drawn += 1
            yield piece

    def now(self) -> pyte.Screen:
        """What the terminal shows after everything that was recorded so far."""
        for _ in self.until(float("inf")):
            pass
        return self.screen


def answers(terminal: Terminal, features: Mapping[str, Feature]) -> dict[str, list[float]]:
    """Seconds from each press to its answer, by the name of the key; those without a feature are passed over.

    An answer that was not there when the next key was pressed counts with the time until then. A key that
    never changes its feature does not apply to what is shown, and is left out.
    """
    replay = Replay(terminal)
    found: dict[str, list[float]] = {}
    unseen: list[tuple[str, float]] = []
    for press, end in _spans(terminal.presses, terminal.record):
        for _ in replay.until(press.at):
            pass
        feature = features.get(press.name)
        if feature is None:
            continue
        try:
            found.setdefault(press.name, []).append(_answer(replay, press, end, feature))
        except Unseen:
            unseen.append((press.name, end - press.at))
    for name, waited in unseen:
        if found.get(name):
            found[name].append(waited)
    return {name: taken for name, taken in found.items() if taken}


def _spans(presses: Sequence[Press], record: Sequence[Written]) -> Iterator[tuple[Press, float]]:
    """Each press with the moment of the next."""
    last = record[-1].at + 1e-6 if record else 0.0
    ends = [*(press.at for press in presses[1:]), last]
    return zip(presses, ends, strict=False)


def _answer(replay: Replay, press: Press, end: float, feature: Feature) -> float:
    before = feature(replay.screen)
    steps: list[tuple[float, Hashable]] = [(press.at, before)]
    steps += ((piece.at, feature(replay.screen)) for piece in replay.until(end))
    settled = steps[-1][1]
    if settled == before:
        raise Unseen(press.name)
    at = steps[-1][0]
    for when, value in reversed(steps):
        if value != settled:
            break
        at = when
    return at - press.at
