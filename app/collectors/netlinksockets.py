"""Netlink sockets, over which programs talk to the kernel: table `netlink`, from netlink_diag, else
/proc/net/netlink.

Columns: type u1 (SOCK_RAW 3, SOCK_DGRAM 2), protocol u1 (NETLINK_*), port u4 (its address; 0: the kernel's
end), peer u4 (port it is connected to, 0 the kernel), state u1, groups (rows, 32) u1 (bit n-1: member of
multicast group n), inode u8, cookie u8 (0 unknown), rmem i8, wmem i8, rcvbuf i8, drops i8 (-1 unknown).

Layouts: linux/netlink_diag.h.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

import numpy as np

from sockscope.app.collectors import netlink, procnet, skmeminfo
from sockscope.app.collectors.inetdiag import SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import Dump
from sockscope.app.frames.table import Numbers, Table

GROUP_BYTES = 32
"""Of the groups of a socket so many bytes are kept: 256 groups."""

_MEMINFO, _GROUPS = 0, 1
_EVERY_PROTOCOL = 255
_SHOW = 0x1 | 0x2
"""MEMINFO, GROUPS."""
_REQUEST = struct.Struct("=BBHIIQ")
REQUEST = _REQUEST.pack(socket.AF_NETLINK, _EVERY_PROTOCOL, 0, 0, _SHOW, 2**64 - 1)
"""struct netlink_diag_req for every netlink socket of the namespace."""
_MESSAGE = np.dtype(
    [
        ("family", "u1"),
        ("type", "u1"),
        ("protocol", "u1"),
        ("state", "u1"),
        ("port", "u4"),
        ("peer", "u4"),
        ("peer_group", "u4"),
        ("inode", "u4"),
        ("cookie", "V8"),
    ]
)


def decode(dump: Dump) -> Table:
    """The rows of one dump, in which a member of a group may come twice."""
    dump = netlink.whole(dump, SOCK_DIAG_BY_FAMILY, _MESSAGE.itemsize)
    cookies = netlink.fields(dump, _MESSAGE)["cookie"]
    _, once = np.unique(np.ascontiguousarray(cookies).view(np.uint64), return_index=True)
    dump = dump.take(np.sort(once))
    messages = netlink.fields(dump, _MESSAGE)
    found = netlink.attributes(dump, _MESSAGE.itemsize, (_MEMINFO, _GROUPS))
    buffer, memory = dump.buffer, found[_MEMINFO]
    return Table(
        {
            **{
                name: np.ascontiguousarray(messages[name])
                for name in ("type", "protocol", "state", "port", "peer")
            },
            "groups": _groups(buffer, found[_GROUPS]),
            "inode": messages["inode"].astype(np.uint64),
            "cookie": np.ascontiguousarray(messages["cookie"]).view(np.uint64),
            "rmem": skmeminfo.number(buffer, memory, skmeminfo.RMEM_ALLOC),
            "wmem": skmeminfo.number(buffer, memory, skmeminfo.WMEM_ALLOC),
            "rcvbuf": skmeminfo.number(buffer, memory, skmeminfo.RCVBUF),
            "drops": skmeminfo.number(buffer, memory, skmeminfo.DROPS),
        }
    )


def _groups(buffer: bytes, attribute: netlink.Attribute) -> Numbers:
    """The kernel has them as an array of unsigned long."""
    words = np.zeros((len(attribute.offsets), GROUP_BYTES // 8), dtype=np.uint64)
    for place in range(words.shape[1]):
        rows = np.flatnonzero(attribute.present & (attribute.lengths >= 8 * (place + 1)))
        words[rows, place] = netlink.gather(buffer, attribute.offsets[rows] + 8 * place, np.uint64)
    return _bits(words)


def _bits(words: Numbers) -> Numbers:
    """Words as bytes, the lowest group first, on every machine."""
    if sys.byteorder == "big":
        words = words.byteswap()
    return np.ascontiguousarray(words).view(np.uint8).reshape(len(words), GROUP_BYTES)


def from_file(proc_net: str) -> Table | None:
    """The rows of /proc/net/netlink, which knows the first 32 groups and no limits; None where it cannot be
    read."""
    try:
        lines = Path(proc_net, "netlink").read_bytes().splitlines()[1:]
    except OSError:
        return None
    return parse(lines)


def parse(lines: list[bytes]) -> Table:
    """Rows of the lines; one that was cut short is left out."""
    rows = procnet.numbers(lines, {1: 10, 2: 10, 3: 16, 4: 10, 5: 10, 8: 10, 9: 10})
    protocol, port, groups, rmem, wmem, drops, inode = rows.T
    words = np.zeros((len(rows), GROUP_BYTES // 8), dtype=np.uint64)
    words[:, 0] = groups
    return Table(
        {
            "type": np.full(len(rows), socket.SOCK_RAW, dtype=np.uint8),
            "protocol": protocol.astype(np.uint8),
            "state": np.full(len(rows), 7, dtype=np.uint8),
            "port": port.astype(np.uint32),
            "peer": np.zeros(len(rows), dtype=np.uint32),
            "groups": _bits(words),
            "inode": inode.astype(np.uint64),
            "cookie": np.zeros(len(rows), dtype=np.uint64),
            "rmem": rmem,
            "wmem": wmem,
            "rcvbuf": np.full(len(rows), -1, dtype=np.int64),
            "drops": drops,
        }
    )
