"""Identities: 64-bit numbers mixed from the columns that tell rows apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers
from sockscope.app.model.rates import Key

_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_STEP = np.uint64(0x9E3779B97F4A7C15)


def mix(*columns: Numbers) -> Key:
    """One well-spread number a row (the finaliser of splitmix64 over each column in turn).

    Integer columns count as they are; (rows, 16) uint8 addresses as two words.
    """
    state = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        words = np.ascontiguousarray(column).view(np.uint64) if column.ndim == 2 else column[:, None]
        for place in range(words.shape[1]):
            state = _finalise(state + _STEP + words[:, place].astype(np.uint64))
    return state


def _finalise(state: Key) -> Key:
    state = (state ^ (state >> np.uint64(30))) * _MULTIPLIERS[0]
    state = (state ^ (state >> np.uint64(27))) * _MULTIPLIERS[1]
    return state ^ (state >> np.uint64(31))


def alike(keys: Key) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The first place of each distinct key, and for each place which of them it has.

    Sorting numbers is several times faster than sorting places by them, so each place stands in the low bits
    of its key; where two keys, which are mixed, are alike in all others after all, places are sorted.
    """
    low = np.uint64((1 << len(keys).bit_length()) - 1)
    packed = np.sort(keys & ~low | np.arange(len(keys), dtype=np.uint64))
    place = (packed & low).astype(np.intp)
    ordered = keys[place]
    other = ordered[1:] != ordered[:-1]
    if (other & (packed[1:] & ~low == packed[:-1] & ~low)).any():
        place = np.argsort(keys, kind="stable")
        ordered = keys[place]
        other = ordered[1:] != ordered[:-1]
    begins = np.concatenate([np.ones(min(1, len(keys)), np.bool_), other])
    group = np.empty(len(keys), np.intp)
    group[place] = np.cumsum(begins) - 1
    return place[begins], group
