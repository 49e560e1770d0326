"""Sorting rows by several columns at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers

_WORD = 64


def permutation(keys: Sequence[Numbers], rows: int) -> NDArray[np.intp]:
    """The order of so many rows by these columns, the most significant one last (as numpy.lexsort); rows that
    are equal in all keep their order.

    Whole numbers that fit into one word together are sorted as one, with the row's number behind them.
    """
    words: list[Numbers] = []
    word, used = np.zeros(rows, dtype=np.uint64), 0
    for key in reversed(keys):
        if key.dtype.kind not in "uib":
            words += [word] if used else []
            words.append(key)
            word, used = np.zeros(rows, dtype=np.uint64), 0
            continue
        low, bits = _span(key)
        if used + bits > _WORD:
            words.append(word)
            word, used = np.zeros(rows, dtype=np.uint64), 0
        if bits:
            more = key.astype(np.uint64) - np.uint64(low % 2**_WORD)
            word = more if not used else word << np.uint64(bits) | more
            used += bits
    if not words:
        return _by_one(word, used)
    words += [word] if used else []
    return np.argsort(words[0], kind="stable") if len(words) == 1 else np.lexsort(words[::-1])


def _by_one(word: NDArray[np.uint64], used: int) -> NDArray[np.intp]:
    """The order by one number, of so many bits."""
    rows = np.arange(len(word), dtype=np.uint64)
    if not used:
        return rows.astype(np.intp)
    bits = len(word).bit_length()
    if used + bits <= _WORD:
        packed = np.sort(word << np.uint64(bits) | rows)
        return (packed & np.uint64(2**bits - 1)).astype(np.intp)
    order = np.argsort(word)
    ordered = word[order]
    same = ordered[1:] == ordered[:-1]
    if same.any():  # in these runs rows may stand in any order
        tied = np.append(same, False) | np.insert(same, 0, False)
        runs = np.cumsum(np.insert(~same, 0, True))[tied]
        order[tied] = np.sort(runs << 32 | order[tied]) & 0xFFFFFFFF
    return order


def _span(key: Numbers) -> tuple[int, int]:
    """The least value of a column, and how many bits tell the others' distance from it."""
    if not len(key):
        return 0, 0
    low = int(key.min())
    return low, (int(key.max()) - low).bit_length()
