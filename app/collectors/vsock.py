"""Sockets between a virtual machine and its host: table `vsock`, from vsock_diag.

Columns: type u1 (SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5), state u1 (as in tcp_states.h), local_cid,
local_port, remote_cid and remote_port u4 (2**32-1: any), inode u8, cookie u8.

Layouts: linux/vm_sockets_diag.h.
"""

from __future__ import annotations

import struct

import numpy as np

from sockscope.app.collectors import netlink
from sockscope.app.collectors.inetdiag import SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import Dump
from sockscope.app.frames.table import Table

AF_VSOCK = 40

_REQUEST = struct.Struct("=BBHIIIQ")
REQUEST = _REQUEST.pack(AF_VSOCK, 0, 0, 0xFFFFFFFF, 0, 0, 2**64 - 1)
"""struct vsock_diag_req for every vsock of the namespace."""
_MESSAGE = np.dtype(
    [
        ("family", "u1"),
        ("type", "u1"),
        ("state", "u1"),
        ("shutdown", "u1"),
        ("local_cid", "u4"),
        ("local_port", "u4"),
        ("remote_cid", "u4"),
        ("remote_port", "u4"),
        ("inode", "u4"),
        ("cookie", "V8"),
    ]
)
_PLAIN = ("type", "state", "local_cid", "local_port", "remote_cid", "remote_port")


def decode(dump: Dump) -> Table:
    """The rows of one dump."""
    messages = netlink.fields(netlink.whole(dump, SOCK_DIAG_BY_FAMILY, _MESSAGE.itemsize), _MESSAGE)
    return Table(
        {
            **{name: np.ascontiguousarray(messages[name]) for name in _PLAIN},
            "inode": messages["inode"].astype(np.uint64),
            "cookie": np.ascontiguousarray(messages["cookie"]).view(np.uint64),
        }
    )
