"""What there is to say of one unix socket, in words."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model import unix
from sockscope.app.model.ownership import OWNED, Ownership
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces, sockets, units
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import count, counted
from sockscope.app.view.socketdetails import WHY_WORDS, seen

_TYPES = {
    unix.STREAM: "stream: bytes, in order",
    unix.DGRAM: "dgram: messages, each whole",
    unix.SEQPACKET: "seqpacket: connected, messages stay whole",
}
_STATES = {
    unix.UNCONNECTED: "not connected",
    unix.CONNECTING: "CONNECTING: nobody has accepted it yet",
    unix.CONNECTED: "CONNECTED",
    unix.DISCONNECTING: "DISCONNECTING: no process holds it any more",
    unix.LISTENING: "LISTENING: it accepts connections",
}
_TONES = {unix.CONNECTED: "established", unix.LISTENING: "listen"}
_SHUT = {1: "it receives no more", 2: "it sends no more", 3: "both ways: nothing comes or goes any more"}
_SOME = 5
"""How many of several clients are named."""


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """The socket, its peer or who waits at it, its owner, its queues, the kernel's numbers, its history."""
    others = "Peer" if rows.integer("condition", row) != unix.LISTENING else "Waiting"
    return (
        Section("Socket", (*_socket(rows, row), *namespaces.facts(rows, row))),
        Section(others, tuple(_peer(store, rows, row))),
        Section("Owner", tuple(_owner(store, rows, row))),
        Section("Queues", tuple(_queues(rows, row))),
        Section("Kernel", tuple(_kernel(rows, row))),
        Section("Seen", tuple(seen(rows, row))),
    )


def _socket(rows: Table, row: int) -> list[Fact]:
    kind, condition = rows.integer("type", row), rows.integer("condition", row)
    facts = [Fact("type", _TYPES.get(kind, unix.TYPES.get(kind, str(kind))))]
    path = rows.text("path", row)
    if path is None:
        facts.append(Fact("name", "none: it was never bound"))
    elif rows.integer("abstract", row):
        facts.append(Fact("abstract", path, "strong"))
        facts.append(Fact("", "an abstract name: no file, gone with the socket"))
    else:
        facts.append(Fact("path", path, "strong"))
    facts.append(Fact("state", _STATES[condition], _TONES.get(condition, "")))
    shut = rows.integer("shutdown", row)
    if shut > 0:
        facts.append(Fact("shut down", _SHUT.get(shut, str(shut)), "closewait"))
    return facts


def _kernel(rows: Table, row: int) -> list[Fact]:
    inode, cookie = rows.integer("inode", row), rows.integer("cookie", row)
    facts = [Fact("inode", str(inode) if inode else "none")]
    if cookie:
        facts.append(Fact("cookie", f"{cookie:x}"))
    references = rows.integer("references", row)
    if references >= 0:
        facts.append(Fact("RefCnt", f"{references} references inside the kernel"))
    return facts


def _owner(store: Store, rows: Table, row: int) -> list[Fact]:
    facts = _processes(store, rows.integer("inode", row), rows.integer("why", row))
    facts.append(Fact("user", sockets.user(rows, row) or "the kernel does not say"))
    return facts + units.facts(store, rows, row)


def _processes(store: Store, inode: int, why: int) -> list[Fact]:
    """One line a process, with its descriptors."""
    if why != OWNED:
        return [Fact("process", WHY_WORDS[why])]
    facts = []
    for place, holder in enumerate(Ownership.from_store(store).holders(inode)):
        named = f"{holder.name or '?'} {holder.pid}"
        numbers = ", ".join(map(str, holder.fds[:_SOME])) + (", …" if len(holder.fds) > _SOME else "")
        facts.append(Fact("process" if place == 0 else "", f"{named}  {holder.command or ''}".strip()))
        facts.append(Fact("", f"descriptor {numbers}", "dim"))
    return facts


