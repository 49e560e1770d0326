"""What the kernel can be asked about a single thing, and how such questions travel."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias


class Lookup(NamedTuple):
    """A question: where would a packet to `destination` go? From `source` ("" = the kernel chooses), bound
    to a device (index, 0: to none), with a mark, sent by a user (-1: not told), in another network namespace
    (its inode, 0: in the own one)."""

    family: int
    destination: str
    source: str = ""
    device: int = 0
    mark: int = 0
    uid: int = -1
    netns: int = 0

    @classmethod
    def told(cls, values: Sequence[str | int]) -> Lookup:
        """Out of what came through a pipe; ValueError or TypeError if that is none."""
        family, destination, source, *numbers = values
        return cls(int(family), str(destination), str(source), *map(int, numbers))

    @property
    def table(self) -> str:
        """The table that has the answer."""
        return "lookups"

    @property
    def name(self) -> str:
        """What tells this question from others."""
        return " ".join(map(str, self))


class OneSocket(NamedTuple):
    """Which socket: its ends, bound device and cookie as in `sockets`, its state if it has no peer (0: it has
    one, and may be in any state), and its network namespace (inode, 0: the own one)."""

    family: int
    protocol: int
    local_address: str
    local_port: int
    remote_address: str
    remote_port: int
    interface: int
    cookie: int
    state: int = 0
    netns: int = 0

    @classmethod
    def told(cls, values: Sequence[str | int]) -> OneSocket:
        """Out of what came through a pipe; ValueError or TypeError if that is none."""
        family, protocol, local, local_port, remote, remote_port, *rest = values
        here, there = (str(local), int(local_port)), (str(remote), int(remote_port))
        return cls(int(family), int(protocol), *here, *there, *map(int, rest))

    @property
    def table(self) -> str:
        """The table that has the answer."""
        return "asked_sockets"

    @property
    def alone(self) -> bool:
        """Whether the kernel can look it up."""
        return self.protocol == socket.IPPROTO_TCP and not self.state


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
