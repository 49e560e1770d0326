"""Columns of sockets that show when asked for: mark, bound device, interface and cookie."""

from __future__ import annotations

from collections.abc import Callable

from sockscope.app.frames.table import Table
from sockscope.app.model.socketinterfaces import ANY, NEEDS
from sockscope.app.model.store import Store
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Fact
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.plaincolumns import number_column, text_column


def _mark_cell(rows: Table, row: int) -> Cell:
    """Hexadecimal, as ss and ip write it."""
    mark = rows.integer("mark", row)
    if mark < 0:
        return Cell(UNKNOWN, "dim")
    return Cell(hex(mark)) if mark else Cell("0", "dim")


def _device_cell(rows: Table, row: int) -> Cell:
    """The interface it is bound to, `*` where it is bound to none."""
    name = rows.text("device", row)
    return Cell("*", "dim") if name is None else Cell(name)


def _interface_cell(rows: Table, row: int) -> Cell:
    """The interface it uses."""
    name = rows.text("used", row)
    return Cell(UNKNOWN, "dim") if name is None else Cell(name, "dim" if name == ANY else "")


def _cookie_cell(rows: Table, row: int) -> Cell:
    """Hexadecimal, as ss has it behind `sk:`."""
    cookie = rows.integer("cookie", row)
    return Cell(f"{cookie:x}") if cookie else Cell(UNKNOWN, "dim")


def _of_name(id_: str, name: str, cell: Callable[[Table, int], Cell], filter_: str) -> Column:
    """A column of the names of interfaces, which are in column `name` of the rows."""
    return text_column(id_, id_.capitalize(), 10, cell, name, priority=9, filter=filter_, optional=True)


MARK = number_column(
    "mark", "Mark", 10, _mark_cell, "mark", priority=9, optional=True, needs=("marks",), descending=False
)
DEVICE = text_column("device", "Device", 10, _device_cell, "device", priority=9, filter="dev", optional=True)
INTERFACE = text_column(
    "interface",
    "Interface",
    10,
    _interface_cell,
    "used",
    priority=9,
    filter="iface",
    optional=True,
    needs=NEEDS,
)
COOKIE = number_column(
    "cookie", "Cookie", 12, _cookie_cell, "cookie", priority=9, optional=True, descending=False
)
COLUMNS = (MARK, DEVICE, INTERFACE, COOKIE)


def mark_facts(store: Store, rows: Table, row: int) -> list[Fact]:
    """The mark; that there is none, or why it is not known, only while marks are collected of all, as while
    their column shows."""
    mark, told = rows.integer("mark", row), store.now("marks")
    if mark > 0:
        return [Fact("mark", hex(mark))]
    if told is None:
        return []
    if mark == 0:
        return [Fact("mark", "0: none is set")]
    right = bool((told.numbers("mark") >= 0).any())
    why = "the kernel does not tell it of this socket" if right else "only told with CAP_NET_ADMIN (root)"
    return [Fact("mark", why)]
