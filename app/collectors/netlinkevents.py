"""Netlink multicast in bulk: what the kernel tells of its own accord, gathered until somebody asks.

Layouts: linux/netlink.h. A receive buffer that ran over is told by ENOBUFS, once, before what still fits.
"""

from __future__ import annotations

import contextlib
import errno
import socket

import numpy as np

from sockscope.app.collectors import netlink
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
        self._buffer = bytearray()

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
        starts: list[int] = []
        lost = False
        at = 0
        while len(starts) < most:
            if at + _ROOM > len(self._buffer):
                self._buffer.extend(bytes(max(len(self._buffer), 16 * _ROOM)))
            with memoryview(self._buffer) as view:
                end, more_lost = self._fill(view, at, starts, most)
            lost |= more_lost
            if end == at:
                break
            at = end
        taken = bytes(memoryview(self._buffer)[:at])
        if len(self._buffer) > _KEPT:
            self._buffer = bytearray()
        offsets = np.array(starts, dtype=np.intp)
        lengths = netlink.gather(taken, offsets, np.uint32).astype(np.intp)
        return Dump(taken, offsets, lengths), lost

    def _fill(self, view: memoryview, at: int, starts: list[int], most: int) -> tuple[int, bool]:
        """Receive into `view` from `at` on while there is room and something waits; where it ended, and
        whether messages were lost."""
        receive = self._socket.recv_into
        last = len(view) - _ROOM
        lost = False
        while at <= last and len(starts) < most:
            try:
                size = receive(view[at : at + _ROOM])
            except BlockingIOError:
                break
            except OSError as refused:
                if refused.errno != errno.ENOBUFS:
                    raise
                lost = True
                continue
            if size >= netlink.HEADER.size:
                starts.append(at)
                at += (size + 7) & ~7
        return at, lost

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()


_KEPT = 1 << 20
"""Bytes of buffer kept from one time to the next."""
