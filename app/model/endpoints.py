"""Addresses as columns: one form for both families, sort keys, and what kind of address one is."""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers
from sockscope.app.record import dataclass

_MAPPED = np.uint64(0xFFFF) << np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, eq=False, slots=True)
class Addresses:
    """Addresses as two big-endian words, `high` and `low` (uint64).

    IPv4 is in its IPv4-mapped IPv6 form, so that both ends of a dual-stack connection compare equal.
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]

    @property
    def ipv4(self) -> NDArray[np.bool_]:
        """Which are IPv4, mapped ones included."""
        mapped: NDArray[np.bool_] = (self.high == 0) & (self.low & ~_LOW_HALF == _MAPPED)
        return mapped

    @property
    def wildcard(self) -> NDArray[np.bool_]:
        """Which are unspecified: 0.0.0.0 or ::."""
        unspecified: NDArray[np.bool_] = (self.high == 0) & ((self.low == 0) | (self.low == _MAPPED))
        return unspecified

    @property
    def loopback(self) -> NDArray[np.bool_]:
        """Which are in 127.0.0.0/8, or ::1."""
        in_127 = self.ipv4 & ((self.low >> np.uint64(24)) & np.uint64(0xFF) == 127)
        own: NDArray[np.bool_] = in_127 | ((self.high == 0) & (self.low == 1))
        return own

    @property
    def link_local(self) -> NDArray[np.bool_]:
        """Which are in 169.254.0.0/16 or fe80::/10."""
        in_169_254 = self.ipv4 & ((self.low >> np.uint64(16)) & np.uint64(0xFFFF) == 0xA9FE)
        local: NDArray[np.bool_] = in_169_254 | (self.high >> np.uint64(54) == 0x3FA)
        return local


def addresses(family: Numbers, raw: Numbers) -> Addresses:
    """From the family column (2, 10) and raw addresses, shape (rows, 16), IPv4 in the first four bytes."""
    words = np.ascontiguousarray(raw).view(">u8").astype(np.uint64)
    v4 = family == socket.AF_INET
    high = np.where(v4, np.uint64(0), words[:, 0])
    low = np.where(v4, _MAPPED | (words[:, 0] >> np.uint64(32)), words[:, 1])
    return Addresses(high, low)


def sort_key(family: Numbers, raw: Numbers, port: Numbers) -> NDArray[np.uint64]:
    """Order by address, then port; IPv4 first, the unspecified address last. Shape (rows, 3), or (rows,)
    where there is nothing else than IPv4, which sorts several times as fast."""
    found = addresses(family, raw)
    wildcard = found.wildcard
    if (wildcard | found.ipv4).all():
        ipv4 = np.where(wildcard, 0, found.low & _LOW_HALF)
        behind = ipv4.max(initial=0) + 1 + (found.low > 0)  # the closer together, the faster they sort
        return np.where(wildcard, behind, ipv4) << np.uint64(16) | port.astype(np.uint64)
    high = np.where(wildcard, np.iinfo(np.uint64).max, found.high)
    return np.stack([high, found.low, port.astype(np.uint64)], axis=1)
