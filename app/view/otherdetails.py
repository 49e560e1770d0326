"""What there is to say of a packet, netlink or vsock socket, in words."""

from __future__ import annotations

from collections.abc import Iterator

from sockscope.app.frames.table import Table
from sockscope.app.model.other_names import NETLINK_PURPOSES, frames, group_name, groups, netlink_protocol
from sockscope.app.model.others import (
    ALL_MULTICAST,
    ANY,
    EVERY_PROTOCOL,
    NETLINK,
    PACKET,
    PROMISCUOUS,
    type_name,
)
from sockscope.app.model.ownership import OWNED, Ownership
from sockscope.app.model.states import LISTEN, MEANINGS, NAMES
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces, sockets
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import count
from sockscope.app.view.socketdetails import WHY_WORDS, seen

_CIDS = {0: "the hypervisor", 1: "this machine, over loopback", 2: "the host", ANY: "any"}
"""Well-known context ids (linux/vm_sockets.h)."""
_FANOUTS = (
    "by hash",
    "in turn",
    "to the next when full",
    "by processor",
    "at random",
    "by queue",
    "by program",
)
"""PACKET_FANOUT_*, how frames are shared out."""
_FLAGS = (
    (0x2, "auxiliary data with each frame"),
    (0x4, "the device that a frame came in by"),
    (0x8, "offload headers"),
)
"""PDI_*."""


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """The socket, what it gets, its owner, its queues and its history."""
    family = rows.integer("family", row)
    if family == PACKET:
        mine = Section("Sees", tuple(_packet(rows, row)))
    elif family == NETLINK:
        mine = Section("Hears", tuple(_netlink(rows, row)))
    else:
        mine = Section("Ends", tuple(_vsock(rows, row)))
    return (
        Section("Socket", (*_socket(rows, row), *namespaces.facts(rows, row))),
        mine,
        Section("Owner", tuple(_owner(store, rows, row))),
        Section("Queues", tuple(_queues(rows, row))),
        Section("Seen", tuple(seen(rows, row))),
    )


def _socket(rows: Table, row: int) -> Iterator[Fact]:
    family = rows.integer("family", row)
    kind = type_name(rows.integer("type", row))
    if family == PACKET:
        shape = (
            "without their link-layer header" if rows.integer("type", row) == 2 else "as they are on the wire"
        )
        yield Fact("kind", f"packet, {kind}: frames {shape}")
    elif family == NETLINK:
        yield Fact("kind", "netlink: a program and the kernel, or programs among themselves")
    else:
        yield Fact("kind", f"vsock, {kind}: a virtual machine and its host")
    inode, cookie = rows.integer("inode", row), rows.integer("cookie", row)
    yield Fact("inode", str(inode) if inode else "none")
    if cookie:
        yield Fact("cookie", f"{cookie:x}")


def _packet(rows: Table, row: int) -> Iterator[Fact]:
    number = rows.integer("protocol", row)
    where = rows.text("interface", row)
    if number == 0:
        yield Fact("frames", "none: it only sends")
    elif number == EVERY_PROTOCOL:
        yield Fact("frames", "all, received and sent: it may be a sniffer", "strong")
    else:
        yield Fact("frames", f"{frames(number)} (protocol 0x{number:04x})", "strong")
    yield Fact("interface", where or "every one")
    wide = rows.integer("promiscuous", row)
    if wide == PROMISCUOUS:
        yield Fact("promiscuous", "it made the device take frames that are meant for others", "warn")
    elif wide == ALL_MULTICAST:
        yield Fact("multicast", "it made the device take every multicast frame")
    if rows.integer("ring", row):
        yield Fact("ring", "frames reach it through shared memory")
    fanout = rows.integer("fanout", row)
    if fanout >= 0:
        how = fanout >> 16 & 0xFF
        words = _FANOUTS[how] if how < len(_FANOUTS) else f"in way {how}"
        yield Fact("fanout", f"group {fanout & 0xFFFF}: its members share the frames {words}")
    wishes = [words for flag, words in _FLAGS if rows.integer("flags", row) & flag]
    if wishes:
        yield Fact("asks for", ", ".join(wishes))


def _netlink(rows: Table, row: int) -> Iterator[Fact]:
    number = rows.integer("protocol", row)
    yield Fact("protocol", netlink_protocol(number), "strong")
    if number in NETLINK_PURPOSES:
        yield Fact("", NETLINK_PURPOSES[number])
    port = rows.integer("local_port", row)
    if port == 0:
        yield Fact("port", "0: the kernel's own end")
        return
    same = rows.integer("pid", row) == port
    yield Fact("port", f"{port}, the number of its process" if same else f"{port}, an address, not a process")
    peer = rows.integer("remote_port", row)
    if peer:
        yield Fact("peer", f"port {peer}")
    members = [group_name(number, group) for group in groups(rows, row)]
    yield Fact("groups", ", ".join(members) if members else "none: it asks and is answered")


def _vsock(rows: Table, row: int) -> Iterator[Fact]:
    code = rows.integer("state", row)
    yield Fact("state", NAMES.get(code, str(code)), sockets.TONES.get(code, ""))
    if code in MEANINGS:
        yield Fact("", MEANINGS[code])
    for end in ("local",) if code == LISTEN else ("local", "remote"):
        cid, port = rows.integer(f"{end}_cid", row), rows.integer(f"{end}_port", row)
        whose = _CIDS.get(cid, f"machine {cid}")
        yield Fact(end if end == "local" else "foreign", f"{whose}, port {'any' if port == ANY else port}")


def _owner(store: Store, rows: Table, row: int) -> Iterator[Fact]:
    why = rows.integer("why", row)
    if why != OWNED:
        yield Fact("process", WHY_WORDS[why])
    label = "process"
    for holder in Ownership.from_store(store).holders(rows.integer("inode", row)):
        yield Fact(label, f"{holder.name or '?'} {holder.pid}  {holder.command or ''}".strip())
        label = ""
    user = sockets.user(rows, row)
    if user is not None:
        yield Fact("user", user)


def _queues(rows: Table, row: int) -> Iterator[Fact]:
    received, sent = rows.integer("rmem", row), rows.integer("wmem", row)
    limit, drops = rows.integer("rcvbuf", row), rows.integer("drops", row)
    if received >= 0:
        room = f" of {count(limit)}" if limit >= 0 else ""
        yield Fact("Recv-Q", f"{count(received)}{room} bytes of buffer memory")
    if sent >= 0:
        yield Fact("Send-Q", f"{count(sent)} bytes of buffer memory")
    if drops >= 0:
        growing = bool(rows.numbers("growing")[row])
        words = f"{count(drops)} lost because it did not read fast enough{', and growing' if growing else ''}"
        yield Fact("drops", words if drops else "0", "alarm" if growing else "warn" if drops else "")
