"""What the kernel can be asked about a single thing, and how such questions travel."""

from __future__ import annotations

from typing import Any, TypeAlias

from sockscope.app.collectors.lookups import Lookup
from sockscope.app.collectors.onesocket import OneSocket

Question: TypeAlias = Lookup | OneSocket
"""The answer comes in the next frame, in the table that `table` names."""


def encode(question: Question) -> list[str | int]:
    """As JSON can have it."""
    return [question.table, *question]


def decode(told: Any) -> Question:
    """The question; ValueError or TypeError if it is none."""
    table, *values = told
    if table == "lookups":
        return Lookup.told(values)
    if table == "asked_sockets":
        return OneSocket.told(values)
    raise ValueError(f"nobody answers questions about {table!r}")
