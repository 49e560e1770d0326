"""Many datagrams with one system call (recvmmsg(2)), for Python has none that takes more than one."""

from __future__ import annotations

import ctypes
import errno
import os
import socket

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 256
"""Datagrams taken with one call."""
_LIBC = ctypes.CDLL(None, use_errno=True)


class _Piece(ctypes.Structure):
    """struct iovec, bits/types/struct_iovec.h."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr, bits/socket.h."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_size", ctypes.c_uint),
        ("pieces", ctypes.c_void_p),
        ("number", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_size", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr, bits/socket.h."""

    _fields_ = (("header", _Header), ("received", ctypes.c_uint))


class Datagrams:
    """Receives from a socket without waiting, each datagram into a slot of `room` bytes; what is longer is
    cut off."""

    def __init__(self, sock: socket.socket, room: int) -> None:
        self._socket = sock
        self._slots = np.empty((AT_ONCE, room), dtype=np.uint8)
        base = self._slots.ctypes.data
        self._pieces = (_Piece * AT_ONCE)(*(_Piece(base + slot * room, room) for slot in range(AT_ONCE)))
        pieces, step = ctypes.addressof(self._pieces), ctypes.sizeof(_Piece)
        headers = (_Header(pieces=pieces + slot * step, number=1) for slot in range(AT_ONCE))
        self._messages = (_Message * AT_ONCE)(*(_Message(header, 0) for header in headers))
        self._sizes: NDArray[np.uint32] = np.ndarray(
            (AT_ONCE,),
            dtype=np.uint32,
            buffer=memoryview(self._messages).cast("B"),
            offset=_Message.received.offset,
            strides=(ctypes.sizeof(_Message),),
        )

    def receive(self, most: int) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
        """Up to `most` datagrams, shape (datagrams, room), and their sizes; none where none waits. What is
        given holds until the next call. OSError."""
        wanted = min(most, AT_ONCE)
        got = _LIBC.recvmmsg(self._socket.fileno(), self._messages, wanted, socket.MSG_DONTWAIT, None)
        if got < 0:
            failed = ctypes.get_errno()
            if failed != errno.EAGAIN:
                raise OSError(failed, os.strerror(failed))
            got = 0
        return self._slots[:got], self._sizes[:got].astype(np.intp)
