"""The network namespace of a row: a column that shows when there are several, fields, a fact."""

from __future__ import annotations

from sockscope.app.frames.table import Table
from sockscope.app.model.namespaces import OWN
from sockscope.app.model.units import briefly
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Fact, Field
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.plaincolumns import text_column


def _cell(rows: Table, row: int) -> Cell:
    name = rows.text("namespace", row)
    return Cell(UNKNOWN, "dim") if name is None else Cell(name)


def _briefly(rows: Table, row: int) -> Cell:
    cell = _cell(rows, row)
    return cell._replace(text=briefly(cell.text))


NAMESPACE = text_column(
    "namespace",
    "Namespace",
    19,
    _cell,
    "namespace",
    priority=3,
    minimum=13,
    filter="ns",
    optional=True,
    brief=_briefly,
)


def inode(rows: Table, row: int) -> int | None:
    """Of the namespace of a row, None where rows are of one only."""
    return rows.integer("netns", row) if "netns" in rows else None


def elsewhere(rows: Table, row: int) -> bool:
    """Whether a row is of another namespace than that which the kernel is asked questions in."""
    return "netns" in rows and rows.text("namespace", row) != OWN


def asked_in(rows: Table, row: int) -> int:
    """The inode of the namespace in which the kernel has to be asked about a row, 0 for the own one."""
    return (inode(rows, row) or 0) if elsewhere(rows, row) else 0


FIELDS = (
    Field("netns", lambda rows, row: rows.text("namespace", row)),
    Field("netns_inode", inode),
)


def facts(rows: Table, row: int) -> list[Fact]:
    """The name and inode, where rows are of several."""
    number, name = inode(rows, row), rows.text("namespace", row) or "gone"
    return [] if number is None else [Fact("netns", f"{name}, net:[{number}]")]
