"""Answers to IPCTNL_MSG_CT_GET as columns (linux/netfilter/nfnetlink_conntrack.h); values are big-endian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.netlink import (
    HEADER,
    Attribute,
    Dump,
    attributes,
    gather,
    octets,
    values,
    whole,
    within,
)
from sockscope.app.frames.conntrack import DCCP, SCTP, TCP
from sockscope.app.frames.table import Column, Numbers, Table

_SUBSYSTEM = 1 << 8
CT_NEW, CT_GET = _SUBSYSTEM | 0, _SUBSYSTEM | 1
"""What an entry comes as and what asks for entries (NFNL_SUBSYS_CTNETLINK)."""
NFGENMSG = 4
"""Bytes of struct nfgenmsg, which begins with the address family."""

_ORIGINAL, _REPLY, _STATUS, _PROTOINFO, _TIMEOUT, _MARK = 1, 2, 3, 4, 7, 8
_ORIGINAL_COUNTERS, _REPLY_COUNTERS, _ID, _ZONE, _TIMESTAMP = 9, 10, 12, 18, 20
_WANTED = (
    _ORIGINAL, _REPLY, _STATUS, _PROTOINFO, _TIMEOUT, _MARK, _ORIGINAL_COUNTERS, _REPLY_COUNTERS, _ID, _ZONE,
    _TIMESTAMP,
)  # fmt: skip
_TUPLE_IP, _TUPLE_PROTO, _TUPLE_ZONE = 1, 2, 3
_IP = {2: (4, 1, 2), 10: (16, 3, 4)}
"""Of each family: the size of an address, and the attributes of source and destination."""
_NUMBER, _SOURCE_PORT, _DESTINATION_PORT = 1, 2, 3
_ICMP = {1: (4, 5, 6), 58: (7, 8, 9)}
"""Of ICMP and ICMPv6: the attributes of id, type and code."""
_STATES = {TCP: 1, DCCP: 2, SCTP: 3}
"""What holds the state in CTA_PROTOINFO, there as attribute 1."""
_PACKETS, _BYTES = 1, 2


class Tuple(NamedTuple):
    """One direction of every entry; `whole` tells where there was all that identifies it."""

    source: Numbers
    destination: Numbers
    source_port: Numbers
    destination_port: Numbers
    protocol: Numbers
    zone: Attribute
    whole: NDArray[np.bool_]

    def columns(self, name: str) -> dict[str, Column]:
        """The columns of this direction."""
        return {
            f"{name}_source": self.source,
            f"{name}_destination": self.destination,
            f"{name}_source_port": self.source_port,
            f"{name}_destination_port": self.destination_port,
        }


def decode(dump: Dump) -> Table:
    """Table `conntrack` without its time. What lacks one of its tuples, or is of no known family, is left
    out."""
    dump = whole(dump, CT_NEW, NFGENMSG)
    buffer = dump.buffer
    family = gather(buffer, dump.offsets + HEADER.size, np.uint8)
    found = attributes(dump, NFGENMSG, _WANTED)
    original = _tuple(buffer, found[_ORIGINAL], family)
    reply = _tuple(buffer, found[_REPLY], family)
    columns: dict[str, Column] = {
        "family": family,
        "protocol": original.protocol,
        "id": values(buffer, found[_ID], ">u4", 0).astype(np.uint32),
        **original.columns("original"),
        **reply.columns("reply"),
        "state": _state(buffer, found[_PROTOINFO], original.protocol),
        "status": values(buffer, found[_STATUS], ">u4", 0).astype(np.uint32),
        "timeout": _known(buffer, found[_TIMEOUT], ">u4"),
        "mark": values(buffer, found[_MARK], ">u4", 0).astype(np.uint32),
        **_zone(buffer, found[_ZONE], original.zone, reply.zone),
        **_counters(buffer, found[_ORIGINAL_COUNTERS], "original"),
        **_counters(buffer, found[_REPLY_COUNTERS], "reply"),
        "started": _known(buffer, within(buffer, found[_TIMESTAMP], (1,))[1], ">u8"),
    }
    table = Table(columns)
    sound = original.whole & reply.whole & (original.protocol == reply.protocol)
    return table if sound.all() else table.take(sound)


def _tuple(buffer: bytes, container: Attribute, family: Numbers) -> Tuple:
    parts = within(buffer, container, (_TUPLE_IP, _TUPLE_PROTO, _TUPLE_ZONE))
    count = len(family)
    ends = [np.zeros((count, 16), np.uint8), np.zeros((count, 16), np.uint8)]
    sound = np.zeros(count, np.bool_)
    for kind, (size, *sides) in _IP.items():
        rows = np.flatnonzero(family == kind)
        if not len(rows):
            continue
        found = within(buffer, _of(parts[_TUPLE_IP], rows), sides)
        sound[rows] = True
        for end, side in zip(ends, sides, strict=True):
            end[rows] = octets(buffer, found[side], size, 16)
            sound[rows] &= found[side].present & (found[side].lengths == size)
    proto = within(buffer, parts[_TUPLE_PROTO], (_NUMBER, _SOURCE_PORT, _DESTINATION_PORT))
    protocol = values(buffer, proto[_NUMBER], np.uint8, 0)
    ports = [
        values(buffer, proto[port], ">u2", 0).astype(np.uint16) for port in (_SOURCE_PORT, _DESTINATION_PORT)
    ]
    for number, (identifier, kind, code) in _ICMP.items():
        rows = np.flatnonzero(protocol == number)
        if not len(rows):
            continue
        found = within(buffer, _of(parts[_TUPLE_PROTO], rows), (identifier, kind, code))
        ports[0][rows] = values(buffer, found[identifier], ">u2", 0)
        high = values(buffer, found[kind], np.uint8, 0).astype(np.uint16)
        ports[1][rows] = high << np.uint16(8) | values(buffer, found[code], np.uint8, 0)
    sound &= proto[_NUMBER].present
    return Tuple(ends[0], ends[1], ports[0], ports[1], protocol, parts[_TUPLE_ZONE], sound)


def _of(attribute: Attribute, rows: NDArray[np.intp]) -> Attribute:
    """The attribute of those messages alone."""
    return Attribute(attribute.offsets[rows], attribute.lengths[rows])


def _state(buffer: bytes, container: Attribute, protocol: Numbers) -> Numbers:
    state = np.full(len(protocol), -1, np.int8)
    for number, kind in _STATES.items():
        rows = np.flatnonzero((protocol == number) & container.present)
        if len(rows):
            info = within(buffer, _of(container, rows), (kind,))[kind]
            state[rows] = values(buffer, within(buffer, info, (1,))[1], np.int8, -1)
    return state


def _zone(buffer: bytes, both: Attribute, original: Attribute, reply: Attribute) -> Mapping[str, Numbers]:
    """Entries are in zone 0 unless an attribute says otherwise: of the entry, or of one of its tuples."""
    zone = np.zeros(len(both.offsets), np.uint16)
    direction = np.zeros(len(zone), np.uint8)
    for place, attribute in ((2, reply), (1, original), (0, both)):
        told = values(buffer, attribute, ">u2", 0)
        zone = np.where(told != 0, told, zone).astype(np.uint16)
        direction[told != 0] = place
    return {"zone": zone, "zone_of": direction}


def _counters(buffer: bytes, container: Attribute, name: str) -> Mapping[str, Numbers]:
    """Absent where net.netfilter.nf_conntrack_acct was off when the entry was made."""
    found = within(buffer, container, (_PACKETS, _BYTES))
    return {
        f"{name}_packets": _known(buffer, found[_PACKETS], ">u8"),
        f"{name}_bytes": _known(buffer, found[_BYTES], ">u8"),
    }


def _known(buffer: bytes, attribute: Attribute, dtype: str) -> Numbers:
    """An unsigned number as int64, -1 where it is absent."""
    size = np.dtype(dtype).itemsize
    told = np.minimum(values(buffer, attribute, dtype, 0).astype(np.uint64), np.uint64(2**63 - 1))
    return np.where(attribute.present & (attribute.lengths >= size), told.astype(np.int64), -1)
