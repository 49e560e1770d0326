"""Link and address messages of rtnetlink as columns (linux/rtnetlink.h, if_link.h, if_addr.h).

Between two polls hardly anything changes but counters: those are gathered every time, the rest is decoded
when the bytes it was decoded from are no longer the same.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sockscope.app.collectors.netlink import (
    HEADER,
    Attribute,
    Dump,
    every,
    fields,
    gather,
    octets,
    values,
    whole,
    within,
)
from sockscope.app.collectors.unchanged import Unchanged
from sockscope.app.frames.links import STATS, UNKNOWN_COUNT, UNKNOWN_NUMBER
from sockscope.app.frames.table import Column, Numbers, Strings

RTM_NEWLINK, RTM_GETLINK = 16, 18
RTM_NEWADDR, RTM_GETADDR = 20, 22

IFLA_ADDRESS = 1
IFLA_IFNAME = 3
IFLA_QDISC = 6
IFLA_LINKINFO = 18
IFLA_IFALIAS = 20
IFLA_STATS64 = 23
IFLA_INFO_KIND = 1

_IFINFOMSG = np.dtype(
    [("family", "u1"), ("", "u1"), ("type", "u2"), ("index", "u4"), ("flags", "u4"), ("change", "u4")]
)
_IFADDRMSG = np.dtype([("family", "u1"), ("prefix", "u1"), ("flags", "u1"), ("scope", "u1"), ("index", "u4")])

_LINK_NUMBERS: Mapping[str, tuple[int, DTypeLike, int]] = {
    "mtu": (4, np.uint32, UNKNOWN_NUMBER),
    "operstate": (16, np.uint8, 0),
    "master": (10, np.uint32, 0),
    "link": (5, np.uint32, 0),
    "promiscuity": (30, np.uint32, UNKNOWN_NUMBER),
    "allmulti": (61, np.uint32, UNKNOWN_NUMBER),
    "carrier": (33, np.int8, -1),
    "carrier_changes": (35, np.uint32, UNKNOWN_NUMBER),
    "txqlen": (13, np.uint32, UNKNOWN_NUMBER),
    "netnsid": (37, np.int32, -1),
}
"""Columns of `links` that are one attribute: its number (IFLA_*), its type, and what stands for none."""

IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_LABEL = 3
IFA_BROADCAST = 4
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

_WIDTHS = {int(socket.AF_INET): 4, int(socket.AF_INET6): 16}


class Links:
    """Reads dumps of links, one after the other."""

    def __init__(self) -> None:
        self._unchanged: Unchanged | None = None
        self._columns: dict[str, Column] = {}
        self._stats = _NOWHERE

    def columns(self, dump: Dump) -> dict[str, Column]:
        """The columns of `links` that rtnetlink supplies; the later message about an interface counts."""
        if self._unchanged is None or not self._unchanged.same(dump):
            self._decode(dump)
        return {**self._columns, **_counters(dump.buffer, self._stats)}

    def _decode(self, dump: Dump) -> None:
        links = whole(dump, RTM_NEWLINK, _IFINFOMSG.itemsize)
        head = fields(links, _IFINFOMSG)
        rows = _last_of_each(head["index"], head["family"] == socket.AF_UNSPEC)
        links, head = links.take(rows), head[rows]
        buffer = dump.buffer
        start = links.offsets + HEADER.size + _IFINFOMSG.itemsize
        found = every(buffer, start, links.offsets + links.lengths)
        numbers = {name: found.of(kind) for name, (kind, _, _) in _LINK_NUMBERS.items()}
        info = found.of(IFLA_LINKINFO)
        kind = within(buffer, info, (IFLA_INFO_KIND,))[IFLA_INFO_KIND]
        texts = {
            "name": found.of(IFLA_IFNAME),
            "qdisc": found.of(IFLA_QDISC),
            "alias": found.of(IFLA_IFALIAS),
        }
        mac = found.of(IFLA_ADDRESS)
        self._stats = found.of(IFLA_STATS64)
        self._columns = {
            "index": head["index"].copy(),
            "flags": head["flags"].copy(),
            **{name: values(buffer, numbers[name], *_LINK_NUMBERS[name][1:]) for name in numbers},
            "kind": _kinds(_texts(buffer, kind, _text), head["type"]),
            "mac": Strings.of(_texts(buffer, mac, _hex)),
            **{name: Strings.of(_texts(buffer, text, _text)) for name, text in texts.items()},
        }
        read = [*numbers.values(), *texts.values(), kind, mac]
        self._unchanged = Unchanged(dump, _IFINFOMSG.itemsize, found.offsets, read)


class Addresses:
    """Reads dumps of addresses, one after the other."""

    def __init__(self) -> None:
        self._unchanged: Unchanged | None = None
        self._columns: dict[str, Column] = {}

    def columns(self, dump: Dump) -> dict[str, Column]:
        """The columns of `addresses`, the same objects while nothing in them changed."""
        if self._unchanged is None or not self._unchanged.same(dump):
            self._decode(dump)
        return self._columns

    def _decode(self, dump: Dump) -> None:
        told = whole(dump, RTM_NEWADDR, _IFADDRMSG.itemsize)
        start = told.offsets + HEADER.size + _IFADDRMSG.itemsize
        found = every(dump.buffer, start, told.offsets + told.lengths)
        far, local = found.of(IFA_ADDRESS), found.of(IFA_LOCAL)
        near = Attribute(
            np.where(local.lengths > 0, local.offsets, far.offsets),
            np.where(local.lengths > 0, local.lengths, far.lengths),
        )
        flags, label, broadcast = (found.of(kind) for kind in (IFA_FLAGS, IFA_LABEL, IFA_BROADCAST))
        head = fields(told, _IFADDRMSG)
        width = np.zeros(256, np.intp)
        width[[*_WIDTHS]] = [*_WIDTHS.values()]
        wanted = width[head["family"]]
        rows = (wanted > 0) & (near.lengths == wanted) & (far.lengths == wanted)
        given = values(dump.buffer, flags, np.uint32, 0)
        columns: dict[str, Column] = {
            **{name: head[name].copy() for name in ("index", "family", "prefix", "scope")},
            "flags": np.where(flags.present & (flags.lengths >= 4), given, head["flags"]),
            "label": Strings.of(_texts(dump.buffer, label, _text)),
            "address": _addresses(dump.buffer, near),
            "peer": _addresses(dump.buffer, far),
            "broadcast": _addresses(dump.buffer, broadcast),
        }
        self._columns = {
            name: column.take(rows) if isinstance(column, Strings) else column[rows]
            for name, column in columns.items()
        }
        self._unchanged = Unchanged(
            dump, _IFADDRMSG.itemsize, found.offsets, [far, local, flags, label, broadcast]
        )


_NOWHERE = Attribute(np.empty(0, np.intp), np.empty(0, np.intp))


def _last_of_each(index: Numbers, told: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Of the messages that are `told`, the last about each index, in the order of the first about each."""
    rows = np.flatnonzero(told)
    last = dict(zip(index[rows].tolist(), rows.tolist(), strict=True))
    return np.array([*last.values()], dtype=np.intp)


