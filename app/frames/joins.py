"""Which row of one column holds the value of another: the join behind everything that follows rows.

Large columns are joined through a table of slots that multiplicative hashing gives to values, in time linear
in the rows. Values that share a slot with an earlier one are few, and looked up in order like small columns.
"""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers

_MANY = 4096
"""From so many rows on, sorting them takes more time than making the table of slots."""
_FEW = 4
"""So many times more rows in the column that is searched: then looking at all of them is dear."""
_FEWEST_BITS = 14
"""Slots, as a power of two, that even a few rows are spread over: hardly any then share one, and the table of
slots still stays in the processor's cache."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


_followed: tuple[weakref.ref[Numbers], weakref.ref[Numbers], NDArray[np.intp]] | None = None


def follow(keys: Numbers, before: Numbers) -> NDArray[np.intp]:
    """`find` for rows that are followed from frame to frame: what was found last is kept while both columns
    are, because all who follow the same rows ask the same. Not to be changed."""
    global _followed  # noqa: PLW0603 - one pair of frames at a time, whoever asks
    known = _followed
    if known is not None and known[0]() is keys and known[1]() is before:
        return known[2]
    found = find(keys, before)
    _followed = (weakref.ref(keys, _forget), weakref.ref(before, _forget), found)
    return found


def _forget(_: object) -> None:
    global _followed  # noqa: PLW0603
    _followed = None


def find(keys: Numbers, among: Numbers) -> NDArray[np.intp]:
    """For each key its row in `among`, the first of several, -1 where it is not there. Both hold integers."""
    if not len(keys):
        return np.empty(0, dtype=np.intp)
    if max(len(keys), len(among)) < _MANY:
        return _find_in_order(keys, among)
    return _find_by_slot(keys, among)


def places(ordered: Numbers, wanted: Numbers) -> NDArray[np.intp]:
    """`find` where the column that is searched is sorted."""
    if len(wanted) < max(_MANY, len(ordered) // _FEW):
        return _search(ordered, wanted)
    return _find_by_slot(wanted, ordered)


def _find_by_slot(keys: Numbers, among: Numbers) -> NDArray[np.intp]:
    if not len(among):
        return np.full(len(keys), -1, dtype=np.intp)
    bits = max(_FEWEST_BITS, (2 * len(among)).bit_length())
    rows = np.arange(len(among), dtype=np.int32)
    slots = _slots(among, bits)
    first = np.full(1 << bits, -1, dtype=np.int32)
    first[slots[::-1]] = rows[::-1]  # the last one written stays
    found = first[_slots(keys, bits)].astype(np.intp)
    other = among[found] != keys
    later = np.flatnonzero(first[slots] != rows)
    later = later[among[first[slots[later]]] != among[later]]  # and no repeats of what has the slot
    missed = np.flatnonzero(other & (found >= 0)) if len(later) else later
    found[other] = -1
    if len(missed):
        place = _find_in_order(keys[missed], among[later])
        found[missed] = np.where(place < 0, -1, later[place])
    return found


def _slots(values: Numbers, bits: int) -> NDArray[np.int64]:
    spread = values.astype(np.uint64)
    spread *= _MULTIPLIER
    spread >>= np.uint64(64 - bits)
    return spread.view(np.int64)


def _find_in_order(keys: Numbers, among: Numbers) -> NDArray[np.intp]:
    order = np.argsort(among)
    ordered = among[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.argsort(among, kind="stable")  # far slower, and needed only to tell equal ones apart
    place = _search(ordered, keys)
    return np.where(place < 0, -1, np.append(order, -1)[place])


def _search(ordered: Numbers, wanted: Numbers) -> NDArray[np.intp]:
    if not len(ordered):
        return np.full(len(wanted), -1, dtype=np.intp)
    if len(wanted) >= _MANY:
        order = np.argsort(wanted)
        place = np.empty(len(wanted), dtype=np.intp)
        place[order] = np.searchsorted(ordered, wanted[order])  # cache misses cost more than the sort
    else:
        place = np.searchsorted(ordered, wanted)
    place = np.minimum(place, len(ordered) - 1)
    return np.where(ordered[place] == wanted, place, -1)
