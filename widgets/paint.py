"""Which part of a line may have changed, so that the rest is not looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sockscope.app.view.cells import Cell


def changed(old: Sequence[Cell], new: Sequence[Cell], width: int) -> list[tuple[int, int]]:
    """The span (x, width) between the runs with which two lines of `width` cells begin and end alike; none
    for the same line. Which cells differ in it is found out where they are sent (`widgets/shown.py`)."""
    if old == new:
        return []
    begin = _alike(old, new)
    before, after = old[begin:], new[begin:]
    end = _alike(before[::-1], after[::-1])
    texts = [text for text, _ in (*old, *new)]
    if not all(map(str.isascii, texts)):
        return [(0, width)]
    first = _length(new[:begin])
    lengths = _length(before), _length(after)
    kept = _length(new[len(new) - end :]) if lengths[0] == lengths[1] else 0
    last = min(first + max(lengths) - kept, width)
    return [(first, last - first)] if first < last else []


def _alike(old: Sequence[Cell], new: Sequence[Cell]) -> int:
    """How many runs are the same from the beginning on."""
    both = zip(old, new, strict=False)
    return next((place for place, (one, other) in enumerate(both) if one != other), min(len(old), len(new)))


def _length(cells: Iterable[Cell]) -> int:
    return sum(len(text) for text, _ in cells)
