"""The network namespace of each line, where there are several: a column among others, or before lines whose
width differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sockscope.app.frames.table import Table
from sockscope.app.settings import Settings

_TITLE = "Namespace"
_USUAL = 15


def width(rows: Table) -> int:
    """Of the column, that no name is longer than."""
    return max(_USUAL, *map(len, rows.strings("namespace").values))


def column(rows: Table) -> Iterator[str]:
    """The name for each row, a blank before it."""
    names, wide = rows.strings("namespace"), width(rows)
    for row in range(len(rows)):
        yield f" {names[row] or '-':<{wide}}"


def title(rows: Table, settings: Settings) -> str:
    """What stands above that column, "" where there is none."""
    return f" {_TITLE:<{width(rows)}}" if settings.everywhere else ""


def front(rows: Table, settings: Settings) -> Callable[[int], str]:
    """What a row's line begins with, "" where there is but one namespace."""
    if not settings.everywhere:
        return lambda _: ""
    names, wide = rows.strings("namespace"), width(rows)
    return lambda row: f"{names[row] or '-':<{wide}} "


def front_title(rows: Table, settings: Settings, line: str = "") -> str:
    """What a line above those begins with: the title, or a line of this character."""
    if not settings.everywhere:
        return ""
    wide = width(rows)
    return f"{line * wide or _TITLE:<{wide}} "
