"""What there is to say of one interface, in words."""

from __future__ import annotations

import math

import numpy as np

from sockscope.app.frames.links import OPERSTATES, STATS, UNKNOWN_COUNT, UNKNOWN_NUMBER, Flag
from sockscope.app.frames.table import Table
from sockscope.app.model.linkfacts import LETTERS
from sockscope.app.model.namespaces import around
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import UNKNOWN, address, count, octets, short, signed, speed_text

_FLAG_WORDS = {
    Flag.UP: "switched on",
    Flag.BROADCAST: "can reach all neighbours at once",
    Flag.DEBUG: "the driver writes debug messages",
    Flag.LOOPBACK: "leads back to this host",
    Flag.POINTOPOINT: "has exactly one neighbour",
    Flag.NOTRAILERS: "no trailer encapsulation",
    Flag.RUNNING: "ready to carry traffic",
    Flag.NOARP: "resolves no addresses of neighbours",
    Flag.PROMISC: "the administrator made it take in all frames",
    Flag.ALLMULTI: "the administrator made it take in all multicast",
    Flag.MASTER: "leads other interfaces",
    Flag.SLAVE: "is led by a master interface",
    Flag.MULTICAST: "can reach groups of neighbours",
    Flag.PORTSEL: "can choose its medium",
    Flag.AUTOMEDIA: "chooses its medium by itself",
    Flag.DYNAMIC: "loses its address when switched off",
    Flag.LOWER_UP: "the layer below has a signal",
    Flag.DORMANT: "waits for something else, such as a login to the network",
    Flag.ECHO: "sends back what it sends",
}

_OPERSTATE_WORDS = {
    "unknown": "the driver does not say",
    "notpresent": "a part is missing, usually the hardware",
    "down": "no traffic passes",
    "lowerlayerdown": "the interface below has no link",
    "testing": "under test, no traffic passes",
    "dormant": "waits for something else, such as a login to the network",
    "up": "traffic passes",
}

_COUNTER_WORDS = {
    "rx_packets": "packets received",
    "tx_packets": "packets sent",
    "rx_bytes": "bytes received",
    "tx_bytes": "bytes sent",
    "rx_errors": "bad packets received, of all kinds",
    "tx_errors": "packets that could not be sent, of all kinds",
    "rx_dropped": "received whole, then dropped: unknown protocol, foreign VLAN, or no room",
    "tx_dropped": "dropped before they were sent",
    "multicast": "multicast packets received",
    "collisions": "collisions while sending (half duplex)",
    "rx_length_errors": "length wrong for its type or for the MTU",
    "rx_over_errors": "receiver overrun, as the driver counts it",
    "rx_crc_errors": "checksum of the frame wrong: cable, plug or port",
    "rx_frame_errors": "frame not aligned",
    "rx_fifo_errors": "receive queue of the card was full",
    "rx_missed_errors": "host had no buffer free for the card",
    "tx_aborted_errors": "sending was given up",
    "tx_carrier_errors": "carrier lost while sending",
    "tx_fifo_errors": "send queue of the card ran empty",
    "tx_heartbeat_errors": "no heartbeat from the transceiver",
    "tx_window_errors": "collision came too late: duplex mismatch or cable too long",
    "rx_compressed": "compressed packets received",
    "tx_compressed": "compressed packets sent",
    "rx_nohandler": "dropped on an inactive port of a bond or team",
    "rx_otherhost_dropped": "sent to another host's hardware address",
}

_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}

_IFA_SECONDARY, _IFA_PERMANENT = 0x01, 0x80
_ADDRESS_FLAGS = {
    0x04: "optimistic",
    0x08: "duplicate found",
    0x20: "deprecated",
    0x40: "tentative",
    0x200: "no route of its own",
}
_INET = 2


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """Sections about the interface in that row."""
    store = around(store, rows, row)
    return (
        Section(rows.text("name", row) or "Interface", tuple(_identity(store, rows, row))),
        Section("Addresses", tuple(_addresses(store, rows, row))),
        Section("Flags", tuple(_flags(rows, row))),
        Section("Traffic", tuple(_traffic(rows, row))),
        Section(f"Counters: total, {_since(store)}", tuple(_counters(rows, row))),
    )


def _identity(store: Store, rows: Table, row: int) -> list[Fact]:
    return [
        Fact("alias", rows.text("alias", row) or UNKNOWN),
        *namespaces.facts(rows, row),
        Fact("index", str(rows.integer("index", row) or UNKNOWN)),
        Fact("kind", rows.text("kind", row) or UNKNOWN),
        Fact("state", _operstate(rows.integer("operstate", row))),
        Fact("carrier", {0: "no", 1: "yes"}.get(rows.integer("carrier", row), UNKNOWN)),
        Fact("carrier changes", _with_change(rows, row, "carrier_changes", UNKNOWN_NUMBER)),
        Fact("speed", speed_text(rows.integer("speed_mbps", row))),
        Fact("duplex", rows.text("duplex", row) or UNKNOWN),
        Fact("MAC", rows.text("mac", row) or UNKNOWN),
        Fact("MTU", _number(rows, row, "mtu")),
        Fact("queue", f"{rows.text('qdisc', row) or UNKNOWN}, length {_number(rows, row, 'txqlen')}"),
        Fact("master", _interface(store, rows.integer("master", row))),
        Fact("lower device", _lower(store, rows, row)),
        Fact("promiscuous", _promiscuity(rows, row)),
        Fact("all multicast", _all_multicast(rows, row)),
    ]


def _operstate(number: int) -> str:
    if number >= len(OPERSTATES):
        return str(number)
    name = OPERSTATES[number]
    return f"{name}: {_OPERSTATE_WORDS[name]}"


