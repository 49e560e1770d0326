"""Sockets that are not of the internet, or rarer than TCP: packet, netlink and MPTCP."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from dataclasses import dataclass
from typing import Literal

from tests.lab.namespace import Namespace
from tests.lab.sockets import PATIENCE, Sockets

IPPROTO_MPTCP = 262
ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_LLDP = 0x0003, 0x0800, 0x0806, 0x88CC
RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE = 0x1, 0x10, 0x40
ROUTE, SOCK_DIAG, GENERIC, UEVENT = 0, 4, 16, 15

_SOL_PACKET = 263
_SO_ATTACH_FILTER = 26
_ADD_MEMBERSHIP, _FANOUT, _RX_RING = 1, 18, 5
_PROMISCUOUS = 1
_PAGE = 4096


def packet(here: Sockets, protocol: int, device: str = "", kind: int = socket.SOCK_RAW) -> socket.socket:
    """A packet socket that gets frames of a protocol, of one device or of all."""
    made = here.keep(here.namespace.socket(socket.AF_PACKET, kind, socket.htons(protocol)))
    if device:
        made.bind((device, protocol))
    return made


def sniff(sniffer: socket.socket, device: int) -> None:
    """Make it promiscuous on the device of that index."""
    request = struct.pack("=iHH8x", device, _PROMISCUOUS, 0)
    sniffer.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)


def share(one: socket.socket, group: int) -> None:
    """Share its frames with the other members of a fanout group, by hash."""
    one.setsockopt(_SOL_PACKET, _FANOUT, struct.pack("=I", group))


def map_ring(one: socket.socket) -> None:
    """Have frames put into a ring of two blocks (struct tpacket_req)."""
    one.setsockopt(_SOL_PACKET, _RX_RING, struct.pack("=IIII", _PAGE, 2, _PAGE // 2, 4))


def netlink(here: Sockets, protocol: int, groups: int = 0) -> socket.socket:
    """A netlink socket that listens to groups, given as bits."""
    made = here.keep(here.namespace.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol))
    made.bind((0, groups))
    return made


def overflow(here: Sockets, listener: socket.socket, device: str = "lo") -> None:
    """Let a socket that listens to addresses lose messages, by more of them than its buffer holds."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    for number in range(1, 30):
        here.namespace.ip("address", "add", f"10.99.0.{number}/32", "dev", device)
        here.namespace.ip("address", "del", f"10.99.0.{number}/32", "dev", device)


def has_mptcp(namespace: Namespace) -> bool:
    """Whether this kernel makes MPTCP sockets."""
    try:
        namespace.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP).close()
    except OSError:
        return False
    return True


def mptcp(here: Sockets, host: str = "127.0.0.1") -> tuple[socket.socket, socket.socket, socket.socket]:
    """A listener and both ends of a connection of MPTCP."""
    listener = here.open(host, socket.SOCK_STREAM, IPPROTO_MPTCP)
    listener.bind((host, 0))
    listener.listen(9)
    client = here.open(host, socket.SOCK_STREAM, IPPROTO_MPTCP)
    client.connect(listener.getsockname())
    return listener, client, here.accept(listener)


def exchange(one: socket.socket, other: socket.socket) -> None:
    """A few bytes each way, after which both ends know each other fully."""
    with contextlib.suppress(OSError):
        one.settimeout(PATIENCE)
    one.sendall(b"ping")
    other.recv(4)
    other.sendall(b"pong")
    one.recv(4)


@dataclass(frozen=True, slots=True)
class Ear:
    """What a program listens to beside ports: frames of a protocol on a device, groups of a netlink protocol
    (as bits), or packets of an IP protocol."""

    kind: Literal["frames", "netlink", "raw"]
    protocol: int
    device: str = ""
    groups: int = 0
    promiscuous: bool = False
    choosy: bool = False
    """A filter lets nothing through, as that of a client that waits for an answer."""


def prick(ear: Ear) -> socket.socket:
    """Open it, in the namespace that the caller is in."""
    if ear.kind == "raw":
        return socket.socket(socket.AF_INET, socket.SOCK_RAW, ear.protocol)
    if ear.kind == "netlink":
        made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, ear.protocol)
        made.bind((0, ear.groups))
        return made
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ear.protocol))
    if ear.device:
        made.bind((ear.device, ear.protocol))
    if ear.promiscuous:
        sniff(made, socket.if_nametoindex(ear.device))
    if ear.choosy:
        let_nothing_through(made)
    return made


def let_nothing_through(one: socket.socket) -> None:
    """Attach a classic BPF program of one instruction (struct sock_fprog): return 0."""
    program = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0))
    one.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program)))


@dataclass(frozen=True, slots=True)
class Pair:
    """A connection of MPTCP that a program has with itself, at this port."""

    host: str
    port: int


def connect(pair: Pair) -> list[socket.socket]:
    """Its listener and both its ends; nothing where the kernel has no MPTCP."""
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError:
        return []
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    listener.bind((pair.host, pair.port))
    listener.listen(64)
    client.connect((pair.host, pair.port))
    return [listener, client, listener.accept()[0]]
