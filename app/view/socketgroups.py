"""What sockets can be grouped by, and the filter that finds the members of each group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from glob import escape

import numpy as np

from sockscope.app.frames.inet import IPPROTO_SCTP
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import addresses, sort_key
from sockscope.app.model.filters.evaluate import reading
from sockscope.app.model.filters.syntax import Compared
from sockscope.app.model.grouping import SPLITS
from sockscope.app.model.sockets import NO_UID
from sockscope.app.model.socketstates import state_name
from sockscope.app.model.states import ESTABLISHED, NAMES
from sockscope.app.view import search, units
from sockscope.app.view.columns import Cell, Column, GroupView
from sockscope.app.view.format import address, endpoint
from sockscope.app.view.ordering import by_text
from sockscope.app.view.services import SERVICES, service
from sockscope.app.view.sockets import TONES, protocol

QUEUES = ("rx_queue", "tx_queue")
RATES = ("rx_rate", "tx_rate", "rate")
_V4, _V6 = 2, 10

Text = Callable[[Table, int], str]
Term = Callable[[Table, int], str | None]


def _column(
    title: str,
    text: Text,
    order: Callable[[Table], Numbers],
    tone: Text | None = None,
    needs: tuple[str, ...] = (),
) -> Column:
    def cell(rows: Table, row: int) -> Cell:
        return Cell(text(rows, row), "" if tone is None else tone(rows, row))

    return Column("group", title, 40, cell, order, priority=0, minimum=16, search=search.nowhere, needs=needs)


def _view(name: str, title: str, noun: str, column: Column, term: Term) -> GroupView:
    return GroupView(name, title, noun, SPLITS[name], column, term, (*QUEUES, *RATES), by_state=True)


def _is(name: str, value: str) -> str:
    """A text that must be equal as a whole."""
    return reading(Compared(name, "=", escape(value), 0, 0))


def _unknown(name: str) -> str:
    return f"{name} != *"


def _term(field: str, column: str) -> Callable[[Table, int], str]:
    """What finds the rows with the same text in a column."""

    def term(rows: Table, row: int) -> str:
        text = rows.text(column, row)
        return _unknown(field) if text is None else _is(field, text)

    return term


def _same_protocol(rows: Table, row: int) -> str:
    """Over IPv4 or IPv6, as groups have both."""
    return f"proto ~ ^{protocol(rows, row).removesuffix('6')}6?$"


# By remote address and network


def _raw(rows: Table, row: int) -> bytes:
    raw: bytes = rows.numbers("remote_address")[row].tobytes()
    return raw


def _is_ipv4(rows: Table, row: int) -> bool:
    one = rows.take(np.array([row]))
    return bool(addresses(one.numbers("family"), one.numbers("remote_address")).ipv4[0])


def _remote(rows: Table, row: int) -> str:
    return address(rows.integer("family", row), _raw(rows, row))


def _network(rows: Table, row: int) -> str:
    raw = _raw(rows, row)
    if not _is_ipv4(rows, row):
        return f"{address(_V6, raw[:8] + bytes(8))}/64"
    return f"{_remote(rows, row).rpartition('.')[0]}.0/24"


def _in_network(rows: Table, row: int) -> str:
    term = f"dst {_network(rows, row)}"
    mapped = not _is_ipv4(rows, row) and not any(_raw(rows, row)[:8])
    return f"{term} and not dst 0.0.0.0/0" if mapped else term  # ::/64 holds the IPv4-mapped ones too


def _target(rows: Table, row: int) -> str:
    return endpoint(rows.integer("family", row), _raw(rows, row), rows.integer("remote_port", row))


def _at_target(rows: Table, row: int) -> str:
    return f"dst {_remote(rows, row)} and dport {rows.integer('remote_port', row)}"


def _by_remote(rows: Table) -> Numbers:
    return sort_key(rows.numbers("family"), rows.numbers("remote_address"), rows.numbers("remote_port"))


# By owner


def _process(rows: Table, row: int) -> str:
    return rows.text("name", row) or "(not known)"


def _unit(rows: Table, row: int) -> str:
    return rows.text("unit", row) or "(none known)"


def _user(rows: Table, row: int) -> str:
    uid = rows.integer("uid", row)
    return rows.text("user", row) or ("(not known)" if uid == NO_UID else str(uid))


def _of_user(rows: Table, row: int) -> str:
    known = rows.text("user", row) or rows.integer("uid", row) != NO_UID
    return _is("user", _user(rows, row)) if known else _unknown("user")


# By port, state and device


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


def _device(rows: Table, row: int) -> str:
    return rows.text("device", row) or "(not bound)"


def _namespace(rows: Table, row: int) -> str:
    return rows.text("namespace", row) or "(gone)"


def _by(name: str) -> Callable[[Table], Numbers]:
    return lambda rows: by_text(rows, name)


def _of(name: str) -> Callable[[Table], Numbers]:
    return lambda rows: rows.numbers(name)


GROUPINGS = (
    _view(
        "remote",
        "remote address",
        "remote addresses",
        _column("Remote address", _remote, _by_remote),
        lambda rows, row: f"dst {_remote(rows, row)}",
    ),
    _view(
        "network",
        "remote network (/24, /64)",
        "remote networks",
        _column("Remote network", _network, _by_remote),
        _in_network,
    ),
    _view(
        "target",
        "remote address and port",
        "remote ports",
        _column("Remote address and port", _target, _by_remote),
        _at_target,
    ),
    _view(
        "process", "process", "processes", _column("Process", _process, _by("name")), _term("proc", "name")
    ),
    _view(
        "unit",
        "unit or container",
        "units",
        _column("Unit", _unit, _by("unit"), needs=units.NEEDS),
        _term("unit", "unit"),
    ),
    _view("user", "user", "users", _column("User", _user, _by("user")), _of_user),
    _view("port", "local port", "local ports", _column("Local port", _port, _of("local_port")), _at_port),
    _view("state", "state", "states", _column("State", _state, _of("state"), _state_tone), _in_state),
    _view(
        "device",
        "bound interface",
        "interfaces",
        _column("Bound interface", _device, _by("device")),
        _term("dev", "device"),
    ),
    _view(
        "namespace",
        "network namespace",
        "namespaces",
        _column("Namespace", _namespace, _by("namespace")),
        _term("ns", "namespace"),
    ),
)
"""In the order in which they are offered."""
OF_LISTENERS = tuple(
    replace(each, by_state=False, sums=QUEUES)
    for each in GROUPINGS
    if each.id in ("process", "unit", "user", "port", "device", "namespace")
)
"""Listeners have no peers, and one state."""
