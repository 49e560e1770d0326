"""The Unix tab: its columns, its machine-readable fields, and the way from a socket to its peer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.ownership import OWNED, WHY
from sockscope.app.model.store import Store
from sockscope.app.model.unix import (
    ALONE,
    CLOSED,
    CONNECTED,
    ELSEWHERE,
    LISTENING,
    SEQPACKET,
    STATES,
    TYPES,
    UNTOLD,
    WAITING,
    queue_full,
)
from sockscope.app.view import filterfields, namespaces, ordering, search, socketfields, sockets, units
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, Link, TabView, details_in, known
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.ordering import by_text
from sockscope.app.view.plaincolumns import number_column
from sockscope.app.view.unixgroups import GROUPINGS

TO = "→ "
"""Before the name of what a socket without name is connected to."""

_SHORT = {SEQPACKET: "seqpkt"}
_NONE = Cell(UNKNOWN, "dim")
_TONES = {CONNECTED: "established", LISTENING: "listen"}


def kind(rows: Table, row: int) -> str:
    """stream, dgram, seqpacket."""
    number = rows.integer("type", row)
    return TYPES.get(number, str(number))


def _type_cell(rows: Table, row: int) -> Cell:
    return Cell(_SHORT.get(rows.integer("type", row)) or kind(rows, row))


def state(rows: Table, row: int) -> str:
    """netstat's word; empty for what is not connected."""
    return STATES[rows.integer("condition", row)]


def _state_cell(rows: Table, row: int) -> Cell:
    return Cell(state(rows, row), _TONES.get(rows.integer("condition", row), ""))


def _listens(rows: Table, row: int) -> bool:
    return rows.integer("condition", row) == LISTENING


def _waiting_cell(rows: Table, row: int) -> Cell:
    number = rows.integer("rx_queue", row)
    if _listens(rows, row) and bool(queue_full(rows.take(np.array([row])))[0]):
        return Cell(f"▲{number}", "alarm")
    return _number(number)


def _sent_cell(rows: Table, row: int) -> Cell:
    number = rows.integer("tx_queue", row)
    return Cell(str(number), "dim") if _listens(rows, row) and number >= 0 else _number(number)


def _number(number: int) -> Cell:
    return _NONE if number < 0 else Cell(str(number), "strong" if number else "dim")


def _plain(name: str) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        number = rows.integer(name, row)
        return _NONE if number <= 0 else Cell(str(number))

    return cell


def _path_cell(rows: Table, row: int) -> Cell:
    path = rows.text("path", row)
    if path is not None:
        return Cell(path, "strong" if _listens(rows, row) else "")
    other = rows.text("peer_name", row)
    return _NONE if other is None else Cell(TO + other, "dim")


def _path_order(rows: Table) -> Numbers:
    """What has a name, by it, its listener first; then what is connected to a name; then the rest."""
    own, other = rows.strings("path"), rows.strings("peer_name")
    values = sorted({*own.values, *other.values}, key=lambda text: (text.lower(), text))
    rank = {text: place for place, text in enumerate(values)}
    named, linked = own.codes >= 0, other.codes >= 0
    group = np.where(named, 0, np.where(linked, 1, 2))
    by_name = np.where(named, _ranks(own, rank), _ranks(other, rank))
    after = rows.numbers("condition") != LISTENING
    return np.column_stack([group, by_name, after, rows.numbers("inode").astype(np.int64)])


def _ranks(texts: Strings, rank: dict[str, int]) -> Numbers:
    return texts.lookup([rank[text] for text in texts.values], len(rank), np.int64)


def _in_path(rows: Table, sought: Matcher) -> Matches:
    found = search.in_strings(rows.strings("path"), sought)
    linked = search.in_strings(rows.strings("peer_name"), sought) & (rows.strings("path").codes < 0)
    either: Matches = found | linked
    return either


def peer_words(rows: Table, row: int) -> tuple[str, str]:
    """The peer's process and a tone: `nginx 1054`, `nginx ↑ 1054` for a listener that has not accepted yet,
    or what has become of the peer."""
    fate, why = rows.integer("fate", row), rows.integer("peer_why", row)
    if fate in (ALONE, UNTOLD):
        return UNKNOWN, "dim"
    if fate == CLOSED:
        return "closed", "closewait"
    if why != OWNED:
        return ("not accepted", "warn") if fate == WAITING else (WHY[why], "dim")
    arrow = "↑ " if fate == WAITING else ""
    more = rows.integer("peer_holders", row) - 1
    name = rows.text("peer_process", row) or "?"
    words = f"{name} {arrow}{rows.integer('peer_pid', row)}{f' +{more}' if more > 0 else ''}"
    return words, "warn" if fate == WAITING else ""


def _peer_cell(rows: Table, row: int) -> Cell:
    return Cell(*peer_words(rows, row))


def _peer_order(rows: Table) -> Numbers:
    fate = rows.numbers("fate")
    none = np.isin(fate, (ALONE, UNTOLD, CLOSED))
    return np.column_stack([none, by_text(rows, "peer_process"), rows.numbers("peer_pid"), fate])


