"""Which columns fit into a width, and cells put into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sockscope.app.frames.table import Table
from sockscope.app.record import dataclass
from sockscope.app.view.cells import Cell, cell_width, cut
from sockscope.app.view.columns import Column
from sockscope.app.view.naming import NUMBERS, Naming

GAP = 2
"""Blank cells between columns."""
EDGE = 1
"""Cells of what is left over that stay blank at the right end."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column at `x`, `width` cells wide."""

    column: Column
    x: int
    width: int


def unshortened(columns: Sequence[Column], rows: Table) -> tuple[Column, ...]:
    """The columns, those of addresses as wide as the longest in these rows, for which all others leave."""
    return tuple(
        column
        if column.whole is None
        else replace(column, width=max(column.width, column.whole(rows)), minimum=0, priority=0)
        for column in columns
    )


def place(columns: Sequence[Column], room: int) -> tuple[Placed, ...]:
    """Columns that fit into `room` cells, in their order.

    Those with the highest priority number leave first, but before one leaves all others shrink to their
    minimum. Room left over, but for EDGE, goes to the columns that grow.
    """
    kept = list(columns)
    while kept and _least(kept) > room:
        kept.remove(max(reversed(kept), key=lambda column: column.priority))
    widths = _widths(kept, room)
    placed = []
    x = 0
    for column, width in zip(kept, widths, strict=True):
        placed.append(Placed(column, x, width))
        x += width + GAP
    return tuple(placed)


def _least(columns: Sequence[Column]) -> int:
    return sum(column.minimum or column.width for column in columns) + GAP * (len(columns) - 1)


def _widths(columns: Sequence[Column], room: int) -> list[int]:
    widths = [column.minimum or column.width for column in columns]
    spare = room - GAP * (len(columns) - 1) - sum(widths)
    for place_, column in sorted(enumerate(columns), key=lambda pair: pair[1].priority):
        wanted = min(spare, column.width - widths[place_])
        widths[place_] += wanted
        spare -= wanted
    shares = sum(column.grow for column in columns)
    for place_, column in enumerate(columns):
        if column.grow and spare > EDGE:
            widths[place_] += (spare - EDGE) * column.grow // shares
    return widths


def cut_middle(text: str, width: int) -> str:
    """An address and port in `width` cells: both ends and the port stay, `…` stands for the middle."""
    if cell_width(text) <= width:
        return text
    host, colon, port = text.rpartition(":")
    tail = colon + port
    room = width - len(tail) - 1
    if room < 0 or cell_width(text) != len(text):
        return cut(text, width)
    head = (room + 1) // 2
    end = room - head
    return f"{host[:head]}…{host[len(host) - end :]}{tail}"


def cut_inside(text: str, width: int) -> str:
    """A path in `width` cells: more of its end stays than of its beginning, `…` stands between."""
    if cell_width(text) <= width:
        return text
    if width < PATH_ROOM or cell_width(text) != len(text):
        return cut(text, width)
    head = (width - 1) // 3
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


PATH_ROOM = 8
"""Cells below which only the beginning of a path stays."""
PORT_ROOM = 6
"""A colon and five digits."""


def cell(placed: Placed, rows: Table, row: int, naming: Naming = NUMBERS) -> Cell:
    """A row's cell, with the names that are wanted, in fewer words where the column has them and is too
    narrow."""
    column = placed.column
    made = column.cell(rows, row) if column.named is None else column.named(rows, row, naming)
    return made if column.brief is None or cell_width(made.text) <= placed.width else column.brief(rows, row)


def fit(cell: Cell, placed: Placed) -> str:
    """The cell's text in exactly the column's width."""
    width = placed.width
    column = placed.column
    if column.align == "port":
        return _at_port(cell.text, width, column.width)
    text = cut_inside(cell.text, width) if column.align == "path" else cut(cell.text, width)
    blank = " " * (width - cell_width(text))
    return blank + text if column.align == "right" else text + blank


def _at_port(text: str, width: int, usual: int) -> str:
    text = cut_middle(text, width)
    port = 0 if text.endswith("]") or ":" not in text else len(text) - text.rfind(":")
    line_up = min(width, usual) - PORT_ROOM
    room = width - cell_width(text)
    before = max(0, min(line_up - (len(text) - port), room))
    return " " * before + text + " " * (room - before)


def title(placed: Placed, marker: str = "") -> str:
    """The column's title in exactly its width, with a sort marker behind it."""
    column = placed.column
    ways = (f"{column.title} {marker}", f"{column.title}{marker}", f"{column.short or column.title}{marker}")
    text = next((way.rstrip() for way in ways if len(way.rstrip()) <= placed.width), "")
    text = text or column.title[: placed.width - len(marker)] + marker
    return text.rjust(placed.width) if column.align == "right" else text.ljust(placed.width)
