"""Sockets as netstat chooses and prints them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP
from sockscope.app.frames.table import Table
from sockscope.app.model.ownership import NOT_INHERITED, OWNED
from sockscope.app.model.sockets import NO_UID
from sockscope.app.model.socketstates import state_name
from sockscope.app.model.states import BOUND, NAMES
from sockscope.app.output import namespaces
from sockscope.app.output.names import NUMBERS, Names
from sockscope.app.settings import Settings, Which
from sockscope.app.view.format import address
from sockscope.app.view.search import PROTOCOLS
from sockscope.app.view.services import SERVICES, service
from sockscope.app.view.sockets import TIMERS

_HEADINGS = {
    "connected": "Active Internet connections (w/o servers)",
    "listening": "Active Internet connections (only servers)",
    "all": "Active Internet connections (servers and established)",
}
_STREAMS = (socket.IPPROTO_TCP, IPPROTO_MPTCP, IPPROTO_SCTP)
_ADDRESS = 23
"""Width of an address; a longer one moves the rest of its line."""


def of_protocols(sockets: Table, protocols: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which sockets are of these protocols (`tcp`, `udp6` ...); if none is named, of all that netstat knows:
    MPTCP is there as the TCP sockets that carry it."""
    family, protocol = sockets.numbers("family"), sockets.numbers("protocol")
    if not protocols:
        known: NDArray[np.bool_] = protocol != IPPROTO_MPTCP
        return known
    keep = np.zeros(len(sockets), dtype=np.bool_)
    for (of_family, number), name in PROTOCOLS.items():
        if name in protocols:
            keep |= (family == of_family) & (protocol == number)
    return keep


def chosen(sockets: Table, which: Which) -> NDArray[np.bool_]:
    """netstat's choice, which goes by address and not by state: a TCP, MPTCP or SCTP socket without a remote
    port, any other without a remote address, is a server. What is bound and does nothing is in none of its
    lists."""
    visible: NDArray[np.bool_] = (sockets.numbers("protocol") != socket.IPPROTO_TCP) | (
        sockets.numbers("state") != BOUND
    )
    if which == "all":
        return visible
    connected = np.where(
        np.isin(sockets.numbers("protocol"), _STREAMS),
        sockets.numbers("remote_port") != 0,
        sockets.numbers("remote_address").any(axis=1),
    )
    return visible & (connected if which == "connected" else ~connected)


def lines(rows: Table, order: NDArray[np.intp], settings: Settings, names: Names = NUMBERS) -> Iterator[str]:
    """The heading, the names of the columns, and a line a row; as `netstat -W`."""
    yield _HEADINGS[settings.which]
    head = f"Proto Recv-Q Send-Q {'Local Address':<{_ADDRESS}} {'Foreign Address':<{_ADDRESS}} {'State':<11}"
    head += f" {'User':<10} {'Inode':<10}" if settings.extend else ""
    head += f" {'PID/Program name':<20}" if settings.programs else ""
    head += namespaces.title(rows, settings)
    yield head + (" Timer" if settings.timers else "")
    shown = rows.take(order)
    names.want(*(shown.numbers(name) for name in ("family", "local_address", "remote_address")))
    columns = zip(
        _protocols(shown),
        shown.numbers("rx_queue").tolist(),
        shown.numbers("tx_queue").tolist(),
        _endpoints(shown, "local", settings, names),
        _endpoints(shown, "remote", settings, names),
        _states(shown),
        _extended(shown, settings) if settings.extend else repeat(""),
        programs(shown) if settings.programs else repeat(""),
        namespaces.column(shown) if settings.everywhere else repeat(""),
        _timers(shown) if settings.timers else repeat(""),
        strict=False,
    )
    for proto, recv_q, send_q, local, remote, state, extended, program, netns, timer in columns:
        yield (
            f"{proto:<6}{recv_q:>6} {send_q:>6} {local:<{_ADDRESS}} {remote:<{_ADDRESS}} {state:<11}"
            f"{extended}{program}{netns}{timer}"
        )


