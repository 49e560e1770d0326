"""What sockets can be grouped by, and the filter that finds the members of each group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sockscope.app.frames.inet import IPPROTO_SCTP
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.filters.match import Matches
from sockscope.app.model.grouping import SPLITS
from sockscope.app.model.socketinterfaces import NEEDS
from sockscope.app.model.socketstates import state_name
from sockscope.app.model.states import ESTABLISHED, LISTEN, NAMES
from sockscope.app.model.units import briefly
from sockscope.app.view import groupterms as terms
from sockscope.app.view import units
from sockscope.app.view.columns import Column, GroupView
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.services import SERVICES, service
from sockscope.app.view.sockets import TONES, protocol

QUEUES = ("rx_queue", "tx_queue")
RATES = ("rx_rate", "tx_rate", "rate")
_REMOTE, _REMOTE_PORT = "remote_address", "remote_port"


def _view(name: str, title: str, noun: str, column: Column, term: terms.Term) -> GroupView:
    sums = (*QUEUES, *RATES)
    return GroupView(name, title, noun, SPLITS[name], column, term, sums, _holds_bytes, by_state=True)


def _counts_connections(rows: Table) -> Matches:
    """A listener's queues are of connections: those that wait, and how many may."""
    listens: Matches = rows.numbers("state") == LISTEN
    return listens


def _holds_bytes(rows: Table) -> Matches:
    return ~_counts_connections(rows)


def _same_protocol(rows: Table, row: int) -> str:
    """Over IPv4 or IPv6, as groups have both."""
    return f"proto ~ ^{protocol(rows, row).removesuffix('6')}6?$"


def _by_remote(rows: Table) -> Numbers:
    return sort_key(rows.numbers("family"), rows.numbers(_REMOTE), rows.numbers(_REMOTE_PORT))


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


def _number(name: str) -> Callable[[Table], Numbers]:
    return lambda rows: rows.numbers(name)


GROUPINGS = (
    _view(
        "remote",
        "remote address",
        "remote addresses",
        terms.column("Remote address", terms.host(_REMOTE), _by_remote),
        terms.at_host("dst", _REMOTE),
    ),
    _view(
        "network",
        "remote network (/24, /64)",
        "remote networks",
        terms.column("Remote network", terms.network(_REMOTE), _by_remote),
        terms.in_network("dst", _REMOTE),
    ),
    _view(
        "target",
        "remote address and port",
        "remote ports",
        terms.column("Remote address and port", terms.target(_REMOTE, _REMOTE_PORT), _by_remote),
        terms.at_target(("dst", "dport"), _REMOTE, _REMOTE_PORT),
    ),
    _view("process", "process", "processes", terms.named("Process", "name"), terms.same("proc", "name")),
    _view(
        "unit",
        "unit or container",
        "units",
        terms.named("Unit", "unit", "(none known)", needs=units.NEEDS, brief=briefly),
        terms.same("unit", "unit"),
    ),
    _view("user", "user", "users", terms.column("User", terms.user, terms.by("user")), terms.of_user),
    _view(
        "port",
        "local port",
        "local ports",
        terms.column("Local port", _port, _number("local_port")),
        _at_port,
    ),
    _view(
        "state",
        "state",
        "states",
        terms.column("State", _state, _number("state"), _state_tone),
        _in_state,
    ),
    _view(
        "interface",
        "interface",
        "interfaces",
        terms.named("Interface", "used", UNKNOWN, NEEDS),
        terms.same("iface", "used"),
    ),
    _view(
        "namespace",
        "network namespace",
        "namespaces",
        terms.named("Namespace", "namespace", "(gone)", brief=briefly),
        terms.same("ns", "namespace"),
    ),
)
"""In the order in which they are offered."""
OF_LISTENERS = tuple(
    replace(each, by_state=False, sums=QUEUES, summed=_counts_connections)
    for each in GROUPINGS
    if each.id in ("process", "unit", "user", "port", "interface", "namespace")
)
"""Listeners have no peers, and one state."""
