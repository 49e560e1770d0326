"""Dataclasses that are made quickly.

The standard library writes and compiles six functions for each frozen one, which took a tenth of the time to
the first rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from operator import attrgetter

    def dataclass(*, frozen=False, eq=True, slots=False, weakref_slot=False):
        """As `dataclasses.dataclass`, but only `__init__` is compiled. That nothing is assigned to the fields
        of a `frozen` one is left to the type checker."""

        def made(cls):
            thin = dataclasses.dataclass(eq=False, repr=False, slots=slots, weakref_slot=weakref_slot)(cls)
            thin.__repr__ = _told
            if eq:
                names = [field.name for field in dataclasses.fields(thin) if field.compare]
                values = attrgetter(*names) if names else lambda _: ()
                _compare(thin, values, hashable=frozen)
            return thin

        return made

    def _compare(cls, values, *, hashable):
        def equal(self, other):
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        cls.__eq__ = equal
        cls.__hash__ = (lambda self: hash(values(self))) if hashable else None

    def _told(self):
        told = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self))
        return f"{type(self).__qualname__}({', '.join(told)})"


__all__ = ["dataclass"]
