"""What there is to say of one socket, in words."""

from __future__ import annotations

import socket

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.listening import REACHES
from sockscope.app.model.ownership import (
    KERNEL,
    NO_PERMISSION,
    NOBODY,
    NOT_LOOKED,
    OWNED,
    VANISHED,
    Ownership,
)
from sockscope.app.model.presence import GONE
from sockscope.app.model.states import MEANINGS
from sockscope.app.model.store import Store
from sockscope.app.view import sockets
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import count, duration

LISTEN, SYN_RECV, TIME_WAIT, BOUND_INACTIVE = 10, 3, 6, 13

_TIMER_WORDS = {
    0: "none is running",
    1: "retransmission",
    2: "keepalive",
    3: "end of TIME_WAIT or FIN_WAIT2",
    4: "zero-window probe",
    5: "delayed acknowledgement",
}

_WHY_WORDS = {
    NOT_LOOKED: "not looked for yet",
    NO_PERMISSION: "a process that this user may not look into (root may)",
    KERNEL: "no process holds it: the kernel's own, or passed along in a message",
    VANISHED: "its process ended while it was looked for",
    NOBODY: "nobody: it has no inode",
}


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """The socket, its owner, its queues, its timer, its path and its history."""
    return (
        Section("Socket", tuple(_socket(rows, row))),
        Section("Owner", tuple(_owner(store, rows, row))),
        Section("Queues", tuple(_queues(rows, row))),
        Section("Timer", tuple(_timer(rows, row))),
        Section("Path", tuple(_path(rows, row))),
        Section("Seen", tuple(_seen(rows, row))),
    )


def _tcp(rows: Table, row: int) -> bool:
    return rows.integer("protocol", row) == socket.IPPROTO_TCP


def _endpoint(rows: Table, row: int, end: str, text: str) -> str:
    port = rows.integer(f"{end}_port", row)
    name = sockets.service(port, "tcp" if _tcp(rows, row) else "udp") if port else ""
    return f"{text}  {name}" if name else text


def _socket(rows: Table, row: int) -> list[Fact]:
    code = rows.integer("tcp_state", row)
    facts = [
        Fact("protocol", sockets.protocol(rows, row)),
        Fact("local", _endpoint(rows, row, "local", sockets.local(rows, row)), "strong"),
        Fact("foreign", _endpoint(rows, row, "remote", sockets.remote(rows, row)), "strong"),
    ]
    if code:
        facts += [
            Fact("state", sockets.state(rows, row), sockets.TONES.get(code, "")),
            Fact("", MEANINGS[code]),
        ]
    elif rows.integer("state", row) == 1:
        facts.append(Fact("state", "connected: it receives only from its peer"))
    else:
        facts.append(Fact("state", "unconnected: it receives from anyone"))
    inode, cookie = rows.integer("inode", row), rows.integer("cookie", row)
    facts.append(Fact("inode", str(inode) if inode else "none"))
    if cookie:
        facts.append(Fact("cookie", f"{cookie:x}"))
    return facts


def _queues(rows: Table, row: int) -> list[Fact]:
    received, sent = rows.integer("rx_queue", row), rows.integer("tx_queue", row)
    if not _tcp(rows, row):
        facts = [
            Fact("Recv-Q", f"{count(received)} bytes of buffer memory, not of data"),
            Fact("Send-Q", f"{count(sent)} bytes of buffer memory"),
        ]
        drops = rows.integer("drops", row)
        if drops >= 0:
            facts.append(Fact("drops", f"{count(drops)} datagrams", "warn" if drops else ""))
        return facts
    if rows.integer("state", row) == LISTEN:
        facts = [
            Fact("accept queue", f"{count(received)} connections wait for accept()"),
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
    if why != OWNED:
        facts.append(Fact("process", _WHY_WORDS[why]))
    else:
        if rows.integer("inherited", row):
            facts.append(Fact("process", "not accepted yet; its listener belongs to"))
        facts += _holders(store, rows, row)
    facts.append(Fact("user", sockets.user(rows, row) or "the kernel does not say"))
    return facts


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


def _seen(rows: Table, row: int) -> list[Fact]:
    ago = f"{duration(rows.real('seen', row))} ago"
    older = rows.integer("older", row)
    facts = [Fact("first seen", f"{ago}, when watching began" if older else ago)]
    if rows.integer("presence", row) == GONE:
        facts.append(Fact("now", "closed", "dim"))
    return facts
