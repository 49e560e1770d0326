"""The Listening tab."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.listeners import LISTEN
from sockscope.app.model.listening import REACHES, queue_full, synq_near
from sockscope.app.model.store import Store
from sockscope.app.view import (
    asking,
    filterfields,
    namespaces,
    ordering,
    search,
    socketextras,
    socketfields,
    sockets,
    units,
)
from sockscope.app.view.addresses import whole
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, TabView, details_in
from sockscope.app.view.endsearch import in_local
from sockscope.app.view.format import UNKNOWN, address, bar, count
from sockscope.app.view.naming import Naming
from sockscope.app.view.plaincolumns import number_column
from sockscope.app.view.services import service
from sockscope.app.view.socketgroups import OF_LISTENERS

BAR = 6
"""Width of the accept queue's bar."""


def _address_cell(rows: Table, row: int) -> Cell:
    family = rows.integer("family", row)
    return Cell(address(family, rows.numbers("local_address")[row].tobytes()))


def _named_address(rows: Table, row: int, naming: Naming) -> Cell:
    return Cell(naming.place(*sockets.host(rows, row, "local")))


def _port_cell(rows: Table, row: int) -> Cell:
    return Cell(str(rows.integer("local_port", row)), "strong")


def _service(rows: Table, row: int) -> str:
    return service(rows.integer("local_port", row), "udp" if _udp(rows, row) else "tcp")


def _udp(rows: Table, row: int) -> bool:
    return rows.integer("state", row) != LISTEN


def _service_cell(rows: Table, row: int) -> Cell:
    return Cell(_service(rows, row), "dim")


def _in_service(rows: Table, sought: Matcher) -> Matches:
    return search.in_strings(_services(rows), sought)


@lru_cache(maxsize=1)
def _services(rows: Table) -> Strings:
    _, first, place = np.unique(
        rows.numbers("local_port").astype(np.int64) << 8 | rows.numbers("state"),
        return_index=True,
        return_inverse=True,
    )
    return Strings.of(_service(rows, row) for row in first.tolist()).take(place.ravel())


def _service_order(rows: Table) -> Numbers:
    names = [_service(rows, row) or "~" for row in range(len(rows))]
    return np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1]


def _reach_cell(rows: Table, row: int) -> Cell:
    code = rows.integer("reach", row)
    return Cell(REACHES[code], "warn" if code <= 2 else "dim")


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
    search=in_local,
    named=_named_address,
    host=("family", "local_address"),
    filter="src",
    align="path",
    whole=whole("local_address", port=False),
)
PORT = number_column(
    "port",
    "Port",
    5,
    _port_cell,
    "local_port",
    priority=1,
    search=search.numbers("local_port"),
    descending=False,
)
SERVICE = Column("service", "Service", 12, _service_cell, _service_order, priority=6, search=_in_service)
REACH = Column(
    "reach",
    "Reach",
    11,
    _reach_cell,
    ordering.numbers("reach"),
    priority=4,
    search=search.names("reach", dict(enumerate(REACHES))),
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
SYN_RECV = number_column(
    "syn_recv",
    "SYN_RECV",
    8,
    _syn_cell,
    "syn_recv",
    priority=3,
    search=search.numbers("syn_recv"),
    filter="synrecv",
)

FIELDS = (
    *socketfields.FIELDS,
    Field("accept_queue", lambda rows, row: None if _udp(rows, row) else rows.integer("rx_queue", row)),
    Field("backlog", lambda rows, row: None if _udp(rows, row) else rows.integer("tx_queue", row)),
)


def empty(store: Store) -> str:
    """Why there is no row."""
    failed = store.notes("sockets")
    return failed[0].why if failed else "nothing listens in this network namespace"


LISTENING = TabView(
    id="listening",
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
        units.UNIT,
        namespaces.NAMESPACE,
        sockets.INODE,
        *socketextras.COLUMNS,
    ),
    fields=FIELDS,
    filters=filterfields.LISTENING,
    groupings=OF_LISTENERS,
    sort=("port", False),
    details=details_in("socketdetails"),
    asks=asking.about,
    empty=empty,
    noun="listeners",
)