def _peer(store: Store, rows: Table, row: int) -> list[Fact]:
    if rows.integer("condition", row) == unix.LISTENING:
        return _clients(store, rows, row)
    fate, peer = rows.integer("fate", row), rows.integer("peer", row)
    facts = [_TOLD[fate]] if fate in _TOLD else []
    if fate in (unix.HERE, unix.ELSEWHERE):
        facts += _named(rows, row)
        facts.append(Fact("inode", str(peer)))
        facts += _processes(store, peer, rows.integer("peer_why", row))
    elif fate == unix.WAITING:
        facts += _named(rows, row)
        listener = _listener(store, rows.integer("inode", row))
        facts += _processes(store, listener, rows.integer("peer_why", row)) if listener else []
    connected = int(np.count_nonzero(rows.numbers("peer") == rows.integer("inode", row)))
    if rows.integer("type", row) == unix.DGRAM and rows.integer("inode", row) and connected:
        facts.append(Fact("senders", f"{count(connected)} sockets are connected to this one"))
    return facts


_TOLD = {
    unix.ALONE: Fact("peer", "none: it is not connected"),
    unix.ELSEWHERE: Fact("peer", "in another network namespace, or newer than this look"),
    unix.WAITING: Fact("peer", "nobody has accepted this connection yet; it waits at", "warn"),
    unix.CLOSED: Fact("peer", "closed; this end is still open", "closewait"),
    unix.UNTOLD: Fact("peer", "the kernel does not tell"),
}


def _named(rows: Table, row: int) -> list[Fact]:
    name = rows.text("peer_name", row)
    return [] if name is None else [Fact("name", name)]


def _listener(store: Store, client: int) -> int:
    """Inode of the listener at which a client waits, 0 if that is not known."""
    waiting = store.now("unix_waiting")
    if waiting is None:
        return 0
    places = np.flatnonzero(waiting.numbers("client") == np.uint64(client))
    return int(waiting.numbers("listener")[places[0]]) if len(places) else 0


def _clients(store: Store, rows: Table, row: int) -> list[Fact]:
    """Who waits at a listener to be accepted: some of them by name."""
    waiting = store.now("unix_waiting")
    if waiting is None:
        return []
    mine = waiting.numbers("listener") == rows.numbers("inode")[row]
    clients = waiting.numbers("client")[mine]
    if not len(clients):
        return [Fact("nobody", "waits to be accepted")]
    owners = Ownership.from_store(store).for_inodes(clients[:_SOME])
    facts = []
    for place, client in enumerate(clients[:_SOME].tolist()):
        owned = owners.integer("why", place) == OWNED
        who = f"{owners.text('name', place) or '?'} {owners.integer('pid', place)}" if owned else ""
        facts.append(Fact("inode", f"{client}  {who}".strip()))
    if len(clients) > _SOME:
        facts.append(Fact("", f"and {count(len(clients) - _SOME)} more"))
    return facts


def _queues(rows: Table, row: int) -> list[Fact]:
    received, sent = rows.integer("rx_queue", row), rows.integer("tx_queue", row)
    if received < 0:
        return [Fact("queues", "the kernel does not tell")]
    if rows.integer("condition", row) == unix.LISTENING:
        full = received > 0 and received >= sent
        words = f"{counted(received, 'connections')} waiting for accept()"
        return [
            Fact("accept queue", words + (": it is full" if full else ""), "alarm" if full else ""),
            Fact("backlog", f"{count(sent)}: full at {count(sent + 1)}"),
        ]
    if rows.integer("type", row) == unix.DGRAM:
        first = f"{count(received)} bytes in the first message not read" if received else "no message waits"
        return [Fact("Recv-Q", first), Fact("Send-Q", f"{count(sent)} bytes of buffer memory on their way")]
    return [
        Fact("Recv-Q", f"{count(received)} bytes received, not read by the process"),
        Fact("Send-Q", f"{count(sent)} bytes of buffer memory that the peer has not read"),
    ]
