"""How full the kernel's table of tracked connections is, and whether it refuses new ones."""

from __future__ import annotations

from dataclasses import dataclass

from sockscope.app.model.store import Store

NEAR = 0.75
"""Share of the limit from which the table is nearly full (the Prometheus node mixin warns there)."""

_LOST = ("drop", "early_drop")


@dataclass(frozen=True, slots=True)
class Use:
    """Entries in this network namespace and the machine's limit on them, -1 where not known; how many entries
    and packets a second were `lost` for want of room, 0 if none is known; whether packets and bytes are
    `counted` (None: not known)."""

    count: int = -1
    limit: int = -1
    lost: float = 0.0
    counted: bool | None = None

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
        for name in _LOST:
            after, before = now.integer(name, 0), then.integer(name, 0)
            if 0 <= before < after:
                lost += (after - before) / (now.taken - then.taken)
    accounting = now.integer("accounting", 0)
    counted = None if accounting < 0 else accounting == 1
    return Use(now.integer("count", 0), now.integer("limit", 0), lost, counted)
