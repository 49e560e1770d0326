"""Columns of the two plain kinds: those that show a column of numbers of the rows, and those of texts."""

from __future__ import annotations

from collections.abc import Callable

from sockscope.app.frames.table import Table
from sockscope.app.view import format as fmt
from sockscope.app.view import ordering
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column
from sockscope.app.view.search import Search, nowhere, texts


def real_cell(name: str, words: Callable[[float], str] = fmt.short) -> Callable[[Table, int], Cell]:
    """The real number in column `name` in words; where nothing moves or nothing is known it steps back."""

    def cell(rows: Table, row: int) -> Cell:
        value = rows.real(name, row)
        return Cell(words(value), "" if value > 0 else "dim")

    return cell


def number_column(
    id_: str,
    title: str,
    width: int,
    cell: Callable[[Table, int], Cell],
    name: str,
    *,
    priority: int,
    minimum: int = 0,
    descending: bool = True,
    search: Search = nowhere,
    short: str = "",
    filter: str = "",  # noqa: A002 - as in Column
    optional: bool = False,
    needs: tuple[str, ...] = (),
    brief: Callable[[Table, int], Cell] | None = None,
) -> Column:
    """Of the numbers in column `name`: to the right, largest first, searched as `search` says."""
    return Column(
        id_,
        title,
        width,
        cell,
        ordering.numbers(name),
        priority=priority,
        align="right",
        minimum=minimum,
        descending=descending,
        search=search,
        short=short,
        brief=brief,
        filter=filter,
        optional=optional,
        needs=needs,
    )


def text_column(
    id_: str,
    title: str,
    width: int,
    cell: Callable[[Table, int], Cell],
    name: str,
    *,
    priority: int,
    minimum: int = 0,
    grow: int = 0,
    filter: str = "",  # noqa: A002 - as in Column
    optional: bool = False,
    needs: tuple[str, ...] = (),
    brief: Callable[[Table, int], Cell] | None = None,
) -> Column:
    """Of the texts in column `name`: sorted as texts and searched in."""
    return Column(
        id_,
        title,
        width,
        cell,
        ordering.texts(name),
        priority=priority,
        minimum=minimum,
        grow=grow,
        search=texts(name),
        brief=brief,
        filter=filter,
        optional=optional,
        needs=needs,
    )
