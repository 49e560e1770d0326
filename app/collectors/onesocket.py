"""Single sockets of inet_diag, each asked for by itself: what is known of those whose details are open.

`asked_sockets` has one row for each socket that the kernel found: cookie u8 (as in `sockets`), mark i8 (-1
unknown), cgroup u8 (id, 0 unknown) and path, that of the cgroup. `asked_tcp_info` has the columns of
`tcp_info` (tcpinfo.py) and a row for each connection of TCP among them.

Layouts: inetdiag.py. A TCP socket with a peer is looked up in the kernel's hash table, in whatever state it
is (NLM_F_REQUEST without NLM_F_DUMP); ENOENT means that there is none with this cookie. Of listeners that
share a port (SO_REUSEPORT) such a look-up finds just one, and it finds no bound socket and no UDP the way
dumps write addresses: those come from a dump of one port in one state.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, tcpinfo
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.cgroups import CgroupTree
from sockscope.app.collectors.inetdiag import (
    ANY_STATE,
    ASK_CONG,
    ASK_INFO,
    MESSAGE,
    SOCK_DIAG_BY_FAMILY,
    cgroup_ids,
    cookies,
    marks,
    request,
    socket_id,
)
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump, NetlinkSocket
from sockscope.app.collectors.questions import OneSocket
from sockscope.app.frames.joins import places
from sockscope.app.frames.table import UNKNOWN, Column, Strings, Table, concatenate

MOST = 16
"""Sockets that are asked for in one tick."""
WHOLE = frozenset({"tcp_info", "cgroups", "cgroup_paths", "marks"})
"""The tables that tell the same of all sockets."""


class OneSocketCollector:
    """Asks sock_diag for the sockets it was given last."""

    provides: tuple[str, ...] = ("asked_sockets", "asked_tcp_info")

    def __init__(self) -> None:
        self._questions: Sequence[OneSocket] = ()
        self._wanted: frozenset[str] = frozenset()
        self._netlink: NetlinkSocket | None = None
        self._tree = CgroupTree()

    def ask(self, questions: Iterable[OneSocket]) -> None:
        """What the next `collect` has to answer."""
        self._questions = tuple(questions)[:MOST]

    def choose(self, wanted: frozenset[str], states: frozenset[int] | None) -> None:  # noqa: ARG002
        """What is collected of all sockets is not asked again of one."""
        self._wanted = wanted

    def collect(self) -> Collected:
        """The sockets that were found, in the order of the questions. Where sock_diag is refused there are
        none; what collects all sockets says why."""
        taken = time.monotonic()
        asked = () if self._wanted >= WHOLE else self._questions
        dumps = [self._answer(question) for question in asked]
        dumps = [dump for dump in dumps if len(dump)] or [netlink.failed(0)]
        ids = np.concatenate([cgroup_ids(dump) for dump in dumps])
        found: dict[str, Column] = {
            "cookie": np.concatenate([cookies(dump) for dump in dumps]),
            "mark": np.concatenate([marks(dump) for dump in dumps]),
            "cgroup": ids,
            "path": self._paths(ids),
        }
        info = concatenate([tcpinfo.decode(dump, MESSAGE) for dump in dumps])
        return Collected({"asked_sockets": Table(found, taken), "asked_tcp_info": Table(info.columns, taken)})

    def close(self) -> None:
        """Close the socket."""
        if self._netlink is not None:
            self._netlink.close()
            self._netlink = None

    def _answer(self, question: OneSocket) -> Dump:
        """The message about that socket, or none."""
        try:
            payload = request_of(question, info="tcp_info" not in self._wanted)
            if self._netlink is None:
                self._netlink = NetlinkSocket(NETLINK_SOCK_DIAG)
        except (OSError, ValueError, struct.error):
            return netlink.failed(0)
        ask = self._netlink.ask if question.alone else self._netlink.dump
        told = netlink.whole(ask(SOCK_DIAG_BY_FAMILY, payload), SOCK_DIAG_BY_FAMILY, MESSAGE.itemsize)
        return told.take(np.flatnonzero(cookies(told) == np.uint64(question.cookie))[:1])

    def _paths(self, ids: NDArray[np.uint64]) -> Strings:
        known = self._tree.look(ids)
        texts = known.strings("path")
        codes = np.append(texts.codes, np.int32(UNKNOWN))[places(known.numbers("id"), ids)]
        return Strings(codes, texts.values)


def request_of(question: OneSocket, *, info: bool) -> bytes:
    """The payload of the message, with `info` for tcp_info too; OSError or struct.error where an address
    or a number is none."""
    tcp = question.protocol == socket.IPPROTO_TCP
    extensions = ASK_INFO | ASK_CONG if info and tcp else 0
    ports = question.local_port, question.remote_port
    if not question.alone:
        states = 1 << question.state if question.state else ANY_STATE
        return request(question.family, question.protocol, states, extensions, socket_id(ports))
    local = socket.inet_pton(question.family, question.local_address)
    remote = socket.inet_pton(question.family, question.remote_address)
    exact = socket_id(ports, (local, remote), question.interface, question.cookie)
    return request(question.family, question.protocol, ANY_STATE, extensions, exact)
