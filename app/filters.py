"""Filters from the command line and the settings file, checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import Filter
from sockscope.app.settings import Settings, UsageError, settings_file
from sockscope.app.text import printable
from sockscope.app.view.catalog import VIEWS, view
from sockscope.app.view.cells import cell_width
from sockscope.app.view.grammar import compiled, wrong_everywhere

_BEFORE, _AFTER = 50, 25
"""Characters of an expression that are shown beside the place of a mistake."""


def checked(settings: Settings, tabs: Sequence[str]) -> list[Filter | None]:
    """The filter of the settings for each of these tabs, as `grammar.compiled` says.

    UsageError points at what is wrong in it, or in a saved one.
    """
    for name, expression in settings.filters.items():
        wrong = wrong_everywhere(expression, VIEWS)
        if wrong is not None:
            raise _pointed(f"{settings_file()}: filter '{name}'", expression, wrong)
    if not settings.filter.strip():
        return [None] * len(tabs)
    try:
        return compiled(settings.filter, [view(tab) for tab in tabs], settings.filters)
    except FilterError as wrong:
        raise _pointed("--filter", settings.filter, wrong) from None


def _pointed(where: str, expression: str, wrong: FilterError) -> UsageError:
    before, after = printable(expression[: wrong.at]), printable(expression[wrong.at :])
    if len(before) > _BEFORE:
        before = f"…{before[-_BEFORE:]}"
    if len(after) > _AFTER:
        after = f"{after[:_AFTER]}…"
    return UsageError(f"{where}: {wrong.why}", (f"  {before}{after}", f"  {' ' * cell_width(before)}^"))
