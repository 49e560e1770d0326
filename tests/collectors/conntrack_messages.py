"""Tracked connections made up: as messages of ctnetlink and as lines of /proc/net/nf_conntrack."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from socket import inet_pton

from sockscope.app.frames.conntrack import STATES, Status
from tests.collectors.netlink_messages import attribute, message

CT_NEW = 0x100
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
NESTED = 0x8000
_ICMP_ATTRIBUTES = {ICMP: (4, 5, 6), ICMPV6: (7, 8, 9)}
_STATE_ATTRIBUTES = {6: 1, 33: 2, 132: 3}


@dataclass(frozen=True, slots=True)
class End:
    """One tuple; ports of ICMP are the id, and type << 8 | code."""

    source: str
    destination: str
    source_port: int = 0
    destination_port: int = 0
    packets: int = -1
    bytes: int = -1

    def reverse(self) -> End:
        """The tuple of the replies, where nothing is translated."""
        return replace(
            self,
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A tracked connection, with -1 for what is not told."""

    original: End
    reply: End
    protocol: int = TCP
    state: int = -1
    status: Status = Status.CONFIRMED | Status.SEEN_REPLY
    timeout: int = 300
    mark: int = 0
    zone: int = 0
    zone_of: int = 0
    id: int = 1
    started: int = -1
    more: tuple[bytes, ...] = field(default=())
    """Attributes that nobody here reads."""

    @property
    def family(self) -> int:
        """The address family."""
        return 10 if ":" in self.original.source else 2


def nest(kind: int, *parts: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NESTED, b"".join(parts))


def number(kind: int, value: int, size: int) -> bytes:
    """An attribute with a number in network order."""
    return attribute(kind, value.to_bytes(size, "big"))


def ct(entry: Entry) -> bytes:
    """The message of an entry, attributes in the kernel's order."""
    parts = [
        _tuple(1, entry, entry.original, entry.zone if entry.zone_of == 1 else 0),
        _tuple(2, entry, entry.reply, entry.zone if entry.zone_of == 2 else 0),
    ]
    if entry.zone and not entry.zone_of:
        parts.append(number(18, entry.zone, 2))
    parts += [number(12, entry.id, 4), number(3, entry.status, 4)]
    if entry.timeout >= 0:
        parts.append(number(7, entry.timeout, 4))
    if entry.state >= 0:
        kind = _STATE_ATTRIBUTES[entry.protocol]
        parts.append(nest(4, nest(kind, number(1, entry.state, 1), number(2, 10, 1))))
    for kind, end in ((9, entry.original), (10, entry.reply)):
        if end.packets >= 0:
            parts.append(nest(kind, number(1, end.packets, 8), number(2, end.bytes, 8)))
    if entry.started >= 0:
        parts.append(nest(20, number(1, entry.started, 8)))
    parts += [number(8, entry.mark, 4), *entry.more]
    return message(CT_NEW, struct.pack("=BBH", entry.family, 0, 0) + b"".join(parts))


def _tuple(kind: int, entry: Entry, end: End, zone: int) -> bytes:
    family = entry.family
    source, destination = (1, 2) if family == 2 else (3, 4)
    ip = nest(
        1,
        attribute(source, inet_pton(family, end.source)),
        attribute(destination, inet_pton(family, end.destination)),
    )
    proto = [number(1, entry.protocol, 1)]
    if entry.protocol in _ICMP_ATTRIBUTES:
        identifier, icmp_type, code = _ICMP_ATTRIBUTES[entry.protocol]
        proto.append(number(identifier, end.source_port, 2))
        proto.append(number(icmp_type, end.destination_port >> 8, 1))
        proto.append(number(code, end.destination_port & 255, 1))
    else:
        proto += [number(2, end.source_port, 2), number(3, end.destination_port, 2)]
    return nest(kind, ip, nest(2, *proto), *([number(3, zone, 2)] if zone else []))


def line(entry: Entry) -> str:
    """The same as the file of /proc has it (ct_seq_show)."""
    words = ["ipv4" if entry.family == 2 else "ipv6", str(entry.family), "proto", str(entry.protocol)]
    if entry.timeout >= 0:
        words.append(str(entry.timeout))
    if entry.state >= 0:
        words.append(STATES[entry.protocol][entry.state])
    words += _words(entry, entry.original)
    if Status.SEEN_REPLY not in entry.status:
        words.append("[UNREPLIED]")
    words += _words(entry, entry.reply)
    for bit, word in (
        (Status.HW_OFFLOAD, "[HW_OFFLOAD]"),
        (Status.OFFLOAD, "[OFFLOAD]"),
        (Status.ASSURED, "[ASSURED]"),
    ):
        if bit in entry.status:
            words.append(word)
            break
    name = ("zone", "zone-orig", "zone-reply")[entry.zone_of]
    return " ".join([*words, f"mark={entry.mark}", f"{name}={entry.zone}", "use=2"])


def _words(entry: Entry, end: End) -> list[str]:
    words = [f"src={end.source}", f"dst={end.destination}"]
    if entry.protocol in _ICMP_ATTRIBUTES:
        kind, code = divmod(end.destination_port, 256)
        words += [f"type={kind}", f"code={code}", f"id={end.source_port}"]
    else:
        words += [f"sport={end.source_port}", f"dport={end.destination_port}"]
    return words if end.packets < 0 else [*words, f"packets={end.packets}", f"bytes={end.bytes}"]


WEB = End("10.1.0.2", "10.2.0.2", 50001, 443)
PLAIN = Entry(WEB, WEB.reverse(), state=3)
MASQUERADED = Entry(WEB, End("10.2.0.2", "10.2.0.1", 443, 61001), state=3, id=2)
REWRITTEN = Entry(
    End("10.1.0.2", "10.1.0.1", 50002, 8080), End("10.2.0.2", "10.1.0.2", 80, 50002), state=3, id=3
)
BOTH = Entry(
    End("10.1.0.2", "10.1.0.1", 50003, 8443), End("10.2.0.2", "10.2.0.1", 443, 50003), id=4, protocol=UDP
)
ECHO = Entry(
    End("10.1.0.2", "10.2.0.2", 77, 8 << 8), End("10.2.0.2", "10.2.0.1", 77, 0), ICMP, timeout=29, id=5
)
SIX = Entry(End("fd01::2", "fd02::2", 50004, 443), End("fd02::2", "fd02::1", 443, 50004), state=7, id=6)
EVERY = (PLAIN, MASQUERADED, REWRITTEN, BOTH, ECHO, SIX)
"""One of each."""
