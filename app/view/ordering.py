"""Sort keys of columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sockscope.app.frames.table import Numbers, Table


def by_text(rows: Table, name: str) -> Numbers:
    """Sort key of a text column: case does not count, the unknown comes last."""
    column = rows.strings(name)
    _, ranks = np.unique(np.array([value.lower() for value in column.values], np.str_), return_inverse=True)
    return column.lookup(ranks.tolist(), len(column.values), np.int64)


def texts(name: str) -> Callable[[Table], Numbers]:
    """Sort keys of a text column, for any rows."""
    return lambda rows: by_text(rows, name)


def numbers(name: str) -> Callable[[Table], Numbers]:
    """Sort keys of a column of numbers, for any rows."""
    return lambda rows: rows.numbers(name)
