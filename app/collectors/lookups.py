"""What the kernel would do with a packet: the answers to RTM_GETROUTE for single destinations.

`lookups` has one row a question: asked Strings (`Lookup.name`), error i4 (errno, 0: there is a route), the
columns of `routes` (routes.py) for the way the packet would go, with what is cached of it, and of the route
that decides: match_known u1, match_table u4, match_destination (n, 16) u1, match_length u1, match_metric u4.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable, Sequence

import numpy as np

from sockscope.app.collectors import rtmsg
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import (
    HEADER,
    NETLINK_GET_STRICT_CHK,
    NETLINK_ROUTE,
    NLM_F_REQUEST,
    NLMSG_ERROR,
    SOL_NETLINK,
    Dump,
    strerror,
)
from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Strings, Table, concatenate

MOST = 16
"""Questions that are answered in one tick."""

_RTM_GETROUTE = 26
_LOOKUP_TABLE, _FIB_MATCH = 0x1000, 0x2000
_RTMSG = struct.Struct("=BBBB4xI")
_RTA_DST, _RTA_SRC, _RTA_OIF, _RTA_MARK, _RTA_UID = 1, 2, 4, 16, 25
_PATIENCE = 1.0
_ROOM = 32768


class LookupsCollector:
    """Asks rtnetlink the questions it was given last."""

    provides: tuple[str, ...] = ("lookups",)

    def __init__(self) -> None:
        self._questions: Sequence[Lookup] = ()
        self._socket: socket.socket | None = None
        self._sequence = 0

    def ask(self, questions: Iterable[Lookup]) -> None:
        """What the next `collect` has to answer."""
        self._questions = tuple(questions)[:MOST]

    def collect(self) -> Collected:
        """Table `lookups`, in the order of the questions."""
        taken = time.monotonic()
        try:
            rows = [self._answer(question) for question in self._questions]
        except OSError as refused:
            self.close()
            why = f"netlink does not say: {strerror(refused.errno or 1)}"
            return Collected({}, (Note("lookups", "failed", why),))
        table = concatenate(rows) if rows else _row(Lookup(socket.AF_INET, ""), _refused(0), _refused(0))
        return Collected({"lookups": Table(table.take(np.arange(len(rows))).columns, taken)})

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answer(self, question: Lookup) -> Table:
        table = _LOOKUP_TABLE if question.family == socket.AF_INET else 0  # IPv6 tells it unasked
        way = self._ask(question, table)
        return _row(question, way, _refused(0) if way.error else self._ask(question, table | _FIB_MATCH))

    def _ask(self, question: Lookup, flags: int) -> Dump:
        """One message, or none and why; OSError where netlink itself fails."""
        try:
            payload = request(question, flags)
        except OSError:
            return _refused(22)
        if self._socket is None:
            self._socket = _open()
        self._sequence += 1
        size = HEADER.size + len(payload)
        self._socket.send(HEADER.pack(size, _RTM_GETROUTE, NLM_F_REQUEST, self._sequence, 0) + payload)
        while True:
            answer = self._socket.recv(_ROOM)
            length, kind, _, sequence, _ = HEADER.unpack_from(answer)
            if sequence == self._sequence:
                break
        if kind == NLMSG_ERROR:
            return _refused(-struct.unpack_from("=i", answer, HEADER.size)[0])
        return Dump(answer, np.zeros(1, np.intp), np.array([length], np.intp))


def request(question: Lookup, flags: int) -> bytes:
    """The payload of the message; OSError where an address is none of the family."""
    target = socket.inet_pton(question.family, question.destination)
    origin = socket.inet_pton(question.family, question.source) if question.source else b""
    attributes = _attribute(_RTA_DST, target)
    attributes += _attribute(_RTA_SRC, origin) if origin else b""
    for kind, value in (
        (_RTA_OIF, question.device),
        (_RTA_MARK, question.mark),
        (_RTA_UID, question.uid + 1),
    ):
        if value:
            attributes += _attribute(kind, struct.pack("=I", value - (kind == _RTA_UID)))
    return _RTMSG.pack(question.family, len(target) * 8, len(origin) * 8, 0, flags) + attributes


def _open() -> socket.socket:
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE)
    made.settimeout(_PATIENCE)
    made.bind((0, 0))
    made.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
    return made


def unanswered(question: Lookup, error: int) -> Table:
    """The row of a question that could not be asked, and why (errno)."""
    return _row(question, _refused(error), _refused(0))


def _refused(error: int) -> Dump:
    return Dump(b"", np.empty(0, np.intp), np.empty(0, np.intp), error)


def _row(question: Lookup, way: Dump, match: Dump) -> Table:
    found, _ = rtmsg.decode(way, question.family)
    deciding, _ = rtmsg.decode(match, question.family)
    known = len(deciding) > 0
    row = found if len(found) else _blank(found)
    route = deciding if known else _blank(deciding)
    return row.with_columns(
        asked=Strings.of([question.name]),
        error=np.array([way.error], np.int32),
        match_known=np.array([known], np.uint8),
        match_table=route.numbers("table"),
        match_destination=route.numbers("destination"),
        match_length=route.numbers("destination_length"),
        match_metric=route.numbers("metric"),
    )


def _blank(table: Table) -> Table:
    """A row of zeros."""
    columns = {name: table.numbers(name) for name in table.columns}
    return Table({name: np.zeros((1, *column.shape[1:]), column.dtype) for name, column in columns.items()})


def _attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload
