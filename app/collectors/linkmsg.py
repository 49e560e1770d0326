"""Link and address messages of rtnetlink as columns (linux/rtnetlink.h, if_link.h, if_addr.h).

The attributes are walked message by message: links are few, and for few rows this is far quicker than array
operations.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator

import numpy as np

from sockscope.app.collectors.rtnetlink import Datagram
from sockscope.app.frames.links import LINK_NUMBERS, LINK_TEXTS, STATS, UNKNOWN_NUMBER
from sockscope.app.frames.table import Column, Strings

NLMSG_HEADER = 16
RTM_NEWLINK = 16
RTM_NEWADDR = 20
_TYPE_MASK = 0x3FFF

IFINFOMSG = struct.Struct("=BxHiII")
IFLA_ADDRESS = 1
IFLA_IFNAME = 3
IFLA_MTU = 4
IFLA_LINK = 5
IFLA_QDISC = 6
IFLA_MASTER = 10
IFLA_TXQLEN = 13
IFLA_OPERSTATE = 16
IFLA_LINKINFO = 18
IFLA_IFALIAS = 20
IFLA_STATS64 = 23
IFLA_PROMISCUITY = 30
IFLA_CARRIER = 33
IFLA_CARRIER_CHANGES = 35
IFLA_LINK_NETNSID = 37
IFLA_ALLMULTI = 61
IFLA_INFO_KIND = 1

IFADDRMSG = struct.Struct("=BBBBI")
IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_LABEL = 3
IFA_FLAGS = 8

ARPHRD = {
    1: "ether",
    24: "ieee1394",
    32: "infiniband",
    280: "can",
    512: "ppp",
    519: "rawip",
    768: "ipip",
    769: "ip6tnl",
    772: "loopback",
    774: "fddi",
    776: "sit",
    778: "gre",
    801: "wlan",
    802: "wlan",
    803: "wlan",
    804: "wpan",
    823: "ip6gre",
    824: "netlink",
    826: "6lowpan",
}
"""Kinds of interfaces without a driver kind of their own, by ifi_type (linux/if_arp.h)."""

_STATS_SIZE = len(STATS) * 8

_ADDRESS_NUMBERS = {
    "index": np.uint32,
    "family": np.uint8,
    "prefix": np.uint8,
    "scope": np.uint8,
    "flags": np.uint32,
}
_WIDTHS = {int(socket.AF_INET): 4, int(socket.AF_INET6): 16}


def links(datagrams: Iterable[Datagram]) -> dict[str, Column]:
    """The columns of `links` that rtnetlink supplies; the later message about an interface counts."""
    rows: dict[int, tuple[tuple[int, ...], tuple[str | None, ...], bytes]] = {}
    for fixed, attributes in _messages(datagrams, RTM_NEWLINK, IFINFOMSG):
        family, arphrd, index, flags, _ = fixed
        if family != socket.AF_UNSPEC:
            continue
        rows[index] = (
            (index, flags, *_link_numbers(attributes)),
            _link_texts(attributes, arphrd),
            attributes.raw(IFLA_STATS64)[:_STATS_SIZE].ljust(_STATS_SIZE, b"\xff"),
        )
    return link_columns(rows.values())


def _link_numbers(attributes: Attributes) -> tuple[int, ...]:
    u4 = attributes.u4
    return (
        u4(IFLA_MTU, UNKNOWN_NUMBER),
        attributes.u1(IFLA_OPERSTATE, 0),
        u4(IFLA_MASTER, 0),
        u4(IFLA_LINK, 0),
        u4(IFLA_PROMISCUITY, UNKNOWN_NUMBER),
        u4(IFLA_ALLMULTI, UNKNOWN_NUMBER),
        attributes.u1(IFLA_CARRIER, -1),
        u4(IFLA_CARRIER_CHANGES, UNKNOWN_NUMBER),
        u4(IFLA_TXQLEN, UNKNOWN_NUMBER),
        attributes.i4(IFLA_LINK_NETNSID, -1),
    )


def _link_texts(attributes: Attributes, arphrd: int) -> tuple[str | None, ...]:
    return (
        attributes.text(IFLA_IFNAME),
        attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND) or ARPHRD.get(arphrd),
        attributes.raw(IFLA_ADDRESS).hex(":") or None,
        attributes.text(IFLA_QDISC),
        attributes.text(IFLA_IFALIAS),
    )


def link_columns(
    rows: Iterable[tuple[tuple[int, ...], tuple[str | None, ...], bytes]],
) -> dict[str, Column]:
    """Columns of rows of numbers, texts and the bytes of their struct rtnl_link_stats64."""
    listed = list(rows)
    numbers = np.array([row[0] for row in listed], dtype=np.int64).reshape(len(listed), len(LINK_NUMBERS))
    stats = np.frombuffer(b"".join(row[2] for row in listed), dtype=np.uint64).reshape(-1, len(STATS))
    columns: dict[str, Column] = {
        name: numbers[:, place].astype(kind) for place, (name, kind) in enumerate(LINK_NUMBERS.items())
    }
    for place, name in enumerate(LINK_TEXTS):
        columns[name] = Strings.of(row[1][place] for row in listed)
    for place, name in enumerate(STATS):
        columns[name] = stats[:, place]
    return columns


def addresses(datagrams: Iterable[Datagram]) -> dict[str, Column]:
    """The columns of `addresses`."""
    numbers: list[tuple[int, ...]] = []
    labels: list[str | None] = []
    local: list[bytes] = []
    peer: list[bytes] = []
    for fixed, attributes in _messages(datagrams, RTM_NEWADDR, IFADDRMSG):
        family, prefix, flags, scope, index = fixed
        far = attributes.raw(IFA_ADDRESS)
        near = attributes.raw(IFA_LOCAL) or far
        if len(near) != _WIDTHS.get(family) or len(far) != len(near):
            continue
        numbers.append((index, family, prefix, scope, attributes.u4(IFA_FLAGS, flags)))
        labels.append(attributes.text(IFA_LABEL))
        local.append(near.ljust(16, b"\0"))
        peer.append(far.ljust(16, b"\0"))
    table = np.array(numbers, dtype=np.int64).reshape(len(numbers), len(_ADDRESS_NUMBERS))
    return {
        **{name: table[:, place].astype(kind) for place, (name, kind) in enumerate(_ADDRESS_NUMBERS.items())},
        "label": Strings.of(labels),
        "address": np.frombuffer(b"".join(local), dtype=np.uint8).reshape(-1, 16),
        "peer": np.frombuffer(b"".join(peer), dtype=np.uint8).reshape(-1, 16),
    }


class Attributes:
    """The attributes between two byte offsets of a datagram; what is missing or too short is absent."""

    __slots__ = ("_bytes", "_halves", "_places", "_words")

    def __init__(self, data: bytes, halves: memoryview, words: memoryview, start: int, end: int) -> None:
        self._bytes = data
        self._halves = halves
        self._words = words
        self._places: dict[int, int] = {}
        at, stop = start >> 1, end >> 1
        while at + 2 <= stop:
            size = halves[at]
            if size < 4 or at + (size >> 1) > stop:
                break
            self._places[halves[at + 1] & _TYPE_MASK] = at
            at += ((size + 3) & ~3) >> 1

    def raw(self, kind: int) -> bytes:
        """The payload, empty if there is none."""
        at = self._places.get(kind)
        return b"" if at is None else self._bytes[2 * at + 4 : 2 * at + self._halves[at]]

    def u1(self, kind: int, absent: int) -> int:
        """The payload as one octet."""
        at = self._places.get(kind)
        return absent if at is None or self._halves[at] < 5 else self._bytes[2 * at + 4]

    def u4(self, kind: int, absent: int) -> int:
        """The payload as an unsigned number of 32 bits."""
        at = self._places.get(kind)
        if at is None or self._halves[at] < 8:
            return absent
        value: int = self._words[(at >> 1) + 1]
        return value

    def i4(self, kind: int, absent: int) -> int:
        """The payload as a signed number of 32 bits."""
        value = self.u4(kind, absent)
        return value - 2**32 if value >= 2**31 else value

    def text(self, kind: int) -> str | None:
        """The payload as text up to its NUL."""
        at = self._places.get(kind)
        if at is None:
            return None
        return self.raw(kind).partition(b"\0")[0].decode("utf-8", "surrogateescape")

    def nested(self, kind: int) -> Attributes:
        """The attributes inside the payload."""
        at = self._places.get(kind, 0)
        start, end = (2 * at + 4, 2 * at + self._halves[at]) if at else (0, 0)
        return Attributes(self._bytes, self._halves, self._words, start, end)


def _messages(
    datagrams: Iterable[Datagram], message_type: int, fixed: struct.Struct
) -> Iterator[tuple[tuple[int, ...], Attributes]]:
    """The fixed header and the attributes of every message of that type."""
    for data, offsets in datagrams:
        halves = memoryview(data).cast("H")
        words = memoryview(data).cast("I")
        for offset in offsets:
            start = offset + NLMSG_HEADER
            end = offset + words[offset >> 2]
            if halves[(offset >> 1) + 2] == message_type and start + fixed.size <= end:
                yield (
                    fixed.unpack_from(data, start),
                    Attributes(data, halves, words, start + fixed.size, end),
                )
