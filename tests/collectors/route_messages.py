"""RTM_NEWROUTE messages, and a decoder that goes through them one by one, as simply as can be."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

import numpy as np

from sockscope.app.collectors.netlink import Dump
from tests.collectors.netlink_messages import attribute, message

RTM_NEWROUTE = 24
DST, SRC, OIF, GATEWAY, PRIORITY, PREFSRC, METRICS, MULTIPATH = 1, 2, 4, 5, 6, 7, 8, 9
CACHEINFO, TABLE, VIA, PREF, ENCAP_TYPE, NH_ID = 12, 15, 18, 20, 21, 30
MTU, WINDOW, RTT, ADVMSS = 2, 3, 4, 8


def packed(address: str) -> bytes:
    """An address in network order."""
    return inet_pton(AF_INET6 if ":" in address else AF_INET, address)


def route(
    attributes: Sequence[bytes],
    *,
    family: int = 2,
    length: int = 0,
    source_length: int = 0,
    tos: int = 0,
    table: int = 254,
    protocol: int = 4,
    scope: int = 0,
    kind: int = 1,
    flags: int = 0,
) -> bytes:
    """One route."""
    head = struct.pack("=BBBBBBBBI", family, length, source_length, tos, table, protocol, scope, kind, flags)
    return message(RTM_NEWROUTE, head + b"".join(attributes))


def hop(device: int, attributes: Sequence[bytes] = (), *, weight: int = 1, flags: int = 0) -> bytes:
    """One struct rtnexthop with what belongs to it."""
    rest = b"".join(attributes)
    return struct.pack("=HBBI", 8 + len(rest), flags, weight - 1, device) + rest


def u32(kind: int, value: int) -> bytes:
    """An attribute with a number."""
    return attribute(kind, struct.pack("=I", value))


def via(address: str) -> bytes:
    """RTA_VIA: a gateway of any family."""
    return attribute(VIA, struct.pack("=H", AF_INET6 if ":" in address else AF_INET) + packed(address))


def dump(messages: Sequence[bytes]) -> Dump:
    """A dump of these messages."""
    lengths = np.array([len(each) for each in messages], dtype=np.intp)
    return Dump(b"".join(messages), np.cumsum(lengths) - lengths, lengths)


Row = dict[str, Any]


def naive(messages: Sequence[bytes], family: int) -> tuple[list[Row], list[Row]]:
    """Rows of both tables as dicts: what any reader of rtnetlink(7) would write."""
    routes: list[Row] = []
    hops: list[Row] = []
    for each in messages:
        if len(each) < 28 or struct.unpack_from("=H", each, 4)[0] != RTM_NEWROUTE or each[16] != family:
            continue
        row, found = _route(each, family)
        row["hops"] = row["first_hop"] = 0
        if MULTIPATH in found:
            new = [{"route": len(routes), **values} for values in _hops(found[MULTIPATH])]
            row["hops"], row["first_hop"] = len(new), len(hops) if new else 0
            hops += new
        routes.append(row)
    return routes, hops


def _route(each: bytes, family: int) -> tuple[Row, dict[int, bytes]]:
    names = (
        "family", "destination_length", "source_length", "tos", "table", "protocol", "scope", "type", "flags",
    )  # fmt: skip
    row: Row = dict(zip(names, struct.unpack_from("=BBBBBBBBI", each, 16), strict=True))
    found: dict[int, bytes] = {}
    for kind, payload in _attributes(each[28:]):
        found.setdefault(kind, payload)
    if len(found.get(TABLE, b"")) >= 4:
        row["table"] = struct.unpack_from("=I", found[TABLE])[0]
    size = 4 if family == 2 else 16
    for name, kind in (("destination", DST), ("source_prefix", SRC), ("preferred_source", PREFSRC)):
        payload = found.get(kind, b"")
        row[name] = payload.ljust(16, b"\0") if len(payload) == size else bytes(16)
    row["preferred_source_known"] = int(len(found.get(PREFSRC, b"")) == size)
    row["gateway_family"], row["gateway"] = _gateway(found)
    row["device"] = _number(found.get(OIF), "=I", 0)
    row["metric"] = _number(found.get(PRIORITY), "=I", 0)
    metrics: dict[int, bytes] = {}
    for kind, payload in _attributes(found.get(METRICS, b"")):
        metrics.setdefault(kind, payload)
    for name, kind in (("mtu", MTU), ("window", WINDOW), ("rtt", RTT), ("advmss", ADVMSS)):
        row[name] = _number(metrics.get(kind), "=I", 0)
    row["pref"] = _number(found.get(PREF), "=b", -1)
    row["expires"] = _number(found.get(CACHEINFO, b"")[8:], "=i", 0)
    row["nexthop_id"] = _number(found.get(NH_ID), "=I", 0)
    row["encapsulation"] = _number(found.get(ENCAP_TYPE), "=H", 0)
    row["advertised"] = 0
    return row, found


def _hops(payload: bytes) -> Iterator[Row]:
    while len(payload) >= 8:
        length, flags, weight, device = struct.unpack_from("=HBBI", payload)
        if not 8 <= length <= len(payload):
            return
        found: dict[int, bytes] = {}
        for kind, value in _attributes(payload[8:length]):
            found.setdefault(kind, value)
        family, gateway = _gateway(found)
        yield {
            "gateway_family": family,
            "gateway": gateway,
            "device": device,
            "weight": weight + 1,
            "flags": flags,
        }
        payload = payload[(length + 3) & ~3 :]


def _gateway(found: dict[int, bytes]) -> tuple[int, bytes]:
    sizes = {4: 2, 16: 10}
    plain = found.get(GATEWAY, b"")
    if len(plain) in sizes:
        return sizes[len(plain)], plain.ljust(16, b"\0")
    other = found.get(VIA, b"")
    if len(other) - 2 in sizes and struct.unpack_from("=H", other)[0] == sizes[len(other) - 2]:
        return sizes[len(other) - 2], other[2:].ljust(16, b"\0")
    return 0, bytes(16)


def _number(payload: bytes | None, layout: str, absent: int) -> int:
    if payload is None or len(payload) < struct.calcsize(layout):
        return absent
    value: int = struct.unpack_from(layout, payload)[0]
    return value


def _attributes(payload: bytes) -> Iterator[tuple[int, bytes]]:
    while len(payload) >= 4:
        size, kind = struct.unpack_from("=HH", payload)
        if not 4 <= size <= len(payload):
            return
        yield kind & 0x3FFF, payload[4:size]
        payload = payload[(size + 3) & ~3 :]
