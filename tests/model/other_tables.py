"""Tables of packet, netlink and vsock sockets made up by tests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sockscope.app.frames.table import Table

Row = Mapping[str, int]
Kinds = Mapping[str, tuple[type[np.generic], int]]

_PACKET: Kinds = {
    "type": (np.uint8, 3),
    "protocol": (np.uint16, 3),
    "device": (np.uint32, 0),
    "flags": (np.uint32, 0),
    "fanout": (np.int64, -1),
    "promiscuous": (np.uint8, 0),
    "ring": (np.uint8, 0),
    "uid": (np.uint32, 0),
    "inode": (np.uint64, 0),
    "cookie": (np.uint64, 0),
    "rmem": (np.int64, 0),
    "wmem": (np.int64, 0),
    "rcvbuf": (np.int64, 212992),
    "drops": (np.int64, 0),
}
_NETLINK: Kinds = {
    "type": (np.uint8, 3),
    "protocol": (np.uint8, 0),
    "state": (np.uint8, 7),
    "port": (np.uint32, 0),
    "peer": (np.uint32, 0),
    **{name: _PACKET[name] for name in ("inode", "cookie", "rmem", "wmem", "rcvbuf", "drops")},
}
_VSOCK: Kinds = {
    "type": (np.uint8, 1),
    "state": (np.uint8, 1),
    **dict.fromkeys(("local_cid", "local_port", "remote_cid", "remote_port"), (np.uint32, 0)),
    **{name: _PACKET[name] for name in ("inode", "cookie")},
}


def packets(*rows: Row, taken: float = 0.0) -> Table:
    """Rows name what differs from a socket for every frame of every device."""
    return _table(_PACKET, rows, taken)


def netlinks(*rows: Row, taken: float = 0.0, groups: Mapping[int, tuple[int, ...]] | None = None) -> Table:
    """Rows name what differs from the kernel's end of rtnetlink; `groups` by row."""
    bits = np.zeros((len(rows), 256), dtype=np.uint8)
    for row, members in (groups or {}).items():
        bits[row, [member - 1 for member in members]] = 1
    packed = np.packbits(bits, axis=1, bitorder="little")
    return _table(_NETLINK, rows, taken).with_columns(groups=packed)


def vsocks(*rows: Row, taken: float = 0.0) -> Table:
    """Rows name what differs from a connection from nowhere to nowhere."""
    return _table(_VSOCK, rows, taken)


def _table(kinds: Kinds, rows: tuple[Row, ...], taken: float) -> Table:
    columns = {
        name: np.array([row.get(name, usual) for row in rows], dtype=kind)
        for name, (kind, usual) in kinds.items()
    }
    return Table(columns, taken)
