"""The way that packets take, as the kernel answers: questions about a socket's peer, and answers in words."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from ipaddress import ip_address

import numpy as np

from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.table import Table
from sockscope.app.model.devices import device_names
from sockscope.app.model.endpoints import addresses
from sockscope.app.model.namespaces import OWN, netns_of
from sockscope.app.model.route_names import BLACKHOLE, PROHIBIT, REJECTING, THROW, UNREACHABLE, names
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces, route_text
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import count, duration
from sockscope.app.view.route_text import V4, V6

_REFUSALS = {
    errno.ENETUNREACH: "none: no route leads there",
    errno.EHOSTUNREACH: "refused: a route or rule makes it unreachable",
    errno.EACCES: "refused: a route or rule prohibits it",
    errno.EINVAL: "none: a route or rule throws it away, or the question makes no sense",
    errno.EAGAIN: "none: a route says that the next rule decides, and none did",
    errno.ENODEV: "none: there is no such interface",
    errno.EPERM: "not known: this network namespace cannot be looked into",
}
_TYPES = {
    UNREACHABLE: _REFUSALS[errno.EHOSTUNREACH],
    PROHIBIT: _REFUSALS[errno.EACCES],
    BLACKHOLE: "thrown away without a word (blackhole)",
    THROW: _REFUSALS[errno.EAGAIN],
}


def typed(text: str) -> Lookup | None:
    """The question after an address that somebody typed; None if it is none."""
    try:
        found = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return Lookup(V4 if found.version == 4 else V6, str(found).partition("%")[0])


def about(rows: Table, row: int) -> tuple[Lookup, ...]:
    """The questions about a socket's peer: where its packets go, and where those of a new connection would,
    asked in the socket's network namespace; none without a peer."""
    one = rows.take(np.array([row]))
    remote = addresses(one.numbers("family"), one.numbers("remote_address"))
    if remote.wildcard[0] or not rows.integer("remote_port", row):
        return ()
    family = V4 if remote.ipv4[0] else V6
    device = rows.integer("interface", row)
    mark = rows.integer("mark", row) if "mark" in rows else 0
    peer, own = (_address(rows, row, name) for name in ("remote_address", "local_address"))
    uid = rows.integer("uid", row) if rows.integer("inode", row) else -1
    question = Lookup(family, peer, own, device, max(0, mark), uid, namespaces.asked_in(rows, row))
    return question, question._replace(source="")


def _address(rows: Table, row: int, name: str) -> str:
    """An address as its family writes it, IPv4-mapped ones as IPv4."""
    raw = rows.numbers(name)[row].tobytes()
    if rows.integer("family", row) == V4:
        return socket.inet_ntop(V4, raw[:4])
    if raw[:12] == bytes(10) + b"\xff\xff":
        return socket.inet_ntop(V4, raw[12:16])
    return socket.inet_ntop(V6, raw[:16])


def path(store: Store, rows: Table, row: int) -> Iterator[Fact]:
    """The route and the source address that the kernel would choose for a socket's peer."""
    questions = about(rows, row)
    if not questions:
        return
    answers = [answer(store, question) for question in questions]
    own, new = answers
    if own is None or new is None:
        yield Fact("route", "not asked yet")
        return
    yield from told(store, own)
    if not _error(store, new):
        source = route_text.preferred_source(_lookups(store), new)
        differs = _way(store, own) != _way(store, new) or source not in (None, questions[0].source)
        if differs:
            yield Fact("a new one", f"{_way(store, new)}, from {source or 'any address'}", "warn")
        elif source:
            yield Fact("source", f"{source}, which the kernel would choose too")


def answers(store: Store) -> tuple[Section, ...]:
    """Every answer there is to addresses that were typed."""
    table = store.now("lookups")
    if table is None:
        return ()
    found = []
    for row in range(len(table)):
        destination = (table.text("asked", row) or "").split(" ")[1]
        facts = list(told(store, row))
        source = None if _error(store, row) else route_text.preferred_source(table, row)
        if source:
            facts.append(Fact("source", source, "strong"))
        here = f" in netns {OWN}" if "netns" in table else ""
        found.append(Section(f"Which way to {destination}{here}", tuple(facts)))
    return tuple(found)


def answer(store: Store, question: Lookup) -> int | None:
    """The row of table `lookups` that answers a question, None if none does yet."""
    table = store.now("lookups")
    if table is None:
        return None
    return next((row for row in range(len(table)) if table.text("asked", row) == question.name), None)


def deciding(store: Store, rows: Table) -> int | None:
    """The key of the route that decides over the last address that was typed, None if there is none."""
    table = store.now("lookups")
    if table is None or not len(table):
        return None
    last = len(table) - 1
    if not table.integer("match_known", last):
        return None
    same = (rows.numbers("parent") < 0) & ~rows.numbers("heading") & ~rows.numbers("cached")
    same &= rows.numbers("family") == table.integer("family", last)
    same &= netns_of(rows) == netns_of(table)[last]
    for name, column in (("table", "table"), ("length", "destination_length"), ("metric", "metric")):
        same &= rows.numbers(column) == table.integer(f"match_{name}", last)
    same &= (rows.numbers("destination") == table.numbers("match_destination")[last]).all(axis=1)
    places = np.flatnonzero(same)
    return int(rows.numbers("key")[places[0]]) if len(places) else None


def told(store: Store, row: int) -> Iterator[Fact]:
    """An answer in words."""
    table, error = _lookups(store), _error(store, row)
    if error:
        yield Fact("route", error, "warn")
        return
    yield Fact("route", _way(store, row), "strong")
    number = table.integer("table", row)
    known = f"table {names().table(number)}" if number else ""
    if table.integer("match_known", row):
        family = table.integer("family", row)
        length = table.integer("match_length", row)
        raw = table.numbers("match_destination")[row].tobytes()
        known = f"{route_text.prefix(family, raw, length) if length else 'default'} of {known}"
    if known:
        yield Fact("by", known)
    mtu, left = table.integer("mtu", row), table.integer("expires", row)
    if mtu:
        until = f", cached for another {duration(left / route_text.TICKS)}" if left > 0 else ""
        yield Fact("path MTU", f"{count(mtu)} bytes{until}")


def _lookups(store: Store) -> Table:
    table = store.now("lookups")
    if table is None:
        raise LookupError("lookups were not collected")
    return table


def _error(store: Store, row: int) -> str:
    table = _lookups(store)
    code = table.integer("error", row)
    if code:
        return _REFUSALS.get(code, f"none: the kernel answers with error {code}")
    kind = table.integer("type", row)
    return _TYPES[kind] if kind in REJECTING else ""


def _way(store: Store, row: int) -> str:
    table = _lookups(store)
    device = device_names(table.numbers("device"), store.now("links"), netns_of(table))[row]
    gateway = route_text.gateway(table, row)
    return f"via {gateway} on {device}" if gateway else f"directly on {device or 'no device'}"
