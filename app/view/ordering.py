"""Sort keys of columns."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Numbers, Table


def by_text(rows: Table, name: str) -> Numbers:
    """Sort key of a text column: case does not count, the unknown comes last."""
    column = rows.strings(name)
    _, ranks = np.unique(np.array([value.lower() for value in column.values], np.str_), return_inverse=True)
    return column.lookup(ranks.tolist(), len(column.values), np.int64)
