"""Answers to RTM_GETROUTE as columns (linux/rtnetlink.h: rtmsg, rtnexthop, rtvia, rta_cacheinfo)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.netlink import (
    Attribute,
    Dump,
    attributes,
    failed,
    fields,
    gather,
    gather_octets,
    nested,
    octets,
    values,
    whole,
)
from sockscope.app.frames.table import Numbers, Table, concatenate

RTM_NEWROUTE = 24

_DST, _SRC, _OIF, _GATEWAY, _PRIORITY, _PREFSRC, _METRICS, _MULTIPATH = 1, 2, 4, 5, 6, 7, 8, 9
_CACHEINFO, _TABLE, _VIA, _PREF, _ENCAP_TYPE, _NH_ID = 12, 15, 18, 20, 21, 30
_WANTED = (
    _DST, _SRC, _OIF, _GATEWAY, _PRIORITY, _PREFSRC, _METRICS, _MULTIPATH,
    _CACHEINFO, _TABLE, _VIA, _PREF, _ENCAP_TYPE, _NH_ID,
)  # fmt: skip
_RTAX_MTU, _RTAX_WINDOW, _RTAX_RTT, _RTAX_ADVMSS = 2, 3, 4, 8
_EXPIRES_AT = 8
"""Distance of rta_expires in struct rta_cacheinfo."""

_RTMSG = np.dtype(
    [
        ("family", "u1"),
        ("destination_length", "u1"),
        ("source_length", "u1"),
        ("tos", "u1"),
        ("table", "u1"),
        ("protocol", "u1"),
        ("scope", "u1"),
        ("type", "u1"),
        ("flags", "u4"),
    ]
)
_RTNEXTHOP = np.dtype([("length", "u2"), ("flags", "u1"), ("hops", "u1"), ("device", "u4")])

_LENGTH = {2: 4, 10: 16}


def decode(dump: Dump, family: int) -> tuple[Table, Table]:
    """Tables `routes` and `nexthops` of the routes of one address family (2, 10) in a dump.

    Messages of other families are left out: a kernel without IPv6 answers the question for IPv6 routes with
    all it has. Malformed attributes end their message, what came before them counts.
    """
    return _decode(dump, family) if len(dump) else nothing()


def _decode(dump: Dump, family: int) -> tuple[Table, Table]:
    dump = whole(dump, RTM_NEWROUTE, _RTMSG.itemsize)
    head = fields(dump, _RTMSG)
    of_family = head["family"] == family
    if not of_family.all():
        dump = Dump(dump.buffer, dump.offsets[of_family], dump.lengths[of_family])
        head = head[of_family]
    found = attributes(dump, _RTMSG.itemsize, _WANTED)
    buffer = dump.buffer
    own_length = _LENGTH[family]
    gateway_family, gateway = _gateways(buffer, found)
    destination, _ = _addresses(buffer, found[_DST], own_length)
    source_prefix, _ = _addresses(buffer, found[_SRC], own_length)
    preferred_source, preferred_source_known = _addresses(buffer, found[_PREFSRC], own_length)
    metrics = _metrics(buffer, found[_METRICS])
    nexthops, hops, first_hop = _nexthops(buffer, found[_MULTIPATH])
    routes = Table(
        {
            "family": _copy(head["family"]),
            "table": _table_ids(buffer, found[_TABLE], head["table"]),
            "type": _copy(head["type"]),
            "protocol": _copy(head["protocol"]),
            "scope": _copy(head["scope"]),
            "tos": _copy(head["tos"]),
            "flags": _copy(head["flags"]),
            "destination_length": _copy(head["destination_length"]),
            "source_length": _copy(head["source_length"]),
            "destination": destination,
            "source_prefix": source_prefix,
            "gateway_family": gateway_family,
            "gateway": gateway,
            "preferred_source_known": preferred_source_known,
            "preferred_source": preferred_source,
            "device": values(buffer, found[_OIF], np.uint32, 0),
            "metric": values(buffer, found[_PRIORITY], np.uint32, 0),
            "mtu": metrics[_RTAX_MTU],
            "advmss": metrics[_RTAX_ADVMSS],
            "window": metrics[_RTAX_WINDOW],
            "rtt": metrics[_RTAX_RTT],
            "pref": values(buffer, found[_PREF], np.int8, -1),
            "expires": _expires(buffer, found[_CACHEINFO]),
            "nexthop_id": values(buffer, found[_NH_ID], np.uint32, 0),
            "encapsulation": values(buffer, found[_ENCAP_TYPE], np.uint16, 0),
            "advertised": np.zeros(len(dump), np.uint8),
            "hops": hops,
            "first_hop": first_hop,
        }
    )
    return routes, nexthops


def join(parts: list[tuple[Table, Table]]) -> tuple[Table, Table]:
    """Tables of several dumps as one; the row numbers that join hops and routes are moved along."""
    routes: list[Table] = []
    nexthops: list[Table] = []
    route_base = hop_base = 0
    for route_part, hop_part in parts:
        first_hop = route_part.numbers("first_hop") + np.uint32(hop_base)
        routes.append(route_part.with_columns(first_hop=first_hop))
        nexthops.append(hop_part.with_columns(route=hop_part.numbers("route") + np.uint32(route_base)))
        route_base += len(route_part)
        hop_base += len(hop_part)
    return concatenate(routes), concatenate(nexthops)


def with_advertised(routes: Table, prefixes: Table) -> Table:
    """Mark in column `advertised` the routes that the answer to RTM_F_PREFIX holds as well."""
    if not len(prefixes):
        return routes
    made_by_kernel = np.flatnonzero((routes.numbers("family") == 10) & (routes.numbers("protocol") == 2))
    advertised = np.zeros(len(routes), np.uint8)
    advertised[made_by_kernel] = np.isin(_identity(routes.take(made_by_kernel)), _identity(prefixes))
    return routes.with_columns(advertised=advertised)


def _identity(routes: Table) -> Numbers:
    """One byte string a route, equal for the same route in two dumps."""
    names = ("destination", "destination_length", "table", "metric", "device")
    parts = [np.ascontiguousarray(routes.numbers(name)).view(np.uint8) for name in names]
    flat = np.concatenate([part.reshape(len(routes), -1) for part in parts], axis=1)
    return flat.view(f"S{flat.shape[1]}").ravel()


def _copy(column: Numbers) -> Numbers:
    return np.ascontiguousarray(column)


def _table_ids(buffer: bytes, attribute: Attribute, short: Numbers) -> Numbers:
    """RTA_TABLE, which has room for numbers above 255, else the eight bits of rtmsg."""
    known = attribute.present & (attribute.lengths >= 4)
    return np.where(known, values(buffer, attribute, np.uint32, 0), short.astype(np.uint32))


def _expires(buffer: bytes, cacheinfo: Attribute) -> Numbers:
    there = cacheinfo.present & (cacheinfo.lengths >= _EXPIRES_AT + 4)
    offsets = np.where(there, cacheinfo.offsets + _EXPIRES_AT, -1)
    return values(buffer, Attribute(offsets, cacheinfo.lengths - _EXPIRES_AT), np.int32, 0)


def _addresses(buffer: bytes, attribute: Attribute, length: int) -> tuple[Numbers, NDArray[np.uint8]]:
    """Addresses of that many bytes, shape (n, 16), and for which messages there was one."""
    known = attribute.present & (attribute.lengths == length)
    return octets(buffer, attribute, length, 16), known.astype(np.uint8)


def _gateways(buffer: bytes, found: Mapping[int, Attribute]) -> tuple[Numbers, Numbers]:
    """Address family (0: no gateway) and address, of RTA_GATEWAY or else RTA_VIA."""
    via = found[_VIA]
    plain = found[_GATEWAY]
    family = np.zeros(len(plain.offsets), np.uint8)
    address = np.zeros((len(family), 16), np.uint8)
    for kind, length in _LENGTH.items():
        rows = np.flatnonzero(via.present & (via.lengths == length + 2))
        told = gather_octets(buffer, via.offsets[rows], length + 2)
        right = told[:, :2].copy().view(np.uint16).ravel() == kind
        family[rows[right]] = kind
        address[rows[right], :length] = told[right, 2:]
    for kind, length in _LENGTH.items():
        rows = np.flatnonzero(plain.present & (plain.lengths == length))
        family[rows] = kind
        address[rows] = 0
        address[rows, :length] = gather_octets(buffer, plain.offsets[rows], length)
    return family, address


def _metrics(buffer: bytes, container: Attribute) -> dict[int, Numbers]:
    wanted = (_RTAX_MTU, _RTAX_WINDOW, _RTAX_RTT, _RTAX_ADVMSS)
    rows = np.flatnonzero(container.present)
    out = {kind: np.zeros(len(container.offsets), np.uint32) for kind in wanted}
    if len(rows):
        start = container.offsets[rows]
        inner = nested(buffer, start, start + container.lengths[rows], wanted)
        for kind in wanted:
            out[kind][rows] = values(buffer, inner[kind], np.uint32, 0)
    return out


def _nexthops(buffer: bytes, multipath: Attribute) -> tuple[Table, Numbers, Numbers]:
    """Table `nexthops` ordered by route, and for each route how many hops it has and the row of the first.

    All routes are walked in step: one turn of the loop takes the next hop of every route that has one.
    """
    count = len(multipath.offsets)
    route = np.flatnonzero(multipath.present)
    at = multipath.offsets[route]
    end = at + multipath.lengths[route]
    routes, places, sizes = [route[:0]], [at[:0]], [at[:0]]
    while True:
        inside = at + _RTNEXTHOP.itemsize <= end
        route, at, end = route[inside], at[inside], end[inside]
        size = gather(buffer, at, np.uint16).astype(np.intp)
        sound = (size >= _RTNEXTHOP.itemsize) & (at + size <= end)
        route, at, end, size = route[sound], at[sound], end[sound], size[sound]
        if not len(route):
            break
        routes.append(route)
        places.append(at)
        sizes.append(size)
        at = at + ((size + 3) & ~3)
    owner = np.concatenate(routes)
    order = np.argsort(owner, kind="stable")
    owner = owner[order]
    place = np.concatenate(places)[order]
    size = np.concatenate(sizes)[order]
    head = gather(buffer, place, _RTNEXTHOP)
    inner = nested(buffer, place + _RTNEXTHOP.itemsize, place + size, (_GATEWAY, _VIA))
    gateway_family, gateway = _gateways(buffer, inner)
    table = Table(
        {
            "route": owner.astype(np.uint32),
            "gateway_family": gateway_family,
            "gateway": gateway,
            "device": _copy(head["device"]),
            "weight": head["hops"].astype(np.uint16) + np.uint16(1),
            "flags": _copy(head["flags"]),
        }
    )
    hops = np.bincount(owner, minlength=count).astype(np.uint32)
    first_hop = np.where(hops > 0, np.cumsum(hops) - hops, 0).astype(np.uint32)
    return table, hops, first_hop


@lru_cache(maxsize=1)
def nothing() -> tuple[Table, Table]:
    """Both tables without a row."""
    return _decode(failed(0), 2)
