"""Textual's bindings, made of the list of actions."""

from __future__ import annotations

from textual.binding import BindingType, Binding

from sockscope.app.actions import ACTIONS


def bindings(holder: str) -> list[BindingType]:
    """The bindings of the app or of the table."""
    return [
        Binding(action.keys, action.action, action.title, show=False, id=action.id)
        for action in ACTIONS
        if action.holder == holder
    ]
