"""What can be chosen from lists, as items: what each stands for and how it reads."""

from __future__ import annotations

from collections.abc import Sequence

from sockscope.app.model.states import StateNow


def states(strip: Sequence[StateNow]) -> list[tuple[int, str]]:
    """TCP states by number, with their counts."""
    return [(state.state, f"{state.name:<12}{state.count:>12,}") for state in strip]
