"""Members of multicast groups. Only the interface knows them: their sockets are bound to nothing."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """A group, IPv4 or IPv6, and the interface it is joined on."""

    group: str
    device: str


def join(member: Member) -> socket.socket:
    """A socket that is a member for as long as it is open, of the namespace that the caller is in."""
    six = ":" in member.group
    family = socket.AF_INET6 if six else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    group, index = socket.inet_pton(family, member.group), socket.if_nametoindex(member.device)
    if six:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("=I", index))
    else:
        told = group + bytes(4) + struct.pack("=i", index)  # struct ip_mreqn
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, told)
    return made
