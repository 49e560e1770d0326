"""How full the kernel's table of tracked connections is, and whether it refuses new ones."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.joins import find
from sockscope.app.model.namespaces import named, netns_of
from sockscope.app.model.store import Store
from sockscope.app.record import dataclass

NEAR = 0.75
"""Share of the limit from which the table is nearly full (the Prometheus node mixin warns there)."""

_LOST = ("drop", "early_drop")


@dataclass(frozen=True, slots=True)
class Use:
    """Entries in a network namespace and the machine's limit on them, -1 where not known; how many entries
    and packets a second were `lost` for want of room, 0 if none is known; whether packets and bytes are
    `counted` (None: not known). Of several namespaces the one with the most entries, its name in `namespace`,
    and in `tracked` the entries of all."""

    count: int = -1
    limit: int = -1
    lost: float = 0.0
    counted: bool | None = None
    tracked: int = -1
    namespace: str = ""

    @property
    def share(self) -> float | None:
        """Part of the limit that is in use."""
        return self.count / self.limit if self.count >= 0 and self.limit > 0 else None

    @property
    def near(self) -> bool:
        """Whether the table is nearly full."""
        return self.share is not None and self.share >= NEAR

    @property
    def alarming(self) -> bool:
        """Whether something is wrong or about to be."""
        return self.near or self.lost > 0


def use(store: Store) -> Use:
    """As it stands in the newest sample; losses since the one before."""
    now, then = store.now("conntrack_use"), store.before("conntrack_use")
    if now is None:
        return Use()
    lost = 0.0
    if then is not None and now.taken > then.taken:
        rows = find(netns_of(now), netns_of(then))
        for name in _LOST:
            after, before = now.numbers(name), np.append(then.numbers(name), -1)[rows]
            more = np.where((before >= 0) & (rows >= 0), after - before, 0)
            lost += float(more[more > 0].sum()) / (now.taken - then.taken)
    counts = now.numbers("count")
    fullest = int(np.argmax(counts))
    accounting = now.integer("accounting", fullest)
    return Use(
        int(counts[fullest]),
        now.integer("limit", fullest),
        lost,
        None if accounting < 0 else accounting == 1,
        tracked=int(counts[counts >= 0].sum()) if (counts >= 0).any() else -1,
        namespace=named(now, store)[fullest] or "" if "netns" in now else "",
    )
