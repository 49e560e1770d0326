"""What there is to say of one event of the log, in words."""

from __future__ import annotations

import math
import socket
import time

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.logrows import BY_KERNEL, CLOSED, LEAST, MOST, OPENED
from sockscope.app.model.ownership import NOBODY, OWNED
from sockscope.app.model.socketstates import state_name, tcp_code
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces, sockets
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import count, duration, most, octets
from sockscope.app.view.socketdetails import WHY_WORDS

_EARLIER = 6


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """The event, the socket, what it has carried, its owner, and what else the log has of its peer."""
    return (
        Section("Event", tuple(_event(store, rows, row))),
        Section("Socket", (*_socket(rows, row), *namespaces.facts(rows, row))),
        Section("Traffic", tuple(_traffic(rows, row))),
        Section("Owner", tuple(_owner(rows, row))),
        Section("Same peer", tuple(_peer(rows, row))),
    )


def _event(store: Store, rows: Table, row: int) -> list[Fact]:
    at = rows.real("at", row)
    ago = duration(store.frame.monotonic - rows.real("when", row))
    facts = [Fact("at", f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at))}, {ago} ago")]
    if rows.integer("event", row) == OPENED:
        return [*facts, Fact("what", "opened: a tick saw it that was not there in the one before", "good")]
    if rows.integer("told", row) == BY_KERNEL:
        facts.append(Fact("what", "closed: the kernel told that it destroyed the socket"))
    else:
        facts.append(Fact("what", "closed: two ticks no longer saw it; what it carried is not known yet"))
    return [*facts, Fact("open for", _duration(rows, row))]


def _duration(rows: Table, row: int) -> str:
    seconds, sure = rows.real("duration", row), rows.integer("sure", row)
    if math.isnan(seconds):
        return "not known: nobody saw it open"
    if sure == MOST:
        return f"at most {most(seconds)}: it came and went between two looks at the sockets"
    if sure == LEAST:
        return f"at least {duration(seconds)}: it was there when watching began"
    return f"about {duration(seconds)}: a tick more or less at either end"


def _socket(rows: Table, row: int) -> list[Fact]:
    facts = [
        Fact("protocol", sockets.protocol(rows, row)),
        Fact("local", sockets.local(rows, row), "strong"),
        Fact("foreign", sockets.remote(rows, row), "strong"),
    ]
    closed = rows.integer("event", row) == CLOSED
    if rows.integer("state", row):
        name = state_name(rows, row) or "unconnected"
        facts.append(
            Fact("last state" if closed else "state", name, sockets.TONES.get(tcp_code(rows, row), ""))
        )
    if (
        closed
        and rows.integer("protocol", row) == socket.IPPROTO_TCP
        and not rows.integer("remote_port", row)
    ):
        facts.append(
            Fact("", "the kernel had forgotten the foreign port: refused, reset, or never connected")
        )
    return [*facts, Fact("cookie", f"{int(rows.numbers('cookie')[row]):x}")]


def _traffic(rows: Table, row: int) -> list[Fact]:
    if rows.integer("event", row) == OPENED:
        return [Fact("bytes", "told when it is closed")]
    if rows.integer("rx", row) < 0:
        tcp = rows.integer("protocol", row) == socket.IPPROTO_TCP
        return [Fact("bytes", "not known" if tcp else "the kernel counts none for this protocol")]
    facts = [
        Fact("received", f"{_bytes(rows, row, 'rx')}, the end (FIN) counted as one"),
        Fact("sent", _bytes(rows, row, "tx")),
    ]
    if rows.integer("segs_in", row) >= 0:
        both = (count(rows.integer(name, row)) for name in ("segs_in", "segs_out"))
        facts.append(Fact("segments", "{} in, {} out".format(*both)))
    again = rows.integer("total_retrans", row)
    if again >= 0:
        lost = rows.integer("bytes_retrans", row)
        facts.append(
            Fact("sent again", f"{count(again)} segments" + (f", {octets(lost)}" if lost > 0 else ""))
        )
    if rows.integer("rtt", row) >= 0:
        least = rows.integer("min_rtt", row)
        facts.append(
            Fact(
                "RTT",
                f"{rows.integer('rtt', row) / 1000:.2f} ms"
                + (f", least {least / 1000:.2f} ms" if least >= 0 else ""),
            )
        )
    return facts


def _bytes(rows: Table, row: int, name: str) -> str:
    value = rows.integer(name, row)
    return f"{count(value)} bytes" + (f" ({octets(value)})" if value >= 1024 else "")


def _owner(rows: Table, row: int) -> list[Fact]:
    why = rows.integer("why", row)
    facts = []
    if why != OWNED:
        unseen = rows.integer("event", row) == CLOSED and why == NOBODY
        facts.append(
            Fact("process", "not known: it was gone before anybody looked" if unseen else WHY_WORDS[why])
        )
    else:
        words = sockets.owner_words(rows, row)[0]
        facts.append(Fact("process", words))
        if rows.integer("inherited", row):
            facts.append(Fact("", "the listener's: nobody saw who took the connection"))
    user = sockets.user(rows, row)
    return [*facts, Fact("user", user)] if user else facts


def _peer(rows: Table, row: int) -> list[Fact]:
    """How often the foreign address is in the log, and what else there is of this very socket."""
    same = (rows.numbers("remote_address") == rows.numbers("remote_address")[row]).all(axis=1)
    same &= rows.numbers("family") == rows.numbers("family")[row]
    event = rows.numbers("event")
    facts = [
        Fact("opened", f"{count(int(np.count_nonzero(same & (event == OPENED))))} seen to open"),
        Fact("closed", f"{count(int(np.count_nonzero(same & (event == CLOSED))))} seen to close"),
    ]
    own = rows.numbers("cookie") == rows.numbers("cookie")[row]
    own[row] = False
    for place in np.flatnonzero(own)[-_EARLIER:].tolist():
        word = "opened" if rows.integer("event", place) == OPENED else "closed"
        clock = time.strftime("%H:%M:%S", time.localtime(rows.real("at", place)))
        facts.append(Fact("this socket", f"{word} {clock}"))
    return facts
