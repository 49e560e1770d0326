"""What stands below a filter while it is typed: what is wrong and where, what could follow, how it reads."""

from __future__ import annotations

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import Filter, reading
from sockscope.app.record import dataclass
from sockscope.app.view.cells import Cell, cell_width, cut

HINT = "Tab completes  ↑ earlier  Esc clears"
POINTER = "^"


@dataclass(frozen=True, slots=True)
class Typing:
    """A filter being typed: what is wrong with it, what it could go on with and which of that is in it now;
    `x` is the cell on the screen below which a mistake stands."""

    mistake: FilterError | None = None
    x: int = 0
    choices: tuple[str, ...] = ()
    chosen: int = 0


def below(typing: Typing, in_force: Filter | None, width: int) -> list[Cell]:
    """The left part of the line, of `width` cells at the most."""
    if typing.choices:
        return _choices(typing, width)
    if typing.mistake is not None:
        return _mistake(typing, typing.mistake.why, in_force, width)
    if in_force is None:
        return [Cell(f" {HINT}", "dim")]
    read = reading(in_force.tree)
    return [Cell(" read as ", "dim"), Cell(read)] if "(" in read else [Cell(f" {HINT}", "dim")]


def _mistake(typing: Typing, why: str, in_force: Filter | None, width: int) -> list[Cell]:
    """A mark below the place and what was expected beside it, on the side that has the room."""
    x = max(0, min(typing.x, width - 1))
    force = f"still: {in_force.expression}" if in_force is not None else "still: all rows"
    left, right = x - 2, width - x - 3
    if cell_width(why) <= right or right >= left:
        why = cut(why, max(0, right))
        rest = width - x - 3 - cell_width(why) - 3
        cells = [Cell(" " * x), Cell(POINTER, "alarm"), Cell(f" {why}", "warn")]
        return [*cells, Cell(f"   {cut(force, rest)}", "dim")] if rest > 9 else cells
    why = cut(why, left)
    return [Cell(" " * (x - 1 - cell_width(why))), Cell(f"{why} ", "warn"), Cell(POINTER, "alarm")]


def _choices(typing: Typing, width: int) -> list[Cell]:
    """Choices side by side, from a little before the chosen one."""
    first = typing.chosen
    room = width - 2
    used = cell_width(typing.choices[first]) + 2
    while first and used + cell_width(typing.choices[first - 1]) + 2 <= room // 2:
        first -= 1
        used += cell_width(typing.choices[first]) + 2
    cells = [Cell(" …" if first else " ", "dim")]
    for place in range(first, len(typing.choices)):
        text = cut(typing.choices[place], room - 2)
        room -= cell_width(text) + 2
        if room < 0:
            cells.append(Cell("…", "dim"))
            break
        cells += [Cell(text, "active" if place == typing.chosen else ""), Cell("  ")]
    return cells
