"""Textual's bindings, made of the list of actions."""

from __future__ import annotations

from collections import defaultdict

from textual.actions import parse
from textual.binding import Binding, BindingType

from sockscope.app.actions import ACTIONS, APP

EVEN_WHILE_TYPING = {"ctrl+c": "quit_now"}
"""Keys that hold whatever has the focus, and what they run."""


def bindings(holder: str) -> list[BindingType]:
    """The bindings of the app or of the table.

    The app's come first (`priority`): a key has done its work before the next one is looked at, for over ssh
    `/443` may arrive in one packet.
    """
    return [
        Binding(
            key,
            EVEN_WHILE_TYPING.get(key, action.action),
            action.title,
            show=False,
            priority=holder == APP,
        )
        for action in ACTIONS
        if action.holder == holder
        for key in action.keys.split(",")
    ]


def _tabs_of() -> dict[tuple[str, tuple[object, ...]], set[str]]:
    tabs: dict[tuple[str, tuple[object, ...]], set[str]] = defaultdict(set)
    for action in ACTIONS:
        _, name, parameters = parse(action.action)
        tabs[name, parameters].update(action.tabs or ("",))
    return dict(tabs)


TABS_OF = _tabs_of()
"""The tabs in which an action with its parameters holds ("" for all)."""
