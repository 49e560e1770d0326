"""How a socket reads: the columns and fields that Connections and Listening share."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sockscope.app.frames.inet import IPPROTO_SCTP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.ownership import OWNED, WHY
from sockscope.app.model.sockets import NO_UID
from sockscope.app.model.socketstates import state_name, tcp_code, tcp_like
from sockscope.app.model.states import NAMES
from sockscope.app.view import search
from sockscope.app.view.columns import Cell, Column, Field
from sockscope.app.view.format import UNKNOWN, address, duration, endpoint

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


SERVICES = {
    socket.IPPROTO_UDP: "udp",
    IPPROTO_UDPLITE: "udp",
    IPPROTO_SCTP: "sctp",
}
"""Under which protocol ports have their names in /etc/services; all others: tcp."""


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


@lru_cache(maxsize=4096)
def service(port: int, name: str) -> str:
    """Name of a port in /etc/services, empty if it has none."""
    try:
        return socket.getservbyport(port, name)
    except OSError:
        return ""


def _protocol_cell(rows: Table, row: int) -> Cell:
    """Short as netstat has it; `/m` marks TCP sockets that carry an MPTCP connection."""
    mark = "/m" if rows.numbers("carrier")[row] else ""
    return Cell(protocol(rows, row).replace("udplite", "udpl") + mark)


def _local_cell(rows: Table, row: int) -> Cell:
    return Cell(local(rows, row))


def _remote_cell(rows: Table, row: int) -> Cell:
    return Cell(remote(rows, row), "" if rows.numbers("remote_port")[row] else "dim")


def _state_cell(rows: Table, row: int) -> Cell:
    return Cell(state_name(rows, row), TONES.get(tcp_code(rows, row), ""))


def _queue_cell(name: str) -> Column:
    title = {"rx_queue": "Recv-Q", "tx_queue": "Send-Q"}[name]

    def cell(rows: Table, row: int) -> Cell:
        value = rows.integer(name, row)
        return Cell(str(value), "strong" if value else "dim")

    return Column(
        id=title.lower(),
        title=title,
        width=7,
        cell=cell,
        order=lambda rows: rows.numbers(name),
        priority=6,
        align="right",
        descending=True,
        search=lambda rows, word: search.in_numbers(rows.numbers(name), word),
    )


def owner_words(rows: Table, row: int) -> tuple[str, str]:
    """The owner as it reads and its tone: `nginx 1054`, `↑` before the pid of a listener's, `+2` for more."""
    why = rows.integer("why", row)
    if why != OWNED:
        return WHY[why], "dim"
    arrow = "↑ " if rows.integer("inherited", row) else ""
    more = rows.integer("holders", row) - 1
    name = rows.text("name", row) or "?"
    return f"{name} {arrow}{rows.integer('pid', row)}{f' +{more}' if more > 0 else ''}", ""


def _owner_cell(rows: Table, row: int) -> Cell:
    return Cell(*owner_words(rows, row))


def by_text(rows: Table, name: str) -> Numbers:
    """Sort key of a text column: case does not count, the unknown comes last."""
    column = rows.strings(name)
    _, ranks = np.unique(np.array([value.lower() for value in column.values], np.str_), return_inverse=True)
    return column.lookup(ranks.tolist(), len(column.values), np.int64)


def _owner_order(rows: Table) -> Numbers:
    return np.stack([by_text(rows, "name"), rows.numbers("pid").astype(np.int64)], axis=1)


def _in_owner(rows: Table, word: str) -> search.Matches:
    found = search.in_strings(rows.strings("name"), word) | search.in_numbers(rows.numbers("pid"), word)
    owned: search.Matches = found & (rows.numbers("why") == OWNED)
    return owned | search.in_names(rows.numbers("why"), dict(enumerate(WHY)), word)


def user(rows: Table, row: int) -> str | None:
    """User name, the number where it has none, None where the kernel does not say."""
    name = rows.text("user", row)
    uid = rows.integer("uid", row)
    return name if name is not None else (None if uid == NO_UID else str(uid))


def _user_cell(rows: Table, row: int) -> Cell:
    name = user(rows, row)
    return Cell(UNKNOWN, "dim") if name is None else Cell(name)


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
LOCAL = Column(
    "local",
    "Local Address",
    21,
    _local_cell,
    lambda rows: sort_key(rows.numbers("family"), rows.numbers("local_address"), rows.numbers("local_port")),
    priority=1,
    align="port",
    minimum=15,
    grow=1,
    search=search.in_local,
    short="Local",
)
REMOTE = Column(
    "remote",
    "Foreign Address",
    21,
    _remote_cell,
    lambda rows: sort_key(
        rows.numbers("family"), rows.numbers("remote_address"), rows.numbers("remote_port")
    ),
    priority=1,
    align="port",
    grow=1,
    search=search.in_remote,
    short="Foreign",
)
STATE = Column(
    "state",
    "State",
    11,
    _state_cell,
    tcp_like,
    priority=1,
    search=lambda rows, word: search.in_names(tcp_like(rows), NAMES, word),
)
OWNER = Column(
    "owner", "Owner", 20, _owner_cell, _owner_order, priority=2, minimum=14, grow=2, search=_in_owner
)
USER = Column(
    "user",
    "User",
    10,
    _user_cell,
    lambda rows: by_text(rows, "user"),
    priority=5,
    search=lambda rows, word: search.in_strings(rows.strings("user"), word),
)
TIMER = Column(
    "timer",
    "Timer",
    17,
    _timer_cell,
    lambda rows: np.stack([rows.numbers("timer"), rows.numbers("expires")], axis=1),
    priority=8,
    search=lambda rows, word: search.in_names(rows.numbers("timer"), TIMERS, word),
)
INODE = Column(
    "inode",
    "Inode",
    8,
    _inode_cell,
    lambda rows: rows.numbers("inode"),
    priority=9,
    align="right",
    search=lambda rows, word: search.in_numbers(rows.numbers("inode"), word),
)
SEEN = Column(
    "seen",
    "Seen",
    5,
    _seen_cell,
    lambda rows: rows.numbers("seen"),
    priority=7,
    align="right",
    search=search.nowhere,
)


def _address(end: str) -> Callable[[Table, int], str]:
    def value(rows: Table, row: int) -> str:
        return address(rows.integer("family", row), rows.numbers(f"{end}_address")[row].tobytes())

    return value


def _number(name: str) -> Callable[[Table, int], int]:
    return lambda rows, row: rows.integer(name, row)


def _known(name: str) -> Callable[[Table, int], int | None]:
    return lambda rows, row: rows.integer(name, row) or None


def _user_id(rows: Table, row: int) -> int | None:
    uid = rows.integer("uid", row)
    return None if uid == NO_UID else uid


def _pid(rows: Table, row: int) -> int | None:
    return rows.integer("pid", row) if rows.integer("why", row) == OWNED else None


def _process(rows: Table, row: int) -> str | None:
    return rows.text("name", row) if rows.integer("why", row) == OWNED else None


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
    Field("uid", _user_id),
    Field("user", user),
    Field("inode", _known("inode")),
    Field("pid", _pid),
    Field("process", _process),
    Field("pids", _pids),
    Field("timer", lambda rows, row: TIMERS.get(rows.integer("timer", row))),
    Field("timer_seconds", _timer_seconds),
    Field("timer_count", _timer_count),
    Field("interface", lambda rows, row: rows.text("device", row)),
    Field("cookie", _known("cookie")),
    Field("mptcp_token", lambda rows, row: rows.text("token", row)),
)
"""Names in JSON and CSV; `pids` needs the rows' switch `every_holder`."""
