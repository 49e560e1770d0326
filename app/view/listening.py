"""The Listening tab."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.listeners import LISTEN
from sockscope.app.model.listening import REACHES, queue_full, synq_near
from sockscope.app.model.store import Store
from sockscope.app.view import search, sockets
from sockscope.app.view.columns import Cell, Column, Field, TabView
from sockscope.app.view.format import UNKNOWN, address, bar, count
from sockscope.app.view.socketdetails import details

BAR = 6
"""Width of the accept queue's bar."""


def _address_cell(rows: Table, row: int) -> Cell:
    family = rows.integer("family", row)
    return Cell(address(family, rows.numbers("local_address")[row].tobytes()))


def _port_cell(rows: Table, row: int) -> Cell:
    return Cell(str(rows.integer("local_port", row)), "strong")


def _service(rows: Table, row: int) -> str:
    return sockets.service(rows.integer("local_port", row), "udp" if _udp(rows, row) else "tcp")


def _udp(rows: Table, row: int) -> bool:
    return rows.integer("state", row) != LISTEN


def _service_cell(rows: Table, row: int) -> Cell:
    return Cell(_service(rows, row), "dim")


def _in_service(rows: Table, word: str) -> search.Matches:
    return np.array([word in _service(rows, row) for row in range(len(rows))], dtype=np.bool_)


def _service_order(rows: Table) -> Numbers:
    names = [_service(rows, row) or "~" for row in range(len(rows))]
    return np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1]


def _reach_cell(rows: Table, row: int) -> Cell:
    code = rows.integer("reach", row)
    return Cell(REACHES[code], "warn" if code <= 2 else "dim")


def _in_reach(rows: Table, word: str) -> search.Matches:
    return search.in_names(rows.numbers("reach"), dict(enumerate(REACHES)), word)


def _one(rows: Table, row: int) -> Table:
    return rows.take(np.array([row]))


def _queue_cell(rows: Table, row: int) -> Cell:
    if _udp(rows, row):
        drops = rows.integer("drops", row)
        words = UNKNOWN if drops < 0 else f"drops {count(drops)}"
        return Cell(words, "dim" if drops <= 0 else "warn")
    waiting, limit = rows.integer("rx_queue", row), rows.integer("tx_queue", row)
    full = bool(queue_full(_one(rows, row))[0])
    text = f"{bar(waiting, limit, BAR)} {waiting}/{limit}{' ▲' if full else ''}"
    return Cell(text, "alarm" if full else ("" if waiting else "dim"))


def _queue_order(rows: Table) -> Numbers:
    """Share of the queue in use; UDP by drops, below every listener."""
    tcp = rows.numbers("state") == LISTEN
    limit = np.maximum(rows.numbers("tx_queue"), 1).astype(np.float64)
    share = rows.numbers("rx_queue") / limit
    return np.where(tcp, share, -1.0 / (2.0 + np.maximum(rows.numbers("drops"), 0)))


def _syn_cell(rows: Table, row: int) -> Cell:
    waiting = rows.integer("syn_recv", row)
    if waiting < 0:
        return Cell(UNKNOWN, "dim")
    near = bool(synq_near(_one(rows, row))[0])
    return Cell(f"{count(waiting)}{' ▲' if near else ''}", "alarm" if near else ("" if waiting else "dim"))


PROTO = sockets.PROTO
ADDRESS = Column(
    "address",
    "Address",
    18,
    _address_cell,
    lambda rows: sort_key(rows.numbers("family"), rows.numbers("local_address"), rows.numbers("local_port")),
    priority=1,
    minimum=12,
    grow=1,
    search=search.in_local,
)
PORT = Column(
    "port",
    "Port",
    5,
    _port_cell,
    lambda rows: rows.numbers("local_port"),
    priority=1,
    align="right",
    search=lambda rows, word: search.in_numbers(rows.numbers("local_port"), word),
)
SERVICE = Column("service", "Service", 12, _service_cell, _service_order, priority=6, search=_in_service)
REACH = Column(
    "reach", "Reach", 11, _reach_cell, lambda rows: rows.numbers("reach"), priority=4, search=_in_reach
)
QUEUE = Column(
    "queue",
    "Accept queue",
    18,
    _queue_cell,
    _queue_order,
    priority=2,
    descending=True,
    search=search.nowhere,
)
SYN_RECV = Column(
    "syn_recv",
    "SYN_RECV",
    8,
    _syn_cell,
    lambda rows: rows.numbers("syn_recv"),
    priority=3,
    align="right",
    descending=True,
    search=lambda rows, word: search.in_numbers(rows.numbers("syn_recv"), word),
)

FIELDS = (
    *sockets.FIELDS,
    Field("accept_queue", lambda rows, row: None if _udp(rows, row) else rows.integer("rx_queue", row)),
    Field("backlog", lambda rows, row: None if _udp(rows, row) else rows.integer("tx_queue", row)),
)


def empty(store: Store) -> str:
    """Why there is no row."""
    failed = store.notes("sockets")
    return failed[0].why if failed else "nothing listens in this network namespace"


LISTENING = TabView(
    id="listening",
    title="Listening",
    short="Listen",
    columns=(
        PROTO,
        ADDRESS,
        PORT,
        SERVICE,
        REACH,
        QUEUE,
        SYN_RECV,
        sockets.OWNER,
        sockets.USER,
        sockets.INODE,
    ),
    fields=FIELDS,
    sort=("port", False),
    details=details,
    empty=empty,
    noun="listeners",
)
