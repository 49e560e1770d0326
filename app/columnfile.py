"""The file that remembers which columns were switched on or off, tab by tab."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sockscope.app.statefile import remember, remembered


def remembered_columns(path: Path) -> dict[str, dict[str, bool]]:
    """Whether a column shows, by tab and column; what is no such thing in the file is passed over."""
    try:
        told = json.loads(remembered(path))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {
        tab: {name: shows for name, shows in columns.items() if isinstance(shows, bool)}
        for tab, columns in told.items()
        if isinstance(columns, dict)
    }


def remember_columns(path: Path, tab: str, columns: Mapping[str, bool]) -> str:
    """Put a tab's columns into the file, what it says of others stays; why it was not done, "" if it was."""
    told = {**remembered_columns(path), tab: dict(columns)}
    kept = {name: switched for name, switched in told.items() if switched}
    return remember(path, json.dumps(kept, indent=2, sort_keys=True) + "\n")
