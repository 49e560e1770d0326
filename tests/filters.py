"""Queries as they are typed, for tests."""

from __future__ import annotations

from sockscope.app.model.filters.evaluate import compile_filter
from sockscope.app.model.query import Query
from sockscope.app.view.columns import TabView
from sockscope.app.view.grammar import grammar


def typed(view: TabView, *words: str, sort: tuple[str, bool] = ("", False)) -> Query:
    """Rows of a tab that pass all of these."""
    return Query(*sort, filter=compile_filter(" ".join(words), grammar(view)) if words else None)
