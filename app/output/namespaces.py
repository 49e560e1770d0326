"""The network namespace of each line, where there are several: a column among others, or before lines whose
width differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sockscope.app.frames.table import Table
from sockscope.app.settings import Settings

_WIDTH = 15
_TITLE = "Namespace"


def column(rows: Table) -> Iterator[str]:
    """The name for each row, a blank before it."""
    names = rows.strings("namespace")
    for row in range(len(rows)):
        yield f" {names[row] or '-':<{_WIDTH}}"


def title(settings: Settings) -> str:
    """What stands above that column, "" where there is none."""
    return f" {_TITLE:<{_WIDTH}}" if settings.everywhere else ""


def front(rows: Table, settings: Settings) -> Callable[[int], str]:
    """What a row's line begins with, "" where there is but one namespace."""
    if not settings.everywhere:
        return lambda _: ""
    names = rows.strings("namespace")
    return lambda row: f"{names[row] or '-':<{_WIDTH}} "


def front_title(settings: Settings, text: str = _TITLE) -> str:
    """What a line above those begins with."""
    return f"{text:<{_WIDTH}} " if settings.everywhere else ""
