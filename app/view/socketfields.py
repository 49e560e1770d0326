"""The machine-readable fields of sockets."""

from __future__ import annotations

from collections.abc import Callable

from sockscope.app.frames.table import Table
from sockscope.app.model.ownership import FROM_BEFORE, FROM_LISTENER, OWNED
from sockscope.app.model.socketstates import state_name
from sockscope.app.view import namespaces, units
from sockscope.app.view.columns import Field, known
from sockscope.app.view.format import address
from sockscope.app.view.sockets import TIMERS, protocol, user, user_id

INHERITED = {FROM_LISTENER: "listener", FROM_BEFORE: "before_close"}
"""Words of `inherited` for programs."""


def _process(rows: Table, row: int) -> str | None:
    return rows.text("name", row) if rows.integer("why", row) == OWNED else None


def _address(end: str) -> Callable[[Table, int], str]:
    def value(rows: Table, row: int) -> str:
        return address(rows.integer("family", row), rows.numbers(f"{end}_address")[row].tobytes())

    return value


def _number(name: str) -> Callable[[Table, int], int]:
    return lambda rows, row: rows.integer(name, row)


def _pid(rows: Table, row: int) -> int | None:
    return rows.integer("pid", row) if rows.integer("why", row) == OWNED else None


def _inherited(rows: Table, row: int) -> str | None:
    return INHERITED.get(rows.integer("inherited", row)) if rows.integer("why", row) == OWNED else None


def _pids(rows: Table, row: int) -> list[int] | None:
    pids = rows.text("pids", row) if "pids" in rows else None
    return [int(pid) for pid in pids.split()] if pids else None


def _timer_seconds(rows: Table, row: int) -> float | None:
    return rows.integer("expires", row) / 1000 if rows.integer("timer", row) else None


def _timer_count(rows: Table, row: int) -> int | None:
    return rows.integer("retrans", row) if rows.integer("timer", row) else None


FIELDS = (
    Field("proto", protocol),
    Field("state", lambda rows, row: state_name(rows, row) or None),
    Field("recv_q", _number("rx_queue")),
    Field("send_q", _number("tx_queue")),
    Field("local_address", _address("local")),
    Field("local_port", _number("local_port")),
    Field("remote_address", _address("remote")),
    Field("remote_port", _number("remote_port")),
    Field("uid", user_id),
    Field("user", user),
    Field("inode", known("inode", least=1)),
    Field("pid", _pid),
    Field("process", _process),
    Field("inherited", _inherited),
    *units.FIELDS,
    *namespaces.FIELDS,
    Field("pids", _pids),
    Field("timer", lambda rows, row: TIMERS.get(rows.integer("timer", row))),
    Field("timer_seconds", _timer_seconds),
    Field("timer_count", _timer_count),
    Field("interface", lambda rows, row: rows.text("device", row)),
    Field("cookie", known("cookie", least=1)),
    Field("mptcp_token", lambda rows, row: rows.text("token", row)),
)
"""Names in JSON and CSV; `pids` needs the rows' switch `every_holder`, units the tables of units.NEEDS."""
