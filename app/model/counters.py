"""What is known of the protocol counters beside their values: which they are, and when each last did what."""

from __future__ import annotations

import math
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.identity import mix
from sockscope.app.model.meanings import SEVERITIES, by_type, meaning
from sockscope.app.model.namespaces import netns_of
from sockscope.app.model.rates import Change, Key
from sockscope.app.record import dataclass


@lru_cache(maxsize=4096)
def identity(section: str, name: str) -> int:
    """The key of a counter: 64 bits that are the same in every run."""
    digest = blake2b(f"{section}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


@dataclass(frozen=True, eq=False, slots=True)
class Layout:
    """What holds for the rows of a table while the kernel lists the same counters.

    `interfaces` is unknown for counters of a whole namespace; `netns` is that of namespaces.py; `listed_late`
    are counters that the kernel lists from their first event on, so they were 0 before.
    """

    sections: Strings
    names: Strings
    interfaces: Strings
    netns: Numbers
    keys: Key
    gauge: NDArray[np.bool_]
    severity: NDArray[np.uint8]
    listed_late: NDArray[np.bool_]
    meaning: Strings

    @classmethod
    def of(cls, table: Table) -> Layout:
        """Look everything up, once for each section and name however many interfaces count it."""
        sections, names, interfaces = table.strings("section"), table.strings("name"), interfaces_of(table)
        width = len(names.values) + 1
        codes = (sections.codes.astype(np.int64) + 1) * width + names.codes + 1
        distinct, place = np.unique(codes, return_inverse=True)
        pairs = [
            (("", *sections.values)[code // width], ("", *names.values)[code % width])
            for code in distinct.tolist()
        ]
        known = [meaning(*pair) for pair in pairs]
        keys = np.array([identity(*pair) for pair in pairs], dtype=np.uint64)[place]
        texts = Strings.of(one.text or None for one in known)
        return cls(
            sections=sections,
            names=names,
            interfaces=interfaces,
            netns=netns_of(table),
            keys=_told_apart(keys, interfaces, table),
            gauge=np.array([one.kind == "gauge" for one in known], dtype=np.bool_)[place],
            severity=np.array([SEVERITIES.index(one.severity) for one in known], dtype=np.uint8)[place],
            listed_late=np.array([by_type(*pair) for pair in pairs], dtype=np.bool_)[place],
            meaning=texts.take(place),
        )

    def fits(self, table: Table) -> bool:
        """Whether the rows of `table` are the same counters."""
        return (
            _same(self.sections, table.strings("section"))
            and _same(self.names, table.strings("name"))
            and _same(self.interfaces, interfaces_of(table))
            and np.array_equal(self.netns, netns_of(table))
        )


def interfaces_of(table: Table) -> Strings:
    """The interface of each counter, unknown for those of the whole namespace."""
    if "interface" in table:
        return table.strings("interface")
    return Strings(np.full(len(table), -1, dtype=np.int32), ())


def _told_apart(keys: Key, interfaces: Strings, table: Table) -> Key:
    """Keys of counters, told apart by the interface where there is one and by the network namespace where
    there are several."""
    keys = mix(keys, netns_of(table)) if "netns" in table else keys
    if not interfaces.values:
        return keys
    own = interfaces.lookup([identity("interface", name) for name in interfaces.values], 0, np.uint64)
    return np.where(interfaces.codes < 0, keys, mix(keys, own))


def _same(one: Strings, other: Strings) -> bool:
    return one is other or (one.values == other.values and np.array_equal(one.codes, other.codes))


@dataclass(frozen=True, eq=False, slots=True)
class Memory:
    """What is remembered of each counter: its value when first seen (0 where it is listed late), and when it
    last moved, grew, and fell although it is no gauge (CLOCK_MONOTONIC seconds, -inf for never)."""

    keys: Key
    first: NDArray[np.int64]
    moved: NDArray[np.float64]
    grew: NDArray[np.float64]
    fell: NDArray[np.float64]

    @classmethod
    def empty(cls) -> Memory:
        """Nothing seen yet."""
        never = np.empty(0)
        return cls(np.empty(0, np.uint64), np.empty(0, np.int64), never, never, never)

    def over(self, layout: Layout, values: Numbers) -> Memory:
        """The same for the rows of `layout`; what is new there begins with `values`."""
        if np.array_equal(self.keys, layout.keys):
            return self
        rows = find(layout.keys, self.keys)
        known = rows >= 0
        first = values.astype(np.int64)
        if len(self.keys):
            first[layout.listed_late] = 0
        first[known] = self.first[rows[known]]
        times = np.full((3, len(rows)), -math.inf)
        for time, before in zip(times, (self.moved, self.grew, self.fell), strict=True):
            time[known] = before[rows[known]]
        return Memory(layout.keys, first, *times)

    def after(self, step: Change, now: float) -> Memory:
        """The same after one more sample, taken at `now`."""
        moved = step.reset | (np.nan_to_num(step.delta) != 0)
        return Memory(
            self.keys,
            self.first,
            np.where(moved, now, self.moved),
            np.where(step.delta > 0, now, self.grew),
            np.where(step.reset, now, self.fell),
        )
