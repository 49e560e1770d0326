"""Tracked connections as text: protocols, the ends of both tuples, and what was done to them."""

from __future__ import annotations

from sockscope.app.frames.table import Table
from sockscope.app.hosts import Address
from sockscope.app.model.conntrack import BOTH, DESTINATION, ICMP, PLAIN, SOURCE, WITH_PORTS
from sockscope.app.model.namespaces import OWN
from sockscope.app.view.format import address
from sockscope.app.view.naming import NUMBERS, Naming

PROTOCOLS = {
    1: "icmp",
    2: "igmp",
    4: "ipip",
    6: "tcp",
    17: "udp",
    33: "dccp",
    41: "ipv6",
    47: "gre",
    50: "esp",
    51: "ah",
    58: "icmpv6",
    89: "ospf",
    103: "pim",
    112: "vrrp",
    132: "sctp",
    136: "udplite",
}
"""Names of protocol numbers (IANA, as in /etc/protocols)."""

KINDS = {
    2 * PLAIN: "not translated",
    2 * PLAIN + 1: "not translated",
    2 * SOURCE: "source rewritten to",
    2 * SOURCE + 1: "masqueraded as",
    2 * DESTINATION: "destination rewritten to",
    2 * DESTINATION + 1: "destination rewritten to",
    2 * BOTH: "source rewritten to destination rewritten to",
    2 * BOTH + 1: "masqueraded as destination rewritten to",
}
"""The words of `done` for `translated` * 2 + `own_source`."""
_BRIEF = {PLAIN: "not translated", DESTINATION: "dest to", BOTH: "both to"}
_ICMP_TYPES = {
    (1, 8): "echo request",
    (1, 13): "timestamp request",
    (1, 15): "information request",
    (1, 17): "address mask request",
    (58, 128): "echo request",
    (58, 139): "node information query",
}
"""Of the messages that can be answered, and so begin a connection."""


def protocol(number: int) -> str:
    """The name of a protocol, its number where it has none here."""
    return PROTOCOLS.get(number, str(number))


def has_ports(rows: Table, row: int) -> bool:
    """Whether the numbers of the protocol are ports."""
    return rows.integer("protocol", row) in WITH_PORTS


def port(rows: Table, row: int, end: str) -> int | None:
    """The port of an end such as `original_source`, None where the protocol has none."""
    return rows.integer(f"{end}_port", row) if has_ports(rows, row) else None


def where(rows: Table, row: int, end: str) -> Address:
    """Family and address of an end."""
    return rows.integer("family", row), rows.numbers(end)[row].tobytes()


def host(rows: Table, row: int, end: str) -> str:
    """The address of an end."""
    return address(*where(rows, row, end))


def place(rows: Table, row: int, end: str, naming: Naming = NUMBERS) -> str:
    """Address and port of an end; only the address, in brackets if it is IPv6, where there is no port."""
    number = port(rows, row, end)
    if number is None:
        name = naming.place(*where(rows, row, end))
        return f"[{name}]" if ":" in name else name
    return naming.endpoint(*where(rows, row, end), number, protocol(rows.integer("protocol", row)))


def icmp(rows: Table, row: int) -> str | None:
    """Type, code and identifier of an ICMP message, None for other protocols."""
    number = rows.integer("protocol", row)
    if number not in ICMP:
        return None
    kind, code = divmod(rows.integer("original_destination_port", row), 256)
    name = _ICMP_TYPES.get((number, kind))
    named = f"{name} (type {kind}, code {code})" if name else f"type {kind}, code {code}"
    return f"{named}, id {rows.integer('original_source_port', row)}"


def source_done(rows: Table, row: int) -> str:
    """What became of the source: `masqueraded as 203.0.113.5:41822`."""
    how = "masqueraded as" if rows.numbers("own_source")[row] else "source rewritten to"
    return f"{how} {place(rows, row, 'reply_destination')}"


def destination_done(rows: Table, row: int) -> str:
    """What became of the destination: `destination rewritten to 10.2.0.2:80`."""
    return f"destination rewritten to {place(rows, row, 'reply_source')}"


def done(rows: Table, row: int) -> str:
    """What was done to the connection, in words."""
    kind = rows.integer("translated", row)
    words = ([source_done] if kind & SOURCE else []) + ([destination_done] if kind & DESTINATION else [])
    return ", ".join(word(rows, row) for word in words) or "not translated"


def done_briefly(rows: Table, row: int) -> str:
    """The same in few cells; of a connection rewritten at both ends where it really goes."""
    kind = rows.integer("translated", row)
    if kind == SOURCE:
        how = "masq as" if rows.numbers("own_source")[row] else "source to"
        return f"{how} {place(rows, row, 'reply_destination')}"
    return f"{_BRIEF[kind]} {place(rows, row, 'reply_source')}" if kind else _BRIEF[PLAIN]


def answerer(rows: Table, row: int) -> str:
    """Who has the socket that replies come from, and where that is another network namespace its name."""
    name, where = rows.text("answerer", row), rows.text("answerer_namespace", row)
    process = "?" if name is None else f"{name} {rows.integer('answerer_pid', row)}"
    return process if where == OWN else f"{process} in {where}"
