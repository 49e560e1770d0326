"""Packet sockets, which see frames as devices do: table `packet`, from packet_diag, else /proc/net/packet.

Columns: type u1 (SOCK_RAW 3, SOCK_DGRAM 2, SOCK_PACKET 10), protocol u2 (ETH_P_*, 3 is every protocol),
device u4 (index, 0 any), flags u4 (PDI_*, 0 where not told), fanout i8 (group number in the low 16 bits, type
in the next 8, -1 none), promiscuous u1 (1: it asked a device to take every frame, 2: every multicast frame,
0: neither, or not told), ring u1 (1: it maps a ring of frames), uid u4, inode u8, cookie u8 (0 unknown),
rmem, wmem, rcvbuf and drops i8 (-1 unknown).

Layouts: linux/packet_diag.h.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, procnet, skmeminfo
from sockscope.app.collectors.inetdiag import SOCK_DIAG_BY_FAMILY
from sockscope.app.collectors.netlink import Attribute, Dump
from sockscope.app.frames.table import Table

NO_UID = 0xFFFFFFFF

_INFO, _MCLIST, _RX_RING, _TX_RING, _FANOUT, _UID, _MEMINFO = range(7)
_SHOW = 0x01 | 0x02 | 0x04 | 0x08 | 0x10
"""INFO, MCLIST, RING_CFG, FANOUT, MEMINFO."""
_REQUEST = struct.Struct("=BBHIIQ")
REQUEST = _REQUEST.pack(socket.AF_PACKET, 0, 0, 0, _SHOW, 2**64 - 1)
"""struct packet_diag_req for every packet socket of the namespace."""
_MESSAGE = np.dtype([("family", "u1"), ("type", "u1"), ("protocol", "u2"), ("inode", "u4"), ("cookie", "V8")])
_DEVICE, _FLAGS = 0, 20
"""Offsets in struct packet_diag_info."""
_MEMBERSHIP = np.dtype(
    [("device", "u4"), ("count", "u4"), ("type", "u2"), ("length", "u2"), ("address", "V32")]
)
_EVERY_FRAME, _EVERY_MULTICAST = 1, 2
"""PACKET_MR_PROMISC, PACKET_MR_ALLMULTI."""


def decode(dump: Dump) -> Table:
    """The rows of one dump."""
    dump = netlink.whole(dump, SOCK_DIAG_BY_FAMILY, _MESSAGE.itemsize)
    messages = netlink.fields(dump, _MESSAGE)
    found = netlink.attributes(dump, _MESSAGE.itemsize, range(7))
    buffer, memory = dump.buffer, found[_MEMINFO]
    columns: dict[str, NDArray[Any]] = {
        name: np.ascontiguousarray(messages[name]) for name in ("type", "protocol")
    }
    fanout = netlink.values(buffer, found[_FANOUT], np.uint32, 0).astype(np.int64)
    ring = found[_RX_RING].present | found[_TX_RING].present
    return Table(
        {
            **columns,
            "device": _word(buffer, found[_INFO], _DEVICE),
            "flags": _word(buffer, found[_INFO], _FLAGS),
            "fanout": np.where(found[_FANOUT].present, fanout, -1),
            "promiscuous": _promiscuous(buffer, found[_MCLIST]),
            "ring": ring.astype(np.uint8),
            "uid": netlink.values(buffer, found[_UID], np.uint32, NO_UID),
            "inode": messages["inode"].astype(np.uint64),
            "cookie": np.ascontiguousarray(messages["cookie"]).view(np.uint64),
            "rmem": skmeminfo.number(buffer, memory, skmeminfo.RMEM_ALLOC),
            "wmem": skmeminfo.number(buffer, memory, skmeminfo.WMEM_ALLOC),
            "rcvbuf": skmeminfo.number(buffer, memory, skmeminfo.RCVBUF),
            "drops": skmeminfo.number(buffer, memory, skmeminfo.DROPS),
        }
    )


def _word(buffer: bytes, attribute: Attribute, at: int) -> NDArray[np.uint32]:
    words = np.zeros(len(attribute.offsets), dtype=np.uint32)
    told = attribute.present & (attribute.lengths >= at + 4)
    words[told] = netlink.gather(buffer, attribute.offsets[told] + at, np.uint32)
    return words


def _promiscuous(buffer: bytes, memberships: Attribute) -> NDArray[np.uint8]:
    """The widest membership of each socket; all lists are walked in step."""
    widest = np.zeros(len(memberships.offsets), dtype=np.uint8)
    at = memberships.offsets.copy()
    end = memberships.offsets + memberships.lengths
    while True:
        rows = np.flatnonzero(memberships.present & (at + _MEMBERSHIP.itemsize <= end))
        if not len(rows):
            return widest
        types = netlink.gather(buffer, at[rows], _MEMBERSHIP)["type"]
        widest[rows[(types == _EVERY_MULTICAST) & (widest[rows] == 0)]] = _EVERY_MULTICAST
        widest[rows[types == _EVERY_FRAME]] = _EVERY_FRAME
        at[rows] += _MEMBERSHIP.itemsize


def from_file(proc_net: str) -> Table | None:
    """The rows of /proc/net/packet, which knows neither queues to send, drops nor what a socket sees; None
    where it cannot be read."""
    try:
        lines = Path(proc_net, "packet").read_bytes().splitlines()[1:]
    except OSError:
        return None
    return parse(lines)


def parse(lines: list[bytes]) -> Table:
    """Rows of the lines; one that was cut short is left out."""
    rows = procnet.numbers(lines, {2: 10, 3: 16, 4: 10, 6: 10, 7: 10, 8: 10})
    kind, protocol, device, rmem, uid, inode = rows.T
    nothing = np.zeros(len(rows), dtype=np.uint8)
    unknown = np.full(len(rows), -1, dtype=np.int64)
    return Table(
        {
            "type": kind.astype(np.uint8),
            "protocol": protocol.astype(np.uint16),
            "device": device.astype(np.uint32),
            "flags": np.zeros(len(rows), dtype=np.uint32),
            "fanout": unknown,
            "promiscuous": nothing,
            "ring": nothing,
            "uid": uid.astype(np.uint32),
            "inode": inode.astype(np.uint64),
            "cookie": np.zeros(len(rows), dtype=np.uint64),
            "rmem": rmem,
            "wmem": unknown,
            "rcvbuf": unknown,
            "drops": unknown,
        }
    )
