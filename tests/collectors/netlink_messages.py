"""Netlink messages as the kernel would write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    size = 4 + len(payload)
    return struct.pack("=HH", size, kind) + payload.ljust(len(payload) + -size % 4, b"\0")


def message(kind: int, payload: bytes, flags: int = 2, sequence: int = 1) -> bytes:
    """One message with its nlmsghdr."""
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, sequence, 0) + payload


def link(index: int, attributes: Sequence[bytes], flags: int = 0, arphrd: int = 1, family: int = 0) -> bytes:
    """An RTM_NEWLINK."""
    return message(16, struct.pack("=BxHiII", family, arphrd, index, flags, 0) + b"".join(attributes))


def address(
    index: int, family: int, prefix: int, attributes: Sequence[bytes], *, flags: int = 0, scope: int = 0
) -> bytes:
    """An RTM_NEWADDR."""
    return message(20, struct.pack("=BBBBI", family, prefix, flags, scope, index) + b"".join(attributes))


def done(error: int = 0, flags: int = 2) -> bytes:
    """The end of a dump."""
    return message(3, struct.pack("=i", error), flags)


def refusal(error: int) -> bytes:
    """An NLMSG_ERROR with a positive errno."""
    return message(2, struct.pack("=i", -error) + bytes(16), 0)