def _in_peer(rows: Table, sought: Matcher) -> Matches:
    owned = rows.numbers("peer_why") == OWNED
    found = search.in_strings(rows.strings("peer_process"), sought)
    found |= search.in_numbers(rows.numbers("peer_pid"), sought)
    lost = search.in_names(rows.numbers("fate"), {CLOSED: "closed"}, sought)
    either: Matches = (found & owned) | lost
    return either


def _queue(name: str) -> Callable[[Table, int], int | None]:
    length = known(name)
    return lambda rows, row: length(rows, row) if _listens(rows, row) else None


def _peer_pid(rows: Table, row: int) -> int | None:
    return rows.integer("peer_pid", row) if rows.integer("peer_why", row) == OWNED else None


def _peer_process(rows: Table, row: int) -> str | None:
    return rows.text("peer_process", row) if rows.integer("peer_why", row) == OWNED else None


_SHARED = {field.name: field for field in socketfields.FIELDS}


def follow(rows: Table, row: int) -> Link:
    """To the peer's row; for a connection that nobody has accepted yet to the listener's."""
    key = int(rows.numbers("peer_key")[row])
    if key:
        return Link(key, "the listener" if rows.integer("fate", row) == WAITING else "the peer")
    if _listens(rows, row):
        return Link(None, "a listener has no peer: those it accepted have")
    return Link(None, _NOWHERE.get(rows.integer("fate", row), "this socket has no peer"))


_NOWHERE = {
    CLOSED: "the peer is closed",
    WAITING: "nobody has accepted this connection yet",
    ELSEWHERE: "the peer is in another network namespace, or newer than this look",
    UNTOLD: "the kernel does not tell the peer",
}


def empty(store: Store) -> str:
    """Why there is no row."""
    failed = store.notes("unix")
    return failed[0].why if failed else "no unix socket is open in this network namespace"


UNIX = TabView(
    id="unix",
    columns=(
        Column(
            "type",
            "Type",
            6,
            _type_cell,
            ordering.numbers("type"),
            priority=4,
            search=search.names("type", TYPES),
        ),
        Column(
            "state",
            "State",
            9,
            _state_cell,
            ordering.numbers("condition"),
            priority=2,
            descending=True,
            search=search.names("condition", STATES),
        ),
        number_column(
            "recv-q",
            "Recv-Q",
            7,
            _waiting_cell,
            "rx_queue",
            priority=3,
            minimum=6,
            search=search.numbers("rx_queue"),
            filter="recvq",
        ),
        number_column(
            "send-q",
            "Send-Q",
            7,
            _sent_cell,
            "tx_queue",
            priority=6,
            minimum=6,
            search=search.numbers("tx_queue"),
            filter="sendq",
        ),
        Column(
            "path",
            "Path",
            30,
            _path_cell,
            _path_order,
            priority=1,
            align="path",
            minimum=22,
            grow=4,
            search=_in_path,
            filter="name",
        ),
        replace(sockets.OWNER, minimum=16),
        namespaces.NAMESPACE,
        Column("peer", "Peer", 20, _peer_cell, _peer_order, priority=2, minimum=16, grow=2, search=_in_peer),
        sockets.USER,
        units.OF_PROCESS,
        number_column(
            "node",
            "Inode",
            8,
            _plain("inode"),
            "inode",
            priority=7,
            search=search.numbers("inode"),
            filter="inode",
            descending=False,
        ),
        number_column(
            "peer-node",
            "Peer Inode",
            10,
            _plain("peer"),
            "peer",
            priority=8,
            search=search.numbers("peer"),
            descending=False,
        ),
        number_column("references", "RefCnt", 6, _plain("references"), "references", priority=9),
        sockets.SEEN,
    ),
    fields=(
        Field("proto", lambda _rows, _row: "unix"),
        Field("type", kind),
        Field("state", lambda rows, row: state(rows, row) or None),
        Field("recv_q", known("rx_queue")),
        Field("send_q", known("tx_queue")),
        Field("refcnt", known("references")),
        _SHARED["inode"],
        Field("path", lambda rows, row: rows.text("path", row)),
        Field("peer_inode", known("peer", least=1)),
        Field("peer_path", lambda rows, row: rows.text("peer_name", row)),
        Field("peer_pid", _peer_pid),
        Field("peer_process", _peer_process),
        *(_SHARED[name] for name in ("pid", "process", "pids", "unit", "container", "cgroup", "uid", "user")),
        Field("accept_queue", _queue("rx_queue")),
        Field("backlog", _queue("tx_queue")),
        _SHARED["cookie"],
        *namespaces.FIELDS,
    ),
    filters=filterfields.UNIX,
    groupings=GROUPINGS,
    sort=("path", False),
    details=details_in("unixdetails"),
    empty=empty,
    noun="unix sockets",
    follow=follow,
)
