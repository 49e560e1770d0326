"""How a socket reads: the columns that Connections and Listening share."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.hosts import Address
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.ownership import OWNED, WHY
from sockscope.app.model.sockets import NO_UID
from sockscope.app.model.socketstates import state_name, tcp_code, tcp_like
from sockscope.app.model.states import NAMES
from sockscope.app.view import ordering, search
from sockscope.app.view.addresses import whole
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column
from sockscope.app.view.endsearch import in_local, in_remote
from sockscope.app.view.format import UNKNOWN, duration, endpoint
from sockscope.app.view.naming import Naming
from sockscope.app.view.ordering import by_text
from sockscope.app.view.plaincolumns import number_column
from sockscope.app.view.services import SERVICES

TONES = {
    1: "established",
    2: "passing",
    3: "passing",
    4: "passing",
    5: "passing",
    6: "timewait",
    8: "closewait",
    9: "passing",
    10: "listen",
    11: "passing",
}
"""Tone of each TCP state."""

TIMERS = {0: "off", 1: "on", 2: "keepalive", 3: "timewait", 4: "probe", 5: "delack"}
"""Names of struct inet_diag_msg's timers; netstat's, where it has one."""


def protocol(rows: Table, row: int) -> str:
    """netstat's word: tcp, tcp6, udp ..."""
    pair = (rows.integer("family", row), rows.integer("protocol", row))
    return search.PROTOCOLS.get(pair, str(pair[1]))


def local(rows: Table, row: int) -> str:
    """Local address and port."""
    raw = rows.numbers("local_address")[row].tobytes()
    return endpoint(rows.integer("family", row), raw, rows.integer("local_port", row))


def remote(rows: Table, row: int) -> str:
    """Remote address and port."""
    raw = rows.numbers("remote_address")[row].tobytes()
    return endpoint(rows.integer("family", row), raw, rows.integer("remote_port", row))


def host(rows: Table, row: int, end: str) -> Address:
    """Family and address of an end, `local` or `remote`."""
    return rows.integer("family", row), rows.numbers(f"{end}_address")[row].tobytes()


def _protocol_cell(rows: Table, row: int) -> Cell:
    """Short as netstat has it; `/m` marks TCP sockets that carry an MPTCP connection."""
    mark = "/m" if rows.numbers("carrier")[row] else ""
    return Cell(protocol(rows, row).replace("udplite", "udpl") + mark)


def _local_cell(rows: Table, row: int) -> Cell:
    return Cell(local(rows, row))


def _remote_cell(rows: Table, row: int) -> Cell:
    return Cell(remote(rows, row), "" if rows.numbers("remote_port")[row] else "dim")


def _named_end(end: str, plain: Callable[[Table, int], Cell]) -> Callable[[Table, int, Naming], Cell]:
    def cell(rows: Table, row: int, naming: Naming) -> Cell:
        if not naming.on:
            return plain(rows, row)
        protocol = rows.integer("protocol", row)
        kind = "" if protocol == socket.IPPROTO_RAW else SERVICES.get(protocol, "tcp")
        port = rows.integer(f"{end}_port", row)
        words = naming.endpoint(*host(rows, row, end), port, kind)
        return Cell(words, "dim" if end == "remote" and not port else "")

    return cell


def _end_column(
    end: str, title: str, cell: Callable[[Table, int], Cell], found: search.Search, asked: str
) -> Column:
    """Address and port of an end."""
    name, port = f"{end}_address", f"{end}_port"
    return Column(
        end,
        title,
        21,
        cell,
        lambda rows: sort_key(rows.numbers("family"), rows.numbers(name), rows.numbers(port)),
        priority=1,
        align="port",
        grow=1,
        search=found,
        short=title.removesuffix(" Address"),
        named=_named_end(end, cell),
        host=("family", name),
        filter=asked,
        whole=whole(name, port=True),
    )


def _state_cell(rows: Table, row: int) -> Cell:
    return Cell(state_name(rows, row), TONES.get(tcp_code(rows, row), ""))


def _queue_cell(name: str) -> Column:
    title = {"rx_queue": "Recv-Q", "tx_queue": "Send-Q"}[name]

    def cell(rows: Table, row: int) -> Cell:
        value = rows.integer(name, row)
        return Cell(str(value), "strong" if value else "dim")

    return number_column(
        title.lower(),
        title,
        7,
        cell,
        name,
        priority=6,
        search=search.numbers(name),
        filter={"rx_queue": "recvq", "tx_queue": "sendq"}[name],
    )


def owner_words(rows: Table, row: int) -> tuple[str, str]:
    """The owner as it reads and its tone: `nginx 1054`, `+2` for more, and `↑` before the pid where it is not
    the socket's own: its listener's, or the one before it was closed."""
    why = rows.integer("why", row)
    if why != OWNED:
        return WHY[why], "dim"
    arrow = "↑ " if rows.integer("inherited", row) else ""
    more = rows.integer("holders", row) - 1
    name = rows.text("name", row) or "?"
    return f"{name} {arrow}{rows.integer('pid', row)}{f' +{more}' if more > 0 else ''}", ""