def _number(rows: Table, row: int, name: str) -> str:
    value = rows.integer(name, row)
    return UNKNOWN if value == UNKNOWN_NUMBER else str(value)


def _with_change(rows: Table, row: int, name: str, unknown: int) -> str:
    total = rows.integer(name, row)
    if total == unknown:
        return UNKNOWN
    change = rows.real(f"{name}_delta", row)
    return count(total) if math.isnan(change) else f"{count(total)}  {signed(change)}"


def _interface(store: Store, index: int) -> str:
    if index == 0:
        return "none"
    links = store.now("links")
    places = [] if links is None else np.flatnonzero(links.numbers("index") == index).tolist()
    name = links.text("name", places[0]) if links is not None and places else None
    return name or f"interface {index}"


def _lower(store: Store, rows: Table, row: int) -> str:
    index = rows.integer("link", row)
    elsewhere = rows.integer("netnsid", row)
    if index and elsewhere >= 0:
        return f"interface {index} of network namespace {elsewhere}"
    return _interface(store, index)


def _promiscuity(rows: Table, row: int) -> str:
    holders = rows.integer("promiscuity", row)
    flags = rows.integer("flags", row)
    flagged = flags != UNKNOWN_NUMBER and bool(flags & Flag.PROMISC)
    if holders == UNKNOWN_NUMBER:
        return "yes" if flagged else UNKNOWN
    if holders == 0:
        return "no"
    if flagged:
        return "yes, by the administrator" + (f" and {holders - 1} more" if holders > 1 else "")
    return f"yes, by {holders} (capture, bridge, macvlan ...), though the flags do not show it"


def _all_multicast(rows: Table, row: int) -> str:
    holders = rows.integer("allmulti", row)
    if holders == UNKNOWN_NUMBER:
        return UNKNOWN
    return f"yes, by {holders}" if holders else "no"


def _addresses(store: Store, rows: Table, row: int) -> list[Fact]:
    addresses = store.now("addresses")
    if addresses is None or not rows.integer("index", row):
        return [Fact("addresses", "not known", "dim")]
    places = np.flatnonzero(addresses.numbers("index") == rows.integer("index", row))
    name = rows.text("name", row)
    facts = [_address(addresses, place, name) for place in places.tolist()]
    return facts or [Fact("addresses", "none", "dim")]


def _address(addresses: Table, place: int, name: str | None) -> Fact:
    family = addresses.integer("family", place)
    flags = addresses.integer("flags", place)
    scope = addresses.integer("scope", place)
    own, peer = (addresses.numbers(column)[place].tobytes() for column in ("address", "peer"))
    text = address(family, own)
    if peer != own:
        text += f" peer {address(family, peer)}"
    words = [f"{text}/{addresses.integer('prefix', place)}", f"scope {_SCOPES.get(scope, scope)}"]
    if flags & _IFA_SECONDARY:
        words.append("secondary" if family == _INET else "temporary")
    if not flags & _IFA_PERMANENT:
        words.append("dynamic")
    words += [word for flag, word in _ADDRESS_FLAGS.items() if flags & flag]
    label = addresses.text("label", place)
    if label and label != name:
        words.append(f"label {label}")
    return Fact("IPv4" if family == _INET else "IPv6", "  ".join(words))


def _flags(rows: Table, row: int) -> list[Fact]:
    flags = rows.integer("flags", row)
    if flags == UNKNOWN_NUMBER:
        return [Fact("flags", "not known", "dim")]
    letters = {flag: letter for letter, flag in LETTERS}
    facts = [
        Fact(str(flag.name), f"{letters.get(flag, ' ')}  {words}")
        for flag, words in _FLAG_WORDS.items()
        if flags & flag
    ]
    rest = flags & ~sum(Flag)
    if rest:
        facts.append(Fact(f"{rest:#x}", "   no name known here"))
    return facts or [Fact("flags", "none", "dim")]


def _traffic(rows: Table, row: int) -> list[Fact]:
    facts = []
    for way, label in (("rx", "received"), ("tx", "sent")):
        rate, packets = rows.real(f"{way}_rate", row), rows.real(f"{way}_packet_rate", row)
        if math.isnan(rate):
            facts.append(Fact(label, "-", "dim"))
            continue
        words = f"{octets(rate)}/s  {short(rate * 8)} bit/s  {short(packets)} packets/s"
        if packets > 0:
            words += f"  {rate / packets:.0f} B each"
        facts.append(Fact(label, words))
    use = rows.real("use", row)
    facts.append(Fact("use", UNKNOWN if math.isnan(use) else f"{use:.1%} of the speed"))
    return facts


def _since(store: Store) -> str:
    if store.marked_at is not None:
        return "change since the mark"
    now, before = store.now("links"), store.before("links")
    if now is None or before is None:
        return "change"
    return f"change in {now.taken - before.taken:.1f} s"


def _counters(rows: Table, row: int) -> list[Fact]:
    totals = {name: rows.integer(name, row) for name in STATS}
    texts = {name: UNKNOWN if total == UNKNOWN_COUNT else count(total) for name, total in totals.items()}
    changes = {name: _change(rows, row, name) for name in STATS}
    wide = max(map(len, texts.values()))
    also = max(map(len, changes.values()))
    return [
        Fact(name, f"{texts[name]:>{wide}}  {changes[name]:>{also}}  {_COUNTER_WORDS[name]}")
        for name in STATS
    ]


def _change(rows: Table, row: int, name: str) -> str:
    change = rows.real(f"{name}_delta", row)
    if math.isnan(change) and rows.integer("reset", row):
        return "reset"
    return signed(change)
