"""What there is to say of one socket, in words."""

from __future__ import annotations

import socket

import numpy as np

from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP
from sockscope.app.frames.table import Table
from sockscope.app.model import opened
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.listening import REACHES
from sockscope.app.model.ownership import (
    ELSEWHERE,
    FROM_LISTENER,
    KERNEL,
    NO_PERMISSION,
    NOBODY,
    NOT_LOOKED,
    OWNED,
    VANISHED,
    Ownership,
)
from sockscope.app.model.presence import GONE
from sockscope.app.model.socketstates import state_name, tcp_code
from sockscope.app.model.states import MEANINGS, NAMES
from sockscope.app.model.store import Store
from sockscope.app.view import healthdetails, mptcpdetails, namespaces, sockets, units, ways
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import count, counted, duration
from sockscope.app.view.services import SERVICES, service
from sockscope.app.view.socketextras import mark_facts

LISTEN, SYN_RECV, TIME_WAIT, BOUND_INACTIVE = 10, 3, 6, 13
_CLOSED = (4, 5, 6, 9, 11)
"""FIN_WAIT1, FIN_WAIT2, TIME_WAIT, LAST_ACK and CLOSING: this side has sent its FIN."""

_IP_PROTOCOLS = {
    1: "ICMP",
    2: "IGMP",
    6: "TCP",
    17: "UDP",
    41: "IPv6 in IPv4",
    46: "RSVP",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    115: "L2TP",
    132: "SCTP",
}
"""Numbers of the IANA registry that raw sockets are opened for."""

_TIMER_WORDS = {
    0: "none is running",
    1: "retransmission",
    2: "keepalive",
    3: "end of TIME_WAIT or FIN_WAIT2",
    4: "zero-window probe",
    5: "delayed acknowledgement",
}

_BEFORE = "not known: it was closed before its owner was seen"
WHY_WORDS = {
    NOT_LOOKED: "not looked for yet",
    NO_PERMISSION: "a process that this user may not look into (root may)",
    KERNEL: "no process holds it: the kernel's own, or passed along in a message",
    VANISHED: "its process ended while it was looked for",
    NOBODY: "nobody: it has no inode",
    ELSEWHERE: "no process in this pid namespace: one outside of it, or the kernel",
}


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """The socket, what carries it, its owner, its queues, its timer, its path and its history."""
    one = opened.known(store, rows, row)
    return (
        Section("Socket", (*_socket(rows, row), *mark_facts(store, one, 0))),
        Section("MPTCP", tuple(mptcpdetails.facts(store, rows, row))),
        Section("Owner", tuple(_owner(store, one, 0))),
        Section("Queues", tuple(_queues(rows, row))),
        Section("Health", tuple(healthdetails.facts(store, one, 0))),
        Section("Timer", tuple(_timer(rows, row))),
        Section("Path", (*_path(rows, row), *ways.path(store, one, 0))),
        Section("Seen", tuple(seen(rows, row))),
    )


def _tcp(rows: Table, row: int) -> bool:
    return rows.integer("protocol", row) == socket.IPPROTO_TCP


def _endpoint(rows: Table, row: int, end: str, text: str) -> str:
    port = rows.integer(f"{end}_port", row)
    protocol = rows.integer("protocol", row)
    if protocol == socket.IPPROTO_RAW:
        return text
    name = service(port, SERVICES.get(protocol, "tcp")) if port else ""
    return f"{text}  {name}" if name else text


def _end(rows: Table, row: int, end: str, text: str) -> Fact:
    label = "foreign" if end == "remote" else end
    return Fact(label, _endpoint(rows, row, end, text), "strong", (sockets.host(rows, row, end),))


def _socket(rows: Table, row: int) -> list[Fact]:
    code = tcp_code(rows, row)
    state = state_name(rows, row)
    facts = [
        Fact("protocol", sockets.protocol(rows, row)),
        _end(rows, row, "local", sockets.local(rows, row)),
        _end(rows, row, "remote", sockets.remote(rows, row)),
    ]
    if code:
        facts += [
            Fact("state", state, sockets.TONES.get(code, "")),
            Fact("", MEANINGS.get(code, "")),
        ]
    elif rows.integer("protocol", row) == IPPROTO_SCTP:
        facts.append(Fact("state", state))
    elif rows.integer("state", row) == 1:
        facts.append(Fact("state", "connected: it receives only from its peer"))
    else:
        facts.append(Fact("state", "unconnected: it receives from anyone"))
    if rows.integer("protocol", row) == socket.IPPROTO_RAW:
        facts.append(Fact("receives", _ip_protocol(rows.integer("local_port", row))))
    inode, cookie = rows.integer("inode", row), rows.integer("cookie", row)
    facts.append(Fact("inode", str(inode) if inode else "none"))
    if cookie:
        facts.append(Fact("cookie", f"{cookie:x}"))
    return facts + namespaces.facts(rows, row)


def _ip_protocol(number: int) -> str:
    """What a raw socket gets; it is bound to a protocol as others are to a port."""
    if number == socket.IPPROTO_RAW:
        return "nothing: it only sends packets with headers of its own"
    name = _IP_PROTOCOLS.get(number)
    return f"a copy of every packet of IP protocol {number}" + (f", {name}" if name else "")


