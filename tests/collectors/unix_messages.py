"""Answers of unix_diag as the kernel would write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sockscope.app.collectors import unix
from sockscope.app.collectors.netlink import Dump
from tests.collectors.netlink_messages import attribute, message

STREAM, DGRAM, SEQPACKET = 1, 2, 5
ESTABLISHED, CLOSE, LISTEN = 1, 7, 10


@dataclass(frozen=True)
class Told:
    """One socket; None for attributes that are not there."""

    inode: int
    kind: int = STREAM
    state: int = ESTABLISHED
    cookie: int | None = None
    name: bytes | None = None
    peer: int | None = None
    icons: Sequence[int] = ()
    queues: tuple[int, int] | None = (0, 0)
    shutdown: int | None = 0
    uid: int | None = 0


def encoded(told: Told) -> bytes:
    cookie = told.inode if told.cookie is None else told.cookie
    body = struct.pack("=BBBxIQ", 1, told.kind, told.state, told.inode, cookie)
    parts: list[tuple[int, bytes | None]] = [
        (unix.NAME, told.name),
        (unix.PEER, None if told.peer is None else struct.pack("=I", told.peer)),
        (unix.ICONS, struct.pack(f"={len(told.icons)}I", *told.icons) if told.icons else None),
        (unix.RQLEN, None if told.queues is None else struct.pack("=II", *told.queues)),
        (unix.SHUTDOWN, None if told.shutdown is None else bytes([told.shutdown])),
        (unix.UID, None if told.uid is None else struct.pack("=I", told.uid)),
    ]
    body += b"".join(attribute(kind, payload) for kind, payload in parts if payload is not None)
    return message(unix.SOCK_DIAG_BY_FAMILY, body)


def dump(*sockets: Told | bytes, error: int = 0) -> Dump:
    """What the kernel answers; bytes stand for a message as they are."""
    messages = [encoded(each) if isinstance(each, Told) else each for each in sockets]
    offsets = np.cumsum([0, *map(len, messages)])[:-1].astype(np.intp)
    lengths = np.array([len(each) for each in messages], np.intp)
    return Dump(b"".join(messages), offsets, lengths, error)
