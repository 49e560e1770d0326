"""What a filter can ask for, tab by tab. A field that reads a table of its own names it in `needs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sockscope.app.frames.inet import IPPROTO_SCTP
from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.answerers import NEEDS as ANSWERERS
from sockscope.app.model.filters.bits import Bits, Device
from sockscope.app.model.filters.fields import Choice, Field, Flag, Number, Unit, Words
from sockscope.app.model.filters.places import Host, Port, Within
from sockscope.app.model.filters.states import SUGGESTED_STATES, TCP_STATES
from sockscope.app.model.health import NEEDS as HEALTH
from sockscope.app.model.listening import REACHES
from sockscope.app.model.socketinterfaces import NEEDS as INTERFACES_NEED
from sockscope.app.model.unix import STATES as UNIX_STATES
from sockscope.app.model.unix import TYPES as UNIX_TYPES
from sockscope.app.model.unix import UNCONNECTED, directories
from sockscope.app.model.users import NO_USER
from sockscope.app.view import conntrack_text, ordering
from sockscope.app.view.search import PROTOCOLS
from sockscope.app.view.units import NEEDS as UNITS_NEED

Fields = Mapping[str, Field]

_ASSOCIATED, _ESTABLISHED = 3, 1
_BITS = 16
"""Of a number that is put together with others."""


def _texts(name: str) -> Callable[[Table], Strings]:
    return lambda rows: rows.strings(name)


def _number(help_: str, name: str, unit: Unit = "count", unknown: float | None = None) -> Number:
    return Number(help_, ordering.numbers(name), unit, unknown)


def _named(help_: str, name: str, names: Mapping[int, str]) -> Choice:
    codes: dict[str, frozenset[int]] = {}
    for code, word in names.items():
        codes[word.lower()] = codes.get(word.lower(), frozenset()) | {code}
    return Choice(help_, ordering.numbers(name), codes)


def distinct(rows: Table, names: tuple[str, ...], word: Callable[[tuple[int, ...]], str]) -> Strings:
    """One text a row, made once for each combination of numbers (up to 16 bits each) that occurs."""
    code = np.zeros(len(rows), np.int64)
    for name in names:
        code = code << _BITS | rows.numbers(name)
    found, place = np.unique(code, return_inverse=True)
    parts = [found >> _BITS * shift & (1 << _BITS) - 1 for shift in range(len(names))][::-1]
    return Strings.of(map(word, zip(*(part.tolist() for part in parts), strict=True))).take(place)


def _state(rows: Table) -> Numbers:
    """TCP's states, which others borrow as ss shows them: 1 connected, 7 not; an association of SCTP is
    established or nothing."""
    state, protocol = rows.numbers("state"), rows.numbers("protocol")
    association = (protocol == IPPROTO_SCTP) & (rows.numbers("remote_port") > 0)
    return np.where(association, np.where(state == _ASSOCIATED, _ESTABLISHED, 0), state)


def _protocol(rows: Table) -> Strings:
    def word(code: tuple[int, ...]) -> str:
        return PROTOCOLS.get((code[0], code[1]), str(code[1]))

    return distinct(rows, ("family", "protocol"), word)


def _user(rows: Table) -> Strings:
    """Names, numbers where there is no name."""
    names, uids = rows.strings("user"), rows.numbers("uid")
    nameless = (names.codes < 0) & (uids != NO_USER)
    if not nameless.any():
        return names
    more, place = np.unique(uids[nameless], return_inverse=True)
    codes = names.codes.copy()
    codes[nameless] = place + len(names.values)
    return Strings(codes, (*names.values, *map(str, more.tolist())))


def _seen(rows: Table) -> Numbers:
    """Only what is watched has an age."""
    return rows.numbers("seen") if "seen" in rows else np.full(len(rows), np.nan)


_OWNER: Fields = {
    "proc": Words("name of the process", _texts("name")),
    "pid": _number("its number", "pid", unknown=-1),
}
_AGE = Number("time since first seen", _seen, "seconds")
_QUEUES: Fields = {
    "recvq": _number("bytes (a listener: connections) that wait to be read", "rx_queue", "bytes", unknown=-1),
    "sendq": _number("bytes not yet acknowledged (a listener: its backlog)", "tx_queue", "bytes", unknown=-1),
}
_NAMESPACE: Fields = {"ns": Words("network namespace", _texts("namespace"))}
_MARK = Bits(
    "mark (SO_MARK), or some bits of it: 0x10/0xf0", ordering.numbers("mark"), -1, needs=frozenset({"marks"})
)

SOCKETS: Fields = {
    "state": Choice("TCP state, or a group as ss has it", _state, TCP_STATES, SUGGESTED_STATES),
    "src": Host("local address, network or port", "local_address", "local_port"),
    "dst": Host("foreign address, network or port", "remote_address", "remote_port"),
    "sport": Port("local port", ("local_port",)),
    "dport": Port("foreign port", ("remote_port",)),
    "port": Port("either port", ("local_port", "remote_port")),
    "proto": Words("protocol, as the first column has it", _protocol),
    "dev": Device(
        "device the socket is bound to, by name or index",
        Words("its name", _texts("device")),
        "interface",
    ),
    "iface": Words(
        "interface it is bound to, or that has its local address",
        _texts("used"),
        needs=frozenset(INTERFACES_NEED),
    ),
    **_OWNER,
    "unit": Words("systemd unit or container", _texts("unit"), needs=frozenset(UNITS_NEED)),
    "cgroup": Words("path of its cgroup", _texts("cgroup"), needs=frozenset(UNITS_NEED)),
    "user": Words("user", _user),
    **_QUEUES,
    "drops": _number("packets dropped (UDP)", "drops", unknown=-1),
    "age": _AGE,
    "inode": _number("inode", "inode", unknown=0),
    "cookie": Bits(
        "the kernel's number of it, as ss has it behind sk:", ordering.numbers("cookie"), 0, 16, 64
    ),
    "mark": _MARK,
    "fwmark": _MARK,
    **_NAMESPACE,
}


def _health(help_: str, name: str, unit: Unit = "count") -> Number:
    return Number(help_, ordering.numbers(name), unit, needs=_TOLD)


_TOLD = frozenset(HEALTH)
CONNECTIONS: Fields = {
    **SOCKETS,
    "rate": _health("bytes both ways", "rate", "bytes/s"),
    "rxrate": _health("received", "rx_rate", "bytes/s"),
    "txrate": _health("sent and acknowledged", "tx_rate", "bytes/s"),
    "rtt": _health("round-trip time", "rtt", "seconds"),
    "minrtt": _health("least round-trip time", "min_rtt", "seconds"),
    "retrans": _health("share of the bytes that were sent again, such as 0.01", "retransmitted"),
    "cwnd": _health("congestion window in segments", "cwnd"),
    "delivery": _health("rate at which the path last delivered", "delivery_rate", "bytes/s"),
    "unsent": _health("bytes written and not sent yet", "unsent", "bytes"),
    "limit": Words("what holds it back, such as network", _texts("limit"), needs=_TOLD),
    "congestion": Words("congestion algorithm", _texts("congestion"), needs=_TOLD),
    "idle": _health("time since data came or went", "idle", "seconds"),
}
LISTENING: Fields = {
    **SOCKETS,
    "reach": _named("who can reach it", "reach", dict(enumerate(REACHES))),
    "synrecv": _number("handshakes not completed", "syn_recv", unknown=-1),
}
ROUTES: Fields = {
    "dst": Within("destination within a network, or default", "destination", length="destination_length"),
    "via": Within("gateway", "gateway", "gateway_family"),
    "iface": Words("interface", _texts("interface")),
    "table": Words("routing table", _texts("table_name")),
    "proto": Words("who made it", _texts("protocol_name")),
    "scope": Words("scope", _texts("scope_name")),
    "type": Words("type", _texts("type_name")),
    "flag": Flag("netstat's letters", _texts("shown_letters")),
    "metric": _number("metric", "metric"),
    **_NAMESPACE,
}
INTERFACES: Fields = {
    "iface": Words("name", _texts("name")),
    "name": Words("name", _texts("name")),
    "state": Words("state", _texts("state")),
    "kind": Words("kind", _texts("kind")),
    "addr": Words("addresses, in one text", _texts("addresses")),
    "flag": Flag("netstat's letters", _texts("letters")),
    "mtu": _number("MTU", "mtu", "bytes"),
    "rate": Number(
        "both directions", lambda rows: rows.numbers("rx_rate") + rows.numbers("tx_rate"), "bytes/s"
    ),
    "rxrate": _number("received", "rx_rate", "bytes/s"),
    "txrate": _number("sent", "tx_rate", "bytes/s"),
    **_NAMESPACE,
}
STATISTICS: Fields = {
    "name": Words("the kernel's name", _texts("name")),
    "section": Words("section", _texts("group")),
    "iface": Words("interface", _texts("interface")),
    "value": _number("total", "value"),
    "rate": _number("change a second", "rate"),
    **_NAMESPACE,
}
UNIX: Fields = {
    "name": Words("path or abstract name", _texts("path")),
    "dir": Words("directory of the path", lambda rows: directories(rows.strings("path"))),
    "type": _named("type", "type", UNIX_TYPES),
    "state": _named("state", "condition", {**UNIX_STATES, UNCONNECTED: "unconnected"}),
    **_OWNER,
    "unit": Words("systemd unit or container of the process", _texts("unit")),
    "user": Words("user", _user),
    "peer": Words("process at the other end", _texts("peer_process")),
    **_QUEUES,
    "age": _AGE,
    "inode": _number("inode", "inode", unknown=0),
    **_NAMESPACE,
}
GROUPS: Fields = {
    "iface": Words("interface", _texts("interface")),
    "addr": Words("address of the group", _texts("group")),
    "name": Words("what the group is for", _texts("about")),
    "users": _number("memberships", "users"),
    **_NAMESPACE,
}


def _conntrack_protocol(rows: Table) -> Strings:
    return distinct(rows, ("protocol",), lambda found: conntrack_text.protocol(found[0]))


_ENDS = ("original_source", "original_destination", "reply_source", "reply_destination")
NAT: Fields = {
    "proto": Words("protocol", _conntrack_protocol),
    "proc": Words("name of the process that answers", _texts("answerer"), needs=frozenset(ANSWERERS)),
    "procns": Words("its network namespace", _texts("answerer_namespace"), needs=frozenset(ANSWERERS)),
    "state": Words("state", _texts("state_name")),
    "src": Host("source before translation", "original_source", "original_source_port"),
    "dst": Host("destination before translation", "original_destination", "original_destination_port"),
    "sport": Port("its port", ("original_source_port",)),
    "dport": Port("its port", ("original_destination_port",)),
    "port": Port("any port", tuple(f"{end}_port" for end in _ENDS)),
    "bytes": _number("bytes of both directions", "bytes", "bytes", unknown=-1),
    "packets": _number("packets of both directions", "packets", unknown=-1),
    "rate": _number("both directions", "bytes_rate", "bytes/s"),
    "expires": _number("time until it is forgotten", "timeout", "seconds", unknown=-1),
    "mark": _number("mark", "mark", unknown=-1),
    "zone": _number("zone", "zone"),
    **_NAMESPACE,
}

OTHERS: Fields = {
    "iface": Words("device a packet socket listens on", _texts("interface")),
    **_OWNER,
    "user": Words("user", _user),
    "recvq": _number("bytes that wait to be read", "rmem", "bytes", unknown=-1),
    "sendq": _number("bytes that wait to be sent", "wmem", "bytes", unknown=-1),
    "drops": _number("packets dropped", "drops", unknown=-1),
    "inode": _number("inode", "inode", unknown=0),
    **_NAMESPACE,
}
