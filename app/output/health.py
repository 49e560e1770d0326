"""A line below each TCP connection that tells how it fares, as `ss -i` has one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.view.health import FIELDS

_NAMED = tuple(field for field in FIELDS if field.name != "drops")
"""UDP has no connection to tell of."""


def beneath(lines: Iterable[str], rows: Table, order: NDArray[np.intp]) -> Iterator[str]:
    """Headings as they are, and then each row's line with what is known of its connection below it."""
    all_lines = list(lines)
    headings = len(all_lines) - len(order)
    yield from all_lines[:headings]
    for line, row in zip(all_lines[headings:], order.tolist(), strict=True):
        yield line
        told = [(field.name, field.value(rows, row)) for field in _NAMED]
        words = " ".join(f"{name}:{_word(value)}" for name, value in told if value is not None)
        if words:
            yield f"      {words}"


def _word(value: object) -> str:
    """Without blanks, so that the line can be taken apart again."""
    return str(value).replace(" ", "-")
