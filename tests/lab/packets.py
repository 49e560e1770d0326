"""Packets made by hand, for what the socket interface does not let one send."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

_SYN = 0x02
_MSS_1460 = b"\x02\x04\x05\xb4"


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071) of data."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source: tuple[str, int], target: tuple[str, int], sequence: int = 1) -> bytes:
    """A TCP SYN (RFC 9293) with its IPv4 or IPv6 header, for a raw socket that includes the header."""
    sender, receiver = ip_address(source[0]), ip_address(target[0])
    length = 20 + len(_MSS_1460)
    head = struct.pack("!HHIIBBHHH", source[1], target[1], sequence, 0, length // 4 << 4, _SYN, 64240, 0, 0)
    pseudo = sender.packed + receiver.packed + struct.pack("!IHBB", length, 0, 0, 6)
    if isinstance(sender, IPv4Address):
        pseudo = sender.packed + receiver.packed + struct.pack("!BBH", 0, 6, length)
    total = checksum(pseudo + head + _MSS_1460)
    segment = head[:16] + struct.pack("!H", total) + head[18:] + _MSS_1460
    if isinstance(sender, IPv4Address):
        fixed = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, sequence & 0xFFFF, 0, 64, 6, 0)
        packet = fixed + sender.packed + receiver.packed
        return packet[:10] + struct.pack("!H", checksum(packet)) + packet[12:] + segment
    return struct.pack("!IHBB", 6 << 28, length, 6, 64) + sender.packed + receiver.packed + segment


def router_advertisement(
    lifetime: int, prefixes: Iterable[str] = (), routes: Iterable[str] = (), preference: int = 0
) -> bytes:
    """An ICMPv6 router advertisement (RFC 4861, 4191) without checksum, which the kernel fills in.

    `lifetime` in seconds makes the sender a default router, `prefixes` are on the link and used for own
    addresses, `routes` are reached through the sender; all last for 1800 s. `preference` is 0 medium, 1 high,
    3 low.
    """
    options = b""
    for prefix in prefixes:
        address, length = prefix.split("/")
        flags = 0xC0  # on link, autonomous
        options += (
            struct.pack("!BBBBIII", 3, 4, int(length), flags, 1800, 1800, 0) + IPv6Address(address).packed
        )
    for route in routes:
        address, length = route.split("/")
        options += (
            struct.pack("!BBBBI", 24, 3, int(length), preference << 3, 1800) + IPv6Address(address).packed
        )
    return struct.pack("!BBHBBHII", 134, 0, 0, 64, preference << 3, lifetime, 0, 0) + options
