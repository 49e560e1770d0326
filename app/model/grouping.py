"""Rows put together by what they share: how many, in which states, growing how fast."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.inet import IPPROTO_SCTP
from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.identity import alike, mix
from sockscope.app.model.presence import GONE, NEW, STEADY
from sockscope.app.model.rates import Key
from sockscope.app.model.states import ORDER
from sockscope.app.record import dataclass

LAID_OUT = ("parent", "section", "heading", "listener")
"""Columns that place rows among each other and mean nothing for groups."""

Split = Callable[[Table], tuple[Numbers, ...]]
"""Integer columns, one value a row: rows in which all are equal belong together."""

SMOOTH = 3.0
"""Seconds over which the change per second is averaged, as in the state strip."""

STATE_COUNTS = tuple(f"state_{state}" for state in ORDER)
"""Columns with the number of sockets in each TCP state."""


Which = Callable[[Table], NDArray[np.bool_]]
"""Picks rows."""


def every_row(rows: Table) -> NDArray[np.bool_]:
    """All of them."""
    return np.ones(len(rows), np.bool_)


def grouped(
    rows: Table,
    chosen: NDArray[np.intp],
    split: Split,
    sums: tuple[str, ...] = (),
    summed: Which = every_row,
) -> Table:
    """One row a group of `rows[chosen]`, the largest first.

    Each carries the columns of one of its rows, by which it is named, and: `key` (uint64, mixed from what the
    group shares), `count` (i8), STATE_COUNTS (i8) where rows have a `tcp_state`, for each column in `sums`
    that the rows have `sum_NAME` (f8, over the rows that `summed` picks; what is unknown, NaN or negative,
    counts as nothing, and gives NaN where all is), and `share` (f8, of all that was counted). Rows that have
    just gone (`presence`) count as nothing, and a group that has no others is GONE.
    """
    keys = mix(*split(rows))[chosen]
    first, group = alike(keys)
    size = len(first)
    presence = np.full(len(keys), STEADY, np.uint8)
    if "presence" in rows:
        presence = rows.numbers("presence")[chosen]
    there = presence != GONE
    count = _tally(group, there, size)
    columns: dict[str, Numbers] = {"key": keys[first], "count": count}
    columns["share"] = count / max(1, int(count.sum()))
    new = _tally(group, presence == NEW, size) == count
    columns["presence"] = np.where(count == 0, GONE, np.where(new, NEW, STEADY)).astype(np.uint8)
    if "tcp_state" in rows:
        columns |= _by_state(rows.numbers("tcp_state")[chosen], group, there, size)
    counted = there & summed(rows)[chosen] if sums else there
    for name in sums:
        if name in rows:
            columns[f"sum_{name}"] = _sum(rows.numbers(name)[chosen], group, counted, size)
    largest = np.argsort(-count, kind="stable")
    kept = {name: column for name, column in rows.columns.items() if name not in LAID_OUT}
    named = Table(kept, rows.taken).take(chosen[first[largest]])
    return named.with_columns(**{name: column[largest] for name, column in columns.items()})


def _tally(group: NDArray[np.intp], which: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    return np.bincount(group[which], minlength=size).astype(np.int64)


def _by_state(
    state: Numbers, group: NDArray[np.intp], there: NDArray[np.bool_], size: int
) -> dict[str, Numbers]:
    width = max(ORDER) + 1
    within = np.where(there & (state < width), state, 0).astype(np.intp)
    table = np.bincount(group * width + within, minlength=size * width).reshape(size, width)
    return {name: table[:, code] for name, code in zip(STATE_COUNTS, ORDER, strict=True)}


def _sum(
    values: Numbers, group: NDArray[np.intp], there: NDArray[np.bool_], size: int
) -> NDArray[np.float64]:
    known = there
    if values.dtype.kind == "f":
        known = there & ~np.isnan(values)
    elif values.dtype.kind == "i":
        known = there & (values >= 0)
    if not known.all():
        values, group = values[known], group[known]
    total = np.bincount(group, values, size)
    return np.where(np.bincount(group, minlength=size) > 0, total, np.nan)


@dataclass(eq=False)
class Growth:
    """Follows how many members groups have, to tell how fast each grows.

    It remembers the samples of SMOOTH seconds, and forgets them all when it is asked about something else.
    """

    _about: object = None
    _samples: deque[tuple[float, Key, NDArray[np.int64]]] = field(default_factory=deque)

    def per_second(self, groups: Table, taken: float, about: object) -> NDArray[np.float64]:
        """Change of each group's count, NaN before there is an earlier sample; a group that was not there had
        none. `about` names grouping and filter; `taken` is CLOCK_MONOTONIC in seconds."""
        key, count = groups.numbers("key"), groups.numbers("count")
        if about != self._about or (self._samples and taken < self._samples[-1][0]):
            self._samples.clear()
            self._about = about
        while len(self._samples) > 1 and taken - self._samples[1][0] >= SMOOTH - 0.2:
            self._samples.popleft()
        result = np.full(len(key), np.nan)
        if self._samples and taken > self._samples[0][0]:
            then, keys, counts = self._samples[0]
            place = find(key, keys)
            before = np.where(place >= 0, np.append(counts, 0)[place], 0)
            result = (count - before) / (taken - then)
        if not self._samples or taken > self._samples[-1][0]:
            self._samples.append((taken, key, count))
        return result


def by_address(name: str) -> Split:
    """By address; IPv4 and IPv4-mapped ones are the same."""

    def split(rows: Table) -> tuple[Numbers, ...]:
        found = addresses(rows.numbers("family"), rows.numbers(name))
        return found.high, found.low

    return split


def by_network(name: str) -> Split:
    """By network of the address: /24 of IPv4, /64 of IPv6."""

    def split(rows: Table) -> tuple[Numbers, ...]:
        found = addresses(rows.numbers("family"), rows.numbers(name))
        ipv4 = found.ipv4
        return found.high, np.where(ipv4, found.low & ~np.uint64(0xFF), np.uint64(0)), ipv4

    return split


def by_target(name: str, port: str) -> Split:
    """By address and port: what runs short of local ports together."""
    where = by_address(name)
    return lambda rows: (*where(rows), rows.numbers(port))


def by_numbers(*names: str) -> Split:
    """By columns of numbers."""
    return lambda rows: tuple(rows.numbers(name) for name in names)


def by_text(text: str | Callable[[Table], Strings]) -> Split:
    """By a column of text, or one that is made of others; case does not count, and what is not known is
    together."""
    if isinstance(text, str):
        return lambda rows: (_text(rows.strings(text)),)
    return lambda rows: (_text(text(rows)),)


def _text(column: Strings) -> Numbers:
    """A number for each text, the same in every frame; case does not count, 0 is not known."""
    return column.lookup([hash(value.lower()) & _MASK for value in column.values], 0, np.uint64)


_MASK = 2**64 - 1


def by_state(rows: Table) -> tuple[Numbers, ...]:
    """By protocol and state; associations of SCTP have states of their own."""
    protocol = rows.numbers("protocol")
    association = (protocol == IPPROTO_SCTP) & (rows.numbers("remote_port") > 0)
    return protocol, rows.numbers("state"), association
