"""Rows put together by what they share: how many, in which states, growing how fast."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.identity import mix
from sockscope.app.model.rates import Key, find
from sockscope.app.model.states import ORDER

Split = Callable[[Table], tuple[Numbers, ...]]
"""Integer columns, one value a row: rows in which all are equal belong together."""

SMOOTH = 3.0
"""Seconds over which the change per second is averaged, as in the state strip."""

STATE_COUNTS = tuple(f"state_{state}" for state in ORDER)
"""Columns with the number of sockets in each TCP state."""


def grouped(rows: Table, chosen: NDArray[np.intp], split: Split, sums: tuple[str, ...] = ()) -> Table:
    """One row a group of `rows[chosen]`, the largest first.

    Each carries the columns of one of its rows, by which it is named, and: `key` (uint64, mixed from what the
    group shares), `count` (i8), STATE_COUNTS (i8) where rows have a `tcp_state`, and for each column in
    `sums` that the rows have `sum_NAME` (f8; NaN counts as nothing, all NaN gives NaN).
    """
    members = rows.take(chosen)
    shared = split(members)
    _, first, group, count = np.unique(
        mix(*shared), return_index=True, return_inverse=True, return_counts=True
    )
    size = len(first)
    columns: dict[str, Numbers] = {"key": mix(*(column[first] for column in shared)), "count": count}
    if "tcp_state" in rows:
        columns |= _by_state(members.numbers("tcp_state"), group, size)
    for name in sums:
        if name in rows:
            columns[f"sum_{name}"] = _sum(members.numbers(name), group, size)
    largest = np.argsort(-count, kind="stable")
    return members.take(first).with_columns(**columns).take(largest)


def _by_state(state: Numbers, group: NDArray[np.intp], size: int) -> dict[str, Numbers]:
    width = max(ORDER) + 1
    within = np.where(state < width, state, 0).astype(np.intp)
    table = np.bincount(group * width + within, minlength=size * width).reshape(size, width)
    return {name: table[:, code] for name, code in zip(STATE_COUNTS, ORDER, strict=True)}


def _sum(values: Numbers, group: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    numbers = values.astype(np.float64)
    known = ~np.isnan(numbers)
    total = np.bincount(group, np.where(known, numbers, 0.0), size)
    return np.where(np.bincount(group, known, size) > 0, total, np.nan)


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


def _ends(rows: Table, end: str) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.bool_]]:
    found = addresses(rows.numbers("family"), rows.numbers(f"{end}_address"))
    return found.high, found.low, found.ipv4


def by_remote(rows: Table) -> tuple[Numbers, ...]:
    """By remote address; IPv4 and IPv4-mapped ones are the same."""
    high, low, _ = _ends(rows, "remote")
    return high, low


def by_network(rows: Table) -> tuple[Numbers, ...]:
    """By remote network: /24 of IPv4, /64 of IPv6."""
    high, low, ipv4 = _ends(rows, "remote")
    return high, np.where(ipv4, low & ~np.uint64(0xFF), np.uint64(0)), ipv4


def by_target(rows: Table) -> tuple[Numbers, ...]:
    """By remote address and port: what runs short of local ports together."""
    high, low, _ = _ends(rows, "remote")
    return high, low, rows.numbers("remote_port")


def by_local_port(rows: Table) -> tuple[Numbers, ...]:
    """By local port, TCP apart from UDP."""
    return rows.numbers("protocol"), rows.numbers("local_port")


def by_process(rows: Table) -> tuple[Numbers, ...]:
    """By name of the owning process; what has no known owner, by the reason."""
    return rows.strings("name").codes, rows.numbers("why")


def by_user(rows: Table) -> tuple[Numbers, ...]:
    """By user."""
    return (rows.numbers("uid"),)


def by_state(rows: Table) -> tuple[Numbers, ...]:
    """By state, protocols without one apart."""
    tcp = rows.numbers("protocol") == socket.IPPROTO_TCP
    return np.where(tcp, 0, rows.numbers("protocol")), rows.numbers("state")


def by_device(rows: Table) -> tuple[Numbers, ...]:
    """By the interface that a socket is bound to."""
    return (rows.strings("device").codes,)


SPLITS: Mapping[str, Split] = {
    "remote": by_remote,
    "network": by_network,
    "target": by_target,
    "process": by_process,
    "user": by_user,
    "port": by_local_port,
    "state": by_state,
    "device": by_device,
}
"""What sockets can be grouped by."""
