"""Memory and drops of a socket, as every sock_diag family tells them: SK_MEMINFO_* of linux/sock_diag.h, an
array of u4 that grew over the years."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink
from sockscope.app.collectors.netlink import Attribute

RMEM_ALLOC = 0
RCVBUF = 1
WMEM_ALLOC = 2
SNDBUF = 3
DROPS = 8


def number(buffer: bytes, attribute: Attribute, place: int) -> NDArray[np.int64]:
    """The number at that place of the array, a message each; -1 where the kernel does not tell it."""
    numbers = np.full(len(attribute.offsets), -1, dtype=np.int64)
    told = attribute.present & (attribute.lengths >= 4 * (place + 1))
    numbers[told] = netlink.gather(buffer, attribute.offsets[told] + 4 * place, np.uint32)
    return numbers
