"""Routes as /proc/net/route and /proc/net/ipv6_route tell them: for where rtnetlink is refused.

Layouts: fib_route_seq_show in the kernel's net/ipv4/fib_trie.c, rt6_info_route in net/ipv6/route.c; bits of
the flags: linux/route.h, linux/ipv6_route.h. The files know less than rtnetlink: of IPv4 only table main and
the first next hop, no protocol, and no difference between blackhole and throw, unreachable and prohibit.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Numbers, Table

_GATEWAY, _REJECT = 0x2, 0x200
_DEFAULT, _ADDRCONF, _PREFIX_RT, _ANYCAST, _NONEXTHOP = 0x10000, 0x40000, 0x80000, 0x100000, 0x200000
_EXPIRES, _ROUTEINFO, _LOCAL = 0x400000, 0x800000, 0x80000000
_PREF_SHIFT = 27

_MAIN, _LOCAL_TABLE = 254, 255
_UNICAST, _LOCAL_TYPE, _ANYCAST_TYPE, _MULTICAST, _BLACKHOLE, _UNREACHABLE = 1, 2, 4, 5, 6, 7
_KERNEL, _RA = 2, 9
_UNIVERSE, _LINK, _HOST = 0, 253, 254

_HEADERS = 40
"""What the kernel adds to the advertised segment size in the column MTU of /proc/net/route."""

_LINE_4 = re.compile(
    rb"^(\S+)[\t ]+([0-9A-F]{8})[\t ]+([0-9A-F]{8})[\t ]+([0-9A-F]{4,8})[\t ]+-?\d+[\t ]+\d+[\t ]+"
    rb"(-?\d{1,10})[\t ]+([0-9A-F]{8})[\t ]+(\d{1,10})[\t ]+(\d{1,10})[\t ]+(\d{1,10})[\t ]*$",
    re.MULTILINE,
)
"""Device, destination, gateway, flags, metric, mask, MTU, window, irtt."""

_LINE_6 = re.compile(
    rb"^([0-9a-f]{32}) ([0-9a-f]{2}) ([0-9a-f]{32}) ([0-9a-f]{2}) ([0-9a-f]{32}) ([0-9a-f]{8}) "
    rb"[0-9a-f]{8} [0-9a-f]{8} ([0-9a-f]{8}) +(\S+)$",
    re.MULTILINE,
)
"""Destination, its length, source, its length, gateway, metric, flags, device."""


def routes_4(text: bytes, index_of: Callable[[str], int]) -> Table:
    """Table `routes` of /proc/net/route; `index_of` gives the index of a device by its name, 0 if unknown."""
    names, destination, gateway, flag_words, metric, mask, mtu_words, window, irtt = _words(_LINE_4, text)
    flags = _hexadecimal(flag_words)
    nowhere = np.array([name == b"*" for name in names], dtype=np.bool_)
    through = (flags & _GATEWAY) != 0
    mtu = _decimal(mtu_words)
    kind = np.where(nowhere, _BLACKHOLE, _UNICAST)
    kind = np.where((flags & _REJECT) != 0, _UNREACHABLE, kind)
    return _table(
        len(names),
        family=2,
        table=_MAIN,
        type=kind,
        scope=np.where(through | nowhere, _UNIVERSE, _LINK),
        destination=_host_order(destination),
        destination_length=_prefix_lengths(mask),
        gateway_family=np.where(through, 2, 0),
        gateway=_host_order(gateway),
        device=_devices(names, index_of),
        metric=_decimal(metric) & 0xFFFFFFFF,
        advmss=np.where(mtu > _HEADERS, mtu - _HEADERS, 0),
        window=_decimal(window),
        rtt=_decimal(irtt) * 8,
    )


def routes_6(text: bytes, index_of: Callable[[str], int]) -> Table:
    """Table `routes` of /proc/net/ipv6_route, without the kernel's null entries, which are not routes.

    Every hop of a multipath route is a row of its own. Routes of all tables come unnamed: only those that
    the kernel makes for its own addresses are told apart, the others count as table main.
    """
    words = _words(_LINE_6, text)
    destinations, lengths, sources, source_lengths, gateways, metrics, flag_words, names = words
    flags = _hexadecimal(flag_words)
    destination = _network_order(destinations)
    metric = _hexadecimal(metrics)
    length = _octets(lengths)
    own = ((flags & (_LOCAL | _ANYCAST)) != 0) & ((flags & _NONEXTHOP) != 0)
    multicast = (destination[:, 0] == 0xFF) & (length == 8)
    from_router = ((flags & _ADDRCONF) != 0) & ((flags & (_DEFAULT | _ROUTEINFO)) != 0)
    prefix = (flags & _PREFIX_RT) != 0
    through = (flags & _GATEWAY) != 0
    kind = np.select(
        [(flags & _REJECT) != 0, (flags & _LOCAL) != 0, (flags & _ANYCAST) != 0, multicast],
        [_UNREACHABLE, _LOCAL_TYPE, _ANYCAST_TYPE, _MULTICAST],
        _UNICAST,
    )
    table = _table(
        len(flags),
        family=10,
        table=np.where(own | multicast, _LOCAL_TABLE, _MAIN),
        type=kind,
        protocol=np.select([from_router, own | multicast | prefix], [_RA, _KERNEL], 0),
        destination=destination,
        destination_length=length,
        source_prefix=_network_order(sources),
        source_length=_octets(source_lengths),
        gateway_family=np.where(through, 10, 0),
        gateway=_network_order(gateways),
        device=_devices(names, index_of),
        metric=metric,
        pref=(flags >> _PREF_SHIFT) & 3,
        expires=np.where((flags & _EXPIRES) != 0, -1, 0),
        advertised=prefix,
    )
    null_entry = ((flags & _REJECT) != 0) & (metric == 0xFFFFFFFF) & (length == 0)
    return table.take(~null_entry)


def _table(rows: int, **known: Numbers | int) -> Table:
    """A table `routes` with the given columns, all others at their value for "not known"."""
    kinds: dict[str, type[np.generic]] = {
        "family": np.uint8,
        "table": np.uint32,
        "type": np.uint8,
        "protocol": np.uint8,
        "scope": np.uint8,
        "tos": np.uint8,
        "flags": np.uint32,
        "destination_length": np.uint8,
        "source_length": np.uint8,
        "gateway_family": np.uint8,
        "preferred_source_known": np.uint8,
        "device": np.uint32,
        "metric": np.uint32,
        "mtu": np.uint32,
        "advmss": np.uint32,
        "window": np.uint32,
        "rtt": np.uint32,
        "pref": np.int8,
        "expires": np.int32,
        "nexthop_id": np.uint32,
        "encapsulation": np.uint16,
        "advertised": np.uint8,
        "hops": np.uint32,
        "first_hop": np.uint32,
    }
    columns: dict[str, Numbers] = {}
    for name, kind in kinds.items():
        value = known.get(name, -1 if name == "pref" else 0)
        columns[name] = np.broadcast_to(np.asarray(value), (rows,)).astype(kind)
    for name in ("destination", "source_prefix", "gateway", "preferred_source"):
        columns[name] = np.asarray(known.get(name, np.zeros((rows, 16), np.uint8)))
    return Table(columns)


def _words(line: re.Pattern[bytes], text: bytes) -> list[list[bytes]]:
    """The words of every whole line, one list a column; a line that was cut short is left out."""
    found: list[tuple[bytes, ...]] = line.findall(text)
    return [[row[place] for row in found] for place in range(line.groups)]


def _octets(words: list[bytes]) -> Numbers:
    return np.frombuffer(bytes.fromhex(b"".join(words).decode()), np.uint8)


def _hexadecimal(words: list[bytes]) -> NDArray[np.int64]:
    return np.array([int(word, 16) for word in words], dtype=np.int64)


def _decimal(words: list[bytes]) -> NDArray[np.int64]:
    return np.array([int(word) for word in words], dtype=np.int64)


def _network_order(words: list[bytes]) -> Numbers:
    return _octets(words).reshape(len(words), 16).copy()


def _host_order(words: list[bytes]) -> Numbers:
    """Addresses that were printed as a number of the machine's byte order, shape (n, 16)."""
    out = np.zeros((len(words), 16), np.uint8)
    numbers = _octets(words).view(">u4").astype(np.uint32)
    out[:, :4] = numbers.view(np.uint8).reshape(len(words), 4)
    return out


def _prefix_lengths(masks: list[bytes]) -> Numbers:
    """How many bits are set, which is the length of the prefix."""
    bits = np.unpackbits(_octets(masks).reshape(len(masks), 4), axis=1)
    lengths: Numbers = bits.sum(axis=1)
    return lengths


def _devices(names: list[bytes], index_of: Callable[[str], int]) -> Numbers:
    indices = {name: index_of(name.decode(errors="surrogateescape")) for name in set(names) - {b"*"}}
    return np.array([indices.get(name, 0) for name in names], dtype=np.uint32)
