"""What filters can ask of a tab: the fields it declares, and its columns for words without a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.hosts import Hosts
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import Filter, Grammar, compile_filter, fields_of, reading
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.filters.syntax import Compared, parse
from sockscope.app.view.columns import Column, TabView
from sockscope.app.view.search import in_hosts


def grammar(
    view: TabView,
    saved: Mapping[str, str] | None = None,
    hosts: Hosts | None = None,
    columns: Sequence[Column] | None = None,
) -> Grammar:
    """The grammar of a tab, with the expressions that have a name; words are found in these columns (all of
    the tab's where none are given) and in known names of hosts."""
    columns = view.columns if columns is None else columns
    searched = frozenset(column.id for column in columns)
    return Grammar(view.filters, partial(_in_any_column, columns, hosts), saved or {}, searched)


def _in_any_column(columns: Sequence[Column], hosts: Hosts | None, rows: Table, sought: Matcher) -> Matches:
    found = np.zeros(len(rows), np.bool_) if hosts is None else _in_names(columns, hosts, rows, sought)
    for column in columns:
        found |= _in_cells(column, rows, sought) if column.search is None else column.search(rows, sought)
    return found


def _in_names(columns: Sequence[Column], hosts: Hosts, rows: Table, sought: Matcher) -> Matches:
    known = hosts.known()
    hits = sought.matches(list(known.values())).tolist()
    ends = {column.host for column in columns if column.host is not None}
    return in_hosts(rows, ends, [where for where, hit in zip(known, hits, strict=True) if hit])


def _in_cells(column: Column, rows: Table, sought: Matcher) -> Matches:
    return sought.matches([column.cell(rows, row).text for row in range(len(rows))])


def needs(view: TabView, chosen: Filter | None) -> frozenset[str]:
    """The tables that a filter reads beside those of its tab."""
    names = frozenset() if chosen is None else fields_of(chosen.tree)
    return frozenset().union(*(view.filters[name].needs for name in names))


def compiled(expression: str, views: Sequence[TabView], saved: Mapping[str, str]) -> list[Filter | None]:
    """One filter for each of several kinds of rows; None where they lack what it asks for, so that none of
    them passes. FilterError where the expression is wrong for all."""
    together: dict[str, object] = {}
    for view in views:
        together |= view.filters
    try:
        asked = fields_of(parse(expression, together, saved))
    except FilterError:
        asked = frozenset()
    made: list[Filter | None] = []
    first: FilterError | None = None
    for view in views:
        made.append(None)
        if asked <= view.filters.keys() or view is views[0]:
            try:
                made[-1] = compile_filter(expression, grammar(view, saved))
            except FilterError as wrong:
                first = first or wrong
    if first is not None and not any(made):
        raise first
    return made


def wrong_everywhere(expression: str, views: Sequence[TabView]) -> FilterError | None:
    """What is wrong with an expression that no tab understands, as the tab that reads most of it says."""
    furthest: FilterError | None = None
    for view in views:
        try:
            compile_filter(expression, grammar(view))
        except FilterError as wrong:
            furthest = wrong if furthest is None or wrong.at > furthest.at else furthest
        else:
            return None
    return furthest


def asks_for(view: TabView, column: Column, rows: Table, row: int) -> str | None:
    """The filter that finds rows which say the same in this column; None where nothing is known there."""
    name = column.filter or column.id
    value = view.filters[name].of(rows, row) if name in view.filters else None
    return None if value is None else reading(Compared(name, "=", value, 0, 0))
