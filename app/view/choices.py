"""What can be chosen from lists, as items: what each stands for and how it reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sockscope.app.model.states import StateNow
from sockscope.app.view.columns import Column, TabView


def states(strip: Sequence[StateNow]) -> list[tuple[int, str]]:
    """TCP states by number, with their counts."""
    return [(state.state, f"{state.name:<12}{state.count:>12,}") for state in strip]


def groupings(view: TabView) -> list[tuple[str, str]]:
    """What a tab's rows can be grouped by, and after that "" for the rows themselves."""
    return [*((by.id, by.title) for by in view.groupings), ("", f"nothing: all {view.noun}")]


def columns(
    every: Sequence[Column], chosen: Collection[str], placed: Collection[str]
) -> list[tuple[str, str]]:
    """Columns by name, with a word for those that are chosen and have no room on this screen."""
    return [
        (column.id, f"{column.title:<20}{_no_room(column, chosen, placed):>10}".rstrip()) for column in every
    ]


def _no_room(column: Column, chosen: Collection[str], placed: Collection[str]) -> str:
    return "no room" if column.id in chosen and column.id not in placed else ""