def _queues(rows: Table, row: int) -> list[Fact]:
    received, sent = rows.integer("rx_queue", row), rows.integer("tx_queue", row)
    if not _tcp(rows, row) and state_name(rows, row) != NAMES[LISTEN]:
        facts = [
            Fact("Recv-Q", f"{count(received)} bytes of buffer memory, not of data"),
            Fact("Send-Q", f"{count(sent)} bytes of buffer memory"),
        ]
        drops = rows.integer("drops", row)
        if drops >= 0 and rows.integer("protocol", row) not in (IPPROTO_MPTCP, IPPROTO_SCTP):
            facts.append(Fact("drops", f"{count(drops)} datagrams", "warn" if drops else ""))
        return facts
    if rows.integer("state", row) == LISTEN:
        facts = [
            Fact("accept queue", f"{counted(received, 'connections')} waiting for accept()"),
            Fact("backlog", f"{count(sent)}: full at {count(sent + 1)}"),
        ]
        if "syn_recv" in rows:
            facts.append(Fact("SYN_RECV", f"{count(rows.integer('syn_recv', row))} handshakes not finished"))
        return facts
    return [
        Fact("Recv-Q", f"{count(received)} bytes received, not read by the process"),
        Fact("Send-Q", f"{count(sent)} bytes sent or written, not acknowledged"),
    ]


def _owner(store: Store, rows: Table, row: int) -> list[Fact]:
    facts = []
    why = rows.integer("why", row)
    inherited = rows.integer("inherited", row)
    if why != OWNED:
        closed = why == NOBODY and _tcp(rows, row) and rows.integer("state", row) in _CLOSED
        facts.append(Fact("process", _BEFORE if closed else WHY_WORDS[why]))
    elif rows.integer("listener", row) >= 0 or not inherited:
        if inherited:
            facts.append(Fact("process", "not accepted yet; its listener belongs to"))
        facts += _holders(store, rows, row)
    else:
        facts += _former(store, rows, row)
    facts.append(Fact("user", sockets.user(rows, row) or "the kernel does not say"))
    return facts + units.facts(store, rows, row)


def _former(store: Store, rows: Table, row: int) -> list[Fact]:
    """Who had it before it was closed; nobody holds it now."""
    name, pid = rows.text("name", row) or "?", rows.integer("pid", row)
    more = rows.integer("holders", row) - 1
    ago = duration(max(0.0, store.frame.monotonic - rows.real("owned", row)))
    facts = [Fact("process", f"{name} {pid}" + (f" and {more} more" if more > 0 else ""))]
    if rows.integer("inherited", row) == FROM_LISTENER:
        facts.append(Fact("", "which had the listener: nobody saw who took the connection"))
    return [*facts, Fact("", f"before it was closed; last seen with it {ago} ago")]


def _holders(store: Store, rows: Table, row: int) -> list[Fact]:
    listener = rows.integer("listener", row)
    inode = rows.integer("inode", row)
    ownership = Ownership.from_store(store)
    if rows.integer("inherited", row):
        all_rows = store.now("sockets")
        inode = 0 if all_rows is None or listener >= len(all_rows) else all_rows.integer("inode", listener)
    return [
        Fact(
            "process" if place == 0 else "",
            f"{holder.name or '?'} {holder.pid}  {holder.command or ''}".strip(),
        )
        for place, holder in enumerate(ownership.holders(inode))
    ]


def _timer(rows: Table, row: int) -> list[Fact]:
    code = rows.integer("timer", row)
    facts = [Fact("timer", _TIMER_WORDS.get(code, f"unknown ({code})"))]
    if code:
        facts.append(Fact("fires in", duration(rows.integer("expires", row) / 1000)))
        what = {1: "retransmits", 2: "probes", 4: "probes"}.get(code)
        if what:
            facts.append(Fact(what, str(rows.integer("retrans", row))))
    return facts


def _path(rows: Table, row: int) -> list[Fact]:
    one = rows.take(np.array([row]))
    where = addresses(one.numbers("family"), one.numbers("local_address"))
    facts = []
    if "reach" in rows:
        facts.append(Fact("reach", REACHES[rows.integer("reach", row)]))
    elif where.loopback[0]:
        facts.append(Fact("path", "loopback: it never leaves this machine"))
    facts.append(Fact("bound to", rows.text("device", row) or "no particular interface"))
    only = rows.integer("v6only", row)
    if only >= 0:
        facts.append(Fact("IPv6 only", "yes" if only else "no: it serves IPv4 too"))
    return facts


def seen(rows: Table, row: int) -> list[Fact]:
    """Since when it has been seen, and whether it still is."""
    ago = f"{duration(rows.real('seen', row))} ago"
    older = rows.integer("older", row)
    facts = [Fact("first seen", f"{ago}, when watching began" if older else ago)]
    if rows.integer("presence", row) == GONE:
        facts.append(Fact("now", "closed", "dim"))
    return facts
