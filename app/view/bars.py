"""The lines around the table as runs of text: header, tab bar, footer, filter line."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sockscope.app.actions import TAB_KEYS, Action
from sockscope.app.record import dataclass
from sockscope.app.tabs import Tab
from sockscope.app.text import printable
from sockscope.app.view.cells import Bar, Cell, cell_width, cut
from sockscope.app.view.format import count, counted, duration

if TYPE_CHECKING:
    from sockscope.app.model.engine import Snapshot, TabState
    from sockscope.app.view.columns import TabView

NARROW = 100
"""Below this many cells words are shortened."""
LATE = 1.5
"""Times the interval in force from which the header says what is really got."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the dashboard knows beside the frames: seconds it has been paused, why the source is lost, whether
    it spares the line, whether names stand for numbers."""

    paused_for: float | None = None
    lost: str = ""
    calm: bool = False
    names: bool = False


def header(snapshot: Snapshot | None, status: Status, interval: float, width: int) -> Bar:
    """Who and how: host, kernel, privilege, notes; interval, cost, liveness, clock."""
    left = [Cell(" sockscope", "strong")]
    if snapshot is not None:
        left += _machine(snapshot, width)
    right = _live(snapshot, status, interval, width)
    room = width - sum(cell_width(cell.text) for cell in right)
    return Bar([*_within(left, room - 1), *right], [])


def _machine(snapshot: Snapshot, width: int) -> list[Cell]:
    host = snapshot.frame.host
    gap = " " if width < NARROW else "  "
    cells = [Cell(gap), Cell(printable(host.name))]
    if host.netns:
        where = f"netns {printable(host.netns)}"
        cells += [Cell(gap), Cell("all netns" if host.everywhere else where, "link")]
    if width >= NARROW:
        cells += [Cell(gap), Cell(f"Linux {printable(host.kernel.split('-')[0])}", "dim")]
    if host.privileged:
        cells += [Cell("  "), Cell("root", "dim")]
    else:
        number = snapshot.hidden_owners
        hidden = f": {count(number)} owner{'s' if number > 1 else ''} hidden" if number else ""
        cells += [Cell("  "), Cell(f"no root{hidden}", "warn" if hidden else "dim")]
    worst = next((note for note in snapshot.frame.notes if note.kind != "forbidden"), None)
    if worst is not None:
        cells += [Cell("  "), Cell(f"! {printable(worst.why)}", "warn")]
    return cells


def _live(snapshot: Snapshot | None, status: Status, interval: float, width: int) -> list[Cell]:
    wide = width >= NARROW
    cells = _pace(snapshot, interval, wide)
    if snapshot is None:
        return [*cells, Cell("lost " if status.lost else "starting ", "alarm" if status.lost else "dim")]
    if status.lost:
        cells.append(Cell("✗ lost ", "alarm"))
    elif status.paused_for is not None:
        cells.append(Cell(f"‖ paused {duration(status.paused_for)} ", "warn"))
    elif snapshot.elapsed > LATE * snapshot.frame.every and snapshot.frame.interval == interval:
        getting = f"getting {snapshot.elapsed:.1f} s"
        words = f"catching up (asked {interval:g} s, {getting})" if wide else getting
        cells.append(Cell(f"● {words} ", "warn"))
    else:
        cells.append(Cell("● calm " if status.calm else "● live ", "good"))
    if snapshot.marked_for is not None:
        cells.append(Cell(f"mark {duration(snapshot.marked_for)} ", "link"))
    if status.names:
        cells.append(Cell("names ", "link"))
    clock = "%H:%M:%S " if wide else "%H:%M "
    return [*cells, Cell(time.strftime(clock, time.localtime(snapshot.frame.wall)))]


def _pace(snapshot: Snapshot | None, interval: float, wide: bool) -> list[Cell]:
    """Seconds between ticks and what a tick costs; where both differ from what was asked, that is why."""
    gap = "  " if wide else " "
    frame = None if snapshot is None else snapshot.frame
    if frame is not None and frame.stretch > 0 and frame.interval == interval:
        usual = frame.cost.get("usual", 0.0) * 1000
        why = f", asked {interval:g} s: a tick costs {usual:.0f} ms" if wide else ""
        return [Cell(f"every {frame.every:.2g} s{why}{gap}", "warn")]
    cells = [Cell(f"{'every ' if wide else ''}{interval:g} s{gap}", "dim")]
    if frame is not None and wide:
        cells.append(Cell(f"tick {frame.cost.get('tick', 0.0) * 1000:3.0f} ms  ", "dim"))
    return cells


def _within(cells: Sequence[Cell], room: int) -> list[Cell]:
    """The runs cut to exactly `room` cells."""
    kept = []
    for cell in cells:
        text = cut(cell.text, max(0, room))
        kept.append(Cell(text, cell.tone))
        room -= cell_width(text)
    return [*kept, Cell(" " * max(0, room + 1))]


def tab_bar(all_tabs: Sequence[Tab], active: str, tabs: Mapping[str, TabState], width: int) -> Bar:
    """All tabs with number and count, and `▲n` where something wants looking at.

    When room is short counts leave first, then how many want looking at, then all names but the active tab's.
    """
    for step in _STEPS:
        bar = _tabs(all_tabs, active, tabs, step)
        if bar.spots[-1][1] <= width:
            return bar
    return bar


class _Step(NamedTuple):
    """How much the tab bar says; `tight`: with no more than one blank cell between tabs, `packed`: with none
    after a mark."""

    short: bool
    counts: bool
    names: bool = True
    numbers: bool = True
    tight: bool = False
    packed: bool = False


_STEPS = (
    _Step(short=False, counts=True),
    _Step(short=True, counts=True),
    _Step(short=True, counts=False),
    _Step(short=True, counts=False, tight=True),
    _Step(short=True, counts=False, numbers=False, tight=True),
    _Step(short=True, counts=False, numbers=False, tight=True, packed=True),
    _Step(short=True, counts=False, names=False),
    _Step(short=True, counts=False, names=False, numbers=False, tight=True),
)


def _tabs(all_tabs: Sequence[Tab], active: str, tabs: Mapping[str, TabState], step: _Step) -> Bar:
    cells = [Cell(" ")]
    spots = []
    x = 1
    for tab in all_tabs:
        state = tabs.get(tab.id)
        name = tab.short if step.short else tab.title
        number = TAB_KEYS[tab.id]
        text = f"{number} {name}" if step.names or tab.id == active else number
        if step.counts and state is not None and state.count is not None:
            text += f" {count(state.count)}"
        text = text if step.tight else f" {text} "
        alarm = ""
        if state is not None and state.attention:
            alarm = f"▲{state.attention}" if step.numbers else "▲"
        joined = step.packed if alarm else step.short and not step.tight
        gap = "" if joined else " "
        cells += [Cell(text, "active" if tab.id == active else ""), Cell(alarm, "alarm"), Cell(gap)]
        end = x + len(text) + len(alarm)
        spots.append((x, end, tab.id))
        x = end + len(gap)
    return Bar(cells, spots)


def footer(actions: Sequence[Action], width: int) -> Bar:
    """Keys and what they do. Those of the highest rank leave first; rank 1 stands at the right end."""
    shown = [action for action in actions if action.hint]
    while sum(map(_key_width, shown)) + 2 > width and max(action.rank for action in shown) > 1:
        shown.remove(max(reversed(shown), key=lambda action: action.rank))
    left = [action for action in shown if action.rank > 1]
    right = [action for action in shown if action.rank == 1]
    cells = [Cell(" ")]
    spots: list[tuple[int, int, str]] = []
    x = _keys(left, 1, cells, spots)
    start = max(x, width - sum(map(_key_width, right)))
    cells.append(Cell(" " * (start - x)))
    _keys(right, start, cells, spots)
    return Bar(cells, spots)


def _key_width(action: Action) -> int:
    return len(action.label) + len(action.hint) + 3


def _keys(actions: Sequence[Action], x: int, cells: list[Cell], spots: list[tuple[int, int, str]]) -> int:
    for action in actions:
        cells += [Cell(action.label, "key"), Cell(f" {action.hint}  ")]
        spots.append((x, x + _key_width(action) - 2, action.action))
        x += _key_width(action)
    return x


def in_force(words: str) -> list[Cell]:
    """The filter in force."""
    return [Cell(" filter  ", "dim"), Cell(words, "strong")] if words else [Cell(" ")]


def grouped_by(snapshot: Snapshot, view: TabView) -> list[Cell]:
    """What rows are grouped by, if they are."""
    if snapshot.grouped is None:
        return []
    return [Cell(" grouped by ", "dim"), Cell(view.columns[0].title.lower(), "strong"), Cell("  ")]


def filter_line(snapshot: Snapshot, view: TabView, left: Sequence[Cell], width: int) -> Bar:
    """What there is to say of the filter, what the tab says all the time, how many rows are left, what they
    are sorted by.

    The column of the sort, which its title shows too, leaves first when room is short.
    """
    sort, descending = snapshot.request.sorting
    total = snapshot.total
    shown = len(snapshot.things)
    column = next((column for column in view.columns if column.id == sort), None)
    by = f"   by {column.title} {'▼' if descending else '▲'}" if column is not None else ""
    numbers = f"{count(shown)} of {count(total)}" if shown != total else counted(total, view.noun)
    if snapshot.grouped is not None:
        numbers = f"{counted(snapshot.groups, view.noun)} of {counted(snapshot.grouped, view.members)}"
    standing: list[Cell] = [*snapshot.standing, Cell("   ")] if snapshot.standing else []
    room = width - sum(cell_width(cell.text) for cell in left) - len(numbers) - 2
    said = sum(cell_width(cell.text) for cell in standing)
    if snapshot.grouped is not None and said > room:
        standing, said = [], 0  # what rows are grouped by comes first
    right = [*standing, Cell(f"{numbers}{by if said + len(by) <= room else ''} ", "dim")]
    return Bar([*_within(left, width - sum(cell_width(cell.text) for cell in right) - 1), *right], [])