def _counters(buffer: bytes, stats: Attribute) -> dict[str, Column]:
    """The columns of struct rtnl_link_stats64; kernels before know fewer, kernels to come more."""
    table = np.full((len(stats.offsets), len(STATS)), UNKNOWN_COUNT, np.uint64)
    told = np.minimum(stats.lengths // 8, len(STATS))
    for number in np.unique(told[told > 0]).tolist():
        rows = np.flatnonzero(told == number)
        table[rows, :number] = (
            gather(buffer, stats.offsets[rows], f"V{number * 8}").view(np.uint64).reshape(-1, number)
        )
    return dict(zip(STATS, table.T.copy(), strict=True))


def _texts(buffer: bytes, attribute: Attribute, read: Callable[[bytes], str | None]) -> Iterator[str | None]:
    ends = (attribute.offsets + attribute.lengths).tolist()
    for start, end in zip(attribute.offsets.tolist(), ends, strict=True):
        yield None if start < 0 else read(buffer[start:end])


def _text(payload: bytes) -> str:
    return payload.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _hex(payload: bytes) -> str | None:
    return payload.hex(":") or None


def _kinds(texts: Iterator[str | None], types: Numbers) -> Strings:
    """What the driver calls itself, else the kind of hardware."""
    return Strings.of(text or ARPHRD.get(kind) for text, kind in zip(texts, types.tolist(), strict=True))


def _addresses(buffer: bytes, attribute: Attribute) -> NDArray[np.uint8]:
    """Payloads of either family, shape (messages, 16)."""
    four, sixteen = (octets(buffer, attribute, width, 16) for width in _WIDTHS.values())
    return four | sixteen
