"""What there is to say of one tracked connection, in words."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from sockscope.app.frames.conntrack import Status
from sockscope.app.frames.table import Table
from sockscope.app.model.conntrack import DESTINATION, SOURCE
from sockscope.app.model.conntrack_use import use
from sockscope.app.model.namespaces import around
from sockscope.app.model.store import Store
from sockscope.app.view import conntrack_text as text
from sockscope.app.view import namespaces
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import UNKNOWN, count, duration, octets, short

_STATES = {
    "SYN_SENT": "asked to connect, not answered yet",
    "SYN_SENT2": "both sides asked to connect at the same time",
    "SYN_RECV": "answered; the last step of the handshake is missing",
    "ESTABLISHED": "open: data may flow",
    "FIN_WAIT": "one side has closed",
    "CLOSE_WAIT": "one side has closed and the other confirmed that",
    "LAST_ACK": "both sides have closed; the last confirmation is missing",
    "TIME_WAIT": "closed; kept for packets that come late",
    "CLOSE": "reset, or closed for good",
    "unreplied": "packets went one way only so far",
    "replied": "packets went both ways",
    "assured": "packets went both ways, more than once",
    "offloaded": "handed to the flow table; the state is not followed here",
}
_BITS = {
    Status.EXPECTED: ("expected", "belongs to another connection, as the data of FTP or SIP do"),
    Status.HELPER: ("helper", "a helper module reads its contents"),
    Status.FIXED_TIMEOUT: ("fixed", "packets do not prolong it"),
    Status.DYING: ("dying", "is being removed"),
    Status.NAT_CLASH: ("clash", "was made twice at the same time, and stands in for the other"),
}
_WAYS = {0: "", 1: ", of the original direction only", 2: ", of the reply direction only"}


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """The connection, what was done to it, both tuples and what went through."""
    kind = text.protocol(rows.integer("protocol", row))
    version = "IPv4" if rows.integer("family", row) == 2 else "IPv6"
    return (
        Section(
            f"Tracked {kind} connection, {version}",
            (*_connection(store, rows, row), *namespaces.facts(rows, row)),
        ),
        Section("Translation", tuple(_translation(rows, row))),
        Section("Tuples", tuple(_tuples(rows, row))),
        Section("Traffic", tuple(_traffic(store, rows, row))),
    )


def _connection(store: Store, rows: Table, row: int) -> Iterator[Fact]:
    name = rows.text("state_name", row) or UNKNOWN
    meaning = _STATES.get(name)
    yield Fact("state", f"{name}: {meaning}" if meaning else name, "strong")
    status = rows.integer("status", row)
    timeout = rows.integer("timeout", row)
    if status & Status.OFFLOAD:
        where = "in hardware" if status & Status.HW_OFFLOAD else "by the flow table"
        yield Fact("forwarded", f"{where}, past connection tracking; its timeout does not run")
    elif timeout >= 0:
        yield Fact("expires", f"in {duration(timeout)}, unless another packet comes")
    started = rows.integer("started", row)
    if started >= 0:
        wall = started / 1e9
        begun = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall))
        yield Fact("began", f"{begun}, {duration(max(0.0, store.frame.wall - wall))} ago")
    if rows.text("answerer_namespace", row) is not None:
        yield Fact("answered by", text.answerer(rows, row))
    answered = "no packet has come back yet" if not status & Status.SEEN_REPLY else "packets have come back"
    yield Fact("answered", answered, "" if status & Status.SEEN_REPLY else "warn")
    if status & Status.ASSURED:
        yield Fact("assured", "is kept when the table is full")
    else:
        yield Fact("not assured", "may be thrown out early when the table is full")
    for bit, (label, words) in _BITS.items():
        if status & bit:
            yield Fact(label, words)
    message = text.icmp(rows, row)
    if message is not None:
        yield Fact("message", message)
    mark = rows.integer("mark", row)
    yield Fact("mark", f"{mark:#x} ({mark})" if mark else "0")
    yield Fact("zone", f"{rows.integer('zone', row)}{_WAYS.get(rows.integer('zone_of', row), '')}")


def _translation(rows: Table, row: int) -> Iterator[Fact]:
    kind = rows.integer("translated", row)
    if kind & SOURCE:
        yield Fact(
            "source", f"{text.place(rows, row, 'original_source')} {text.source_done(rows, row)}", "strong"
        )
        if rows.numbers("own_source")[row]:
            yield Fact("", "an address of this machine: by masquerade, or snat to it", "dim")
    if kind & DESTINATION:
        where = text.place(rows, row, "original_destination")
        yield Fact("destination", f"{where} {text.destination_done(rows, row)}", "strong")
        if rows.numbers("own_destination")[row]:
            yield Fact("", "an address of this machine: redirected to it", "dim")
    if not kind:
        yield Fact("none", "both directions use the same addresses and ports")


def _tuples(rows: Table, row: int) -> Iterator[Fact]:
    for way in ("original", "reply"):
        ends = (text.place(rows, row, f"{way}_{end}") for end in ("source", "destination"))
        hosts = tuple(text.where(rows, row, f"{way}_{end}") for end in ("source", "destination"))
        yield Fact(way, " → ".join(ends), hosts=hosts)


def _traffic(store: Store, rows: Table, row: int) -> Iterator[Fact]:
    if rows.integer("packets", row) < 0:
        off = use(around(store, rows, row)).counted is False
        why = "net.netfilter.nf_conntrack_acct is off" if off else "accounting was off when it began"
        yield Fact("not counted", why)
        return
    for way, label in (("original", "there"), ("reply", "back")):
        packets, size = rows.integer(f"{way}_packets", row), rows.integer(f"{way}_bytes", row)
        if packets < 0:
            continue
        rate = rows.real(f"{way}_bytes_rate", row)
        now = "" if math.isnan(rate) else f", now {short(rate)} bytes/s"
        yield Fact(label, f"{count(packets)} packets, {octets(size)}{now}")