def _protocols(rows: Table) -> list[str]:
    pairs = zip(rows.numbers("family").tolist(), rows.numbers("protocol").tolist(), strict=True)
    return [PROTOCOLS.get(pair, str(pair[1])).replace("udplite", "udpl") for pair in pairs]


def _endpoints(rows: Table, end: str, settings: Settings, names: Names) -> Iterator[str]:
    families = rows.numbers("family").tolist()
    protocols = rows.numbers("protocol").tolist()
    ports = rows.numbers(f"{end}_port").tolist()
    raw = np.ascontiguousarray(rows.numbers(f"{end}_address")).tobytes()
    for row, (family, protocol, port) in enumerate(zip(families, protocols, ports, strict=True)):
        place = raw[16 * row : 16 * row + 16]
        where = names.name(family, place) or address(family, place)
        if where == "::" and not settings.numeric_hosts:
            where = "[::]"
        yield f"{where}:{_port(port, protocol, numeric=settings.numeric_ports)}"


def _port(port: int, protocol: int, *, numeric: bool) -> str:
    if not port:
        return "*"
    if numeric or protocol == socket.IPPROTO_RAW:
        return str(port)
    return service(port, SERVICES.get(protocol, "tcp")) or str(port)


def _states(rows: Table) -> Iterator[str]:
    protocols, states = rows.numbers("protocol").tolist(), rows.numbers("state").tolist()
    for row, (protocol, state) in enumerate(zip(protocols, states, strict=True)):
        if protocol == socket.IPPROTO_TCP:
            yield NAMES.get(state, "UNKNOWN")
        elif protocol in _STREAMS:
            yield state_name(rows, row)
        elif protocol == socket.IPPROTO_RAW:
            yield str(state)
        else:
            yield {1: NAMES[1], 7: ""}.get(state, "UNKNOWN")


def _extended(rows: Table, settings: Settings) -> Iterator[str]:
    uids, inodes = rows.numbers("uid").tolist(), rows.numbers("inode").tolist()
    names = rows.strings("user")
    for row, (uid, inode) in enumerate(zip(uids, inodes, strict=True)):
        number = "-" if uid == NO_UID else str(uid)
        user = number if settings.numeric_users else names[row] or number
        yield f" {user:<10} {inode:<10}"


def programs(rows: Table) -> Iterator[str]:
    """As netstat, only the processes that have the socket open: not those of its listener."""
    pids, more = rows.numbers("pid").tolist(), (rows.numbers("holders").astype(np.int64) - 1).tolist()
    own = ((rows.numbers("why") == OWNED) & (rows.numbers("inherited") == NOT_INHERITED)).tolist()
    names = rows.strings("name")
    for row, (pid, others, known) in enumerate(zip(pids, more, own, strict=True)):
        program = f"{pid}/{names[row] or '?'}{f' +{others}' if others > 0 else ''}" if known else "-"
        yield f" {program:<20}"


def _timers(rows: Table) -> Iterator[str]:
    """Name, seconds left, retransmissions and probes, of which sock_diag tells one, by the kind of timer."""
    protocols, timers = rows.numbers("protocol").tolist(), rows.numbers("timer").tolist()
    expires, counts = rows.numbers("expires").tolist(), rows.numbers("retrans").tolist()
    for protocol, timer, milliseconds, count in zip(protocols, timers, expires, counts, strict=True):
        if protocol in _STREAMS:
            name = TIMERS.get(timer, f"unkn-{timer}")
        else:
            name = {0: "off", 1: "on1", 2: "on2"}.get(timer, f"unkn-{timer}")
        both = f"0/{count}" if timer in (2, 4) else f"{count}/0"
        yield f" {name} ({milliseconds / 1000:.2f}/{both})"
