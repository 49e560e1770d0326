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
    """The tab that is lit, and the titles of its columns."""
    row = screen.buffer[TABS]
    shades = [(row[column].bg, row[column].reverse) for column in range(screen.columns)]
    usual = Counter(shades).most_common(1)[0][0]
    lit = "".join(row[column].data for column, shade in enumerate(shades) if shade != usual)
    return lit.rstrip("0123456789, "), heading(screen)


def tab_with_rows(screen: pyte.Screen) -> Hashable:
    """The same, and whether there are rows."""
    return tab(screen), bool(table_part(screen, FIRST_ROW))


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


def answers(terminal: Terminal, features: Mapping[str, Mapping[str, Feature]]) -> dict[str, list[float]]:
    """Seconds from each press to its answers, by their names; `features` has the answers of every key by its
    name, and keys without any are passed over.

    An answer that was not there when the next key was pressed counts with the time until then. A key that
    never changes a feature does not apply to what is shown, and is left out.
    """
    replay = Replay(terminal)
    found: dict[str, list[float]] = {}
    unseen: list[tuple[str, float]] = []
    for press, end in _spans(terminal.presses, terminal.record):
        for _ in replay.until(press.at):
            pass
        for name, taken in _answers(replay, press, end, features.get(press.name, {})).items():
            if taken is None:
                unseen.append((name, end - press.at))
            else:
                found.setdefault(name, []).append(taken)
    for name, waited in unseen:
        if name in found:
            found[name].append(waited)
    return found


def _spans(presses: Sequence[Press], record: Sequence[Written]) -> Iterator[tuple[Press, float]]:
    """Each press with the moment of the next."""
    last = record[-1].at + 1e-6 if record else 0.0
    ends = [*(press.at for press in presses[1:]), last]
    return zip(presses, ends, strict=False)


def _answers(
    replay: Replay, press: Press, end: float, features: Mapping[str, Feature]
) -> dict[str, float | None]:
    """When each feature became what it was at the end; None for one that did not change."""
    if not features:
        return {}
    steps = [(press.at, _seen(replay, features))]
    steps += [(piece.at, _seen(replay, features)) for piece in replay.until(end)]
    return {name: _settled([(at, seen[name]) for at, seen in steps]) for name in features}


def _seen(replay: Replay, features: Mapping[str, Feature]) -> dict[str, Hashable]:
    return {name: feature(replay.screen) for name, feature in features.items()}


def _settled(steps: Sequence[tuple[float, Hashable]]) -> float | None:
    """Seconds after the first step until the value is the last one's for good; None if it always was."""
    begun, last = steps[0][0], steps[-1][1]
    at = None
    for when, value in reversed(steps):
        if value != last:
            break
        at = when
    return None if at in (None, begun) else at - begun
