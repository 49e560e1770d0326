"""Netlink multicast in bulk: what the kernel tells of its own accord, gathered until somebody asks.

Layouts: linux/netlink.h. A receive buffer that ran over is told by ENOBUFS, once, before what still fits.
"""

from __future__ import annotations

import contextlib
import errno
import socket

import numpy as np

from sockscope.app.collectors import netlink
from sockscope.app.collectors.datagrams import Datagrams
from sockscope.app.collectors.netlink import Dump

SO_RCVBUFFORCE = 33
BUFFER = 32 << 20
"""Bytes asked for, of which the kernel makes twice as many; they are taken only while messages wait."""
_ROOM = 4096
"""No message of sock_diag is longer."""


class EventSocket:
    """Subscribed to multicast groups (a bit mask) of a netlink protocol, in the network namespace that it is
    opened in. Raises OSError where the kernel has no such protocol or groups."""

    def __init__(self, protocol: int, groups: int, buffer: int = BUFFER) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
        try:
            self._widen(buffer)
            self._socket.bind((0, groups))
        except OSError:
            self._socket.close()
            raise
        self._datagrams = Datagrams(self._socket, _ROOM)

    def _widen(self, size: int) -> None:
        """As much as root may have, or else as much as net.core.rmem_max allows."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
        except OSError:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    @property
    def room(self) -> int:
        """Bytes that may wait, the kernel's own per message included."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def drain(self, most: int) -> tuple[Dump, bool]:
        """Up to `most` messages that wait, one a datagram, and whether others were lost before them."""
        blocks: list[bytes] = []
        starts = [np.empty(0, np.intp)]
        lost = False
        at = taken = 0
        while taken < most:
            try:
                slots, sizes = self._datagrams.receive(most - taken)
            except OSError as refused:
                if refused.errno != errno.ENOBUFS:
                    raise
                lost = True
                continue
            if not len(sizes):
                break
            width = (int(sizes.max()) + 7) & ~7
            starts.append(at + width * np.flatnonzero(sizes >= netlink.HEADER.size))
            blocks.append(slots[:, :width].tobytes())
            at += len(blocks[-1])
            taken += len(sizes)
        buffer = b"".join(blocks)
        offsets = np.concatenate(starts)
        lengths = netlink.gather(buffer, offsets, np.uint32).astype(np.intp)
        return Dump(buffer, offsets, lengths), lost

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()