def _owner_cell(rows: Table, row: int) -> Cell:
    return Cell(*owner_words(rows, row))


def _owner_order(rows: Table) -> Numbers:
    return np.stack([by_text(rows, "name"), rows.numbers("pid").astype(np.int64)], axis=1)


def _in_owner(rows: Table, sought: Matcher) -> Matches:
    found = search.in_strings(rows.strings("name"), sought) | search.in_numbers(rows.numbers("pid"), sought)
    owned: Matches = found & (rows.numbers("why") == OWNED)
    return owned | search.in_names(rows.numbers("why"), dict(enumerate(WHY)), sought)


def user(rows: Table, row: int) -> str | None:
    """User name, the number where it has none, None where the kernel does not say."""
    name = rows.text("user", row)
    uid = rows.integer("uid", row)
    return name if name is not None else (None if uid == NO_UID else str(uid))


def _user_cell(rows: Table, row: int) -> Cell:
    name = user(rows, row)
    return Cell(UNKNOWN, "dim") if name is None else Cell(name)


def user_id(rows: Table, row: int) -> int | None:
    """Number of the user, None where the kernel does not say."""
    uid = rows.integer("uid", row)
    return None if uid == NO_UID else uid


def _user_or_number(rows: Table, row: int, naming: Naming) -> Cell:
    uid = user_id(rows, row)
    return _user_cell(rows, row) if naming.users or uid is None else Cell(str(uid))


def _protocol_order(rows: Table) -> Numbers:
    return np.stack([rows.numbers("protocol"), rows.numbers("family")], axis=1)


def _seen_cell(rows: Table, row: int) -> Cell:
    return Cell(f"{'>' if rows.integer('older', row) else ''}{coarse(rows.real('seen', row))}", "dim")


def coarse(seconds: float) -> str:
    """A time that changes on the screen only as often as it must: seconds, tens of them, minutes, hours."""
    if seconds < 10:
        return duration(seconds)
    if seconds < 60:
        return f"{int(seconds // 10) * 10}s"
    if seconds < 3600:
        return f"{int(seconds // 60)}m"
    return f"{int(seconds // 3600)}h" if seconds < 86400 else f"{int(seconds // 86400)}d"


def timer(rows: Table, row: int) -> str:
    """As netstat writes it: name, seconds left, retransmits or probes."""
    code = rows.integer("timer", row)
    seconds = rows.integer("expires", row) / 1000
    name = TIMERS.get(code, f"unkn-{code}")
    return f"{name} ({seconds:.0f}s/{rows.integer('retrans', row)})" if code else name


def _timer_cell(rows: Table, row: int) -> Cell:
    return Cell(timer(rows, row), "" if rows.integer("timer", row) else "dim")


def _inode_cell(rows: Table, row: int) -> Cell:
    inode = rows.integer("inode", row)
    return Cell(str(inode)) if inode else Cell(UNKNOWN, "dim")


PROTO = Column("proto", "Proto", 6, _protocol_cell, _protocol_order, priority=2, search=search.in_protocol)
RECV_Q = _queue_cell("rx_queue")
SEND_Q = _queue_cell("tx_queue")
LOCAL = replace(_end_column("local", "Local Address", _local_cell, in_local, "src"), minimum=15)
REMOTE = _end_column("remote", "Foreign Address", _remote_cell, in_remote, "dst")
STATE = Column(
    "state",
    "State",
    11,
    _state_cell,
    tcp_like,
    priority=1,
    search=lambda rows, sought: search.in_names(tcp_like(rows), NAMES, sought),
)
OWNER = Column(
    "owner",
    "Owner",
    20,
    _owner_cell,
    _owner_order,
    priority=2,
    minimum=14,
    grow=2,
    search=_in_owner,
    filter="proc",
)
USER = Column(
    "user",
    "User",
    10,
    _user_cell,
    ordering.texts("user"),
    priority=5,
    search=search.texts("user"),
    named=_user_or_number,
)
TIMER = Column(
    "timer",
    "Timer",
    17,
    _timer_cell,
    lambda rows: np.stack([rows.numbers("timer"), rows.numbers("expires")], axis=1),
    priority=8,
    search=search.names("timer", TIMERS),
    optional=True,
)
INODE = number_column(
    "inode",
    "Inode",
    8,
    _inode_cell,
    "inode",
    priority=9,
    search=search.numbers("inode"),
    optional=True,
    descending=False,
)
SEEN = number_column("seen", "Seen", 5, _seen_cell, "seen", priority=7, descending=False)
