"""What was made of some objects, kept while it is these."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Remembers the last thing made. Tables and columns never change, so what was made of the very same ones
    is the same."""

    def __init__(self) -> None:
        self._last: tuple[tuple[object, ...], Hashable, _T] | None = None

    def of(self, parts: tuple[object, ...], make: Callable[[], _T], value: Hashable = None) -> _T:
        """What `make` makes of these very objects and an equal value, and of nothing else that changes."""
        last = self._last
        if (
            last is None
            or last[1] != value
            or any(one is not other for one, other in zip(last[0], parts, strict=True))
        ):
            last = self._last = (parts, value, make())
        return last[2]
