"""What sockets can be grouped by, and the filter that finds the members of each group."""

from __future__ import annotations

from dataclasses import replace

from sockscope.app.frames.inet import IPPROTO_SCTP
from sockscope.app.frames.table import Table
from sockscope.app.model.filters.match import Matches
from sockscope.app.model.grouping import by_numbers, by_state, by_target
from sockscope.app.model.socketinterfaces import NEEDS
from sockscope.app.model.socketstates import state_name
from sockscope.app.model.states import ESTABLISHED, LISTEN, NAMES
from sockscope.app.model.units import briefly
from sockscope.app.view import groupterms as terms
from sockscope.app.view import ordering, units
from sockscope.app.view.columns import GroupView
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.services import SERVICES, service
from sockscope.app.view.sockets import TONES, protocol

QUEUES = ("rx_queue", "tx_queue")
RATES = ("rx_rate", "tx_rate", "rate")
_REMOTE, _REMOTE_PORT = "remote_address", "remote_port"


def _counts_connections(rows: Table) -> Matches:
    """A listener's queues are of connections: those that wait, and how many may."""
    listens: Matches = rows.numbers("state") == LISTEN
    return listens


def _holds_bytes(rows: Table) -> Matches:
    return ~_counts_connections(rows)


def _same_protocol(rows: Table, row: int) -> str:
    """Over IPv4 or IPv6, as groups have both."""
    return f"proto ~ ^{protocol(rows, row).removesuffix('6')}6?$"


def _port(rows: Table, row: int) -> str:
    number, kind = rows.integer("local_port", row), rows.integer("protocol", row)
    name = service(number, SERVICES.get(kind, "tcp")) if number else ""
    text = f"{number or '*'}/{protocol(rows, row).removesuffix('6')}"
    return f"{text} {name}" if name else text


def _at_port(rows: Table, row: int) -> str:
    return f"sport {rows.integer('local_port', row)} and {_same_protocol(rows, row)}"


def _state(rows: Table, row: int) -> str:
    kind = protocol(rows, row).removesuffix("6")
    name = state_name(rows, row)
    return name if kind == "tcp" else f"{kind} {name}".rstrip()


def _in_state(rows: Table, row: int) -> str | None:
    code, kind = rows.integer("state", row), rows.integer("protocol", row)
    if kind == IPPROTO_SCTP and (rows.integer("remote_port", row) or code == ESTABLISHED):
        return None
    name = NAMES.get(code, "").lower()
    return f"state {name} and {_same_protocol(rows, row)}" if name else None


def _state_tone(rows: Table, row: int) -> str:
    return TONES.get(rows.integer("tcp_state", row), "")


_WITHOUT_SUMS = (
    *terms.of_end("remote", ("remote address", "remote addresses"), "dst", _REMOTE, _REMOTE_PORT),
    GroupView(
        "target",
        "remote address and port",
        "remote ports",
        by_target(_REMOTE, _REMOTE_PORT),
        terms.column(
            "Remote address and port",
            terms.target(_REMOTE, _REMOTE_PORT),
            terms.by_target(_REMOTE, _REMOTE_PORT),
        ),
        terms.at_target(("dst", "dport"), _REMOTE, _REMOTE_PORT),
    ),
    terms.PROCESS,
    terms.by_unit(units.NEEDS),
    terms.USER,
    GroupView(
        "port",
        "local port",
        "local ports",
        by_numbers("protocol", "local_port"),
        terms.column("Local port", _port, ordering.numbers("local_port")),
        _at_port,
    ),
    GroupView(
        "state",
        "state",
        "states",
        by_state,
        terms.column("State", _state, ordering.numbers("state"), _state_tone),
        _in_state,
    ),
    terms.of_text("interface", "interface", "interfaces", "used", "iface", unknown=UNKNOWN, needs=NEEDS),
    terms.of_text(
        "namespace",
        "network namespace",
        "namespaces",
        "namespace",
        "ns",
        heading="Namespace",
        unknown="(gone)",
        brief=briefly,
    ),
)
GROUPINGS = tuple(
    replace(each, by_state=True, sums=(*QUEUES, *RATES), summed=_holds_bytes) for each in _WITHOUT_SUMS
)
"""In the order in which they are offered."""
OF_LISTENERS = tuple(
    replace(each, by_state=False, sums=QUEUES, summed=_counts_connections)
    for each in GROUPINGS
    if each.id in ("process", "unit", "user", "port", "interface", "namespace")
)
"""Listeners have no peers, and one state."""
