"""Columns of the two plain kinds: those that show a column of numbers of the rows, and those of texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, Unpack

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


class Rest(TypedDict, total=False):
    """What else a column may have, as in `Column`."""

    minimum: int
    grow: int
    short: str
    filter: str
    optional: bool
    needs: tuple[str, ...]
    brief: Callable[[Table, int], Cell] | None


def number_column(
    id_: str,
    title: str,
    width: int,
    cell: Callable[[Table, int], Cell],
    name: str,
    *,
    priority: int,
    descending: bool = True,
    search: Search = nowhere,
    **rest: Unpack[Rest],
) -> Column:
    """Of the numbers in column `name`: to the right, largest first, searched as `search` says."""
    order = ordering.numbers(name)
    return Column(
        id_,
        title,
        width,
        cell,
        order,
        priority=priority,
        align="right",
        descending=descending,
        search=search,
        **rest,
    )


def text_column(
    id_: str,
    title: str,
    width: int,
    cell: Callable[[Table, int], Cell],
    name: str,
    *,
    priority: int,
    **rest: Unpack[Rest],
) -> Column:
    """Of the texts in column `name`: sorted as texts and searched in."""
    order, search = ordering.texts(name), texts(name)
    return Column(id_, title, width, cell, order, priority=priority, search=search, **rest)
