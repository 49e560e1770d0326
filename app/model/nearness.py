"""Whether something nears a limit: said early, taken back late."""

from __future__ import annotations

from sockscope.app.record import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that is near: the sysctl that sets it, how much of it is used, and its value."""

    name: str
    used: int
    value: int


class Nearness:
    """Watches the use of one limit."""

    def __init__(self, name: str, share: float, *, back: float = 0.9) -> None:
        """Near from `share` of the limit on, until the use falls below `back` times that."""
        self._name = name
        self._share = share
        self._back = back
        self._near = False

    def look(self, used: int, value: int) -> Limit | None:
        """The limit if it is near now. A limit of 0 or less is unknown and never near."""
        if value <= 0:
            self._near = False
            return None
        threshold = self._share * value * (self._back if self._near else 1.0)
        self._near = used > threshold
        return Limit(self._name, used, value) if self._near else None
