"""Unix sockets from sock_diag: `unix`, one row each, and `unix_waiting`, who waits in an accept queue.

Layouts: linux/unix_diag.h (struct unix_diag_req, struct unix_diag_msg). Connections that nobody has accepted
yet have no inode, and the kernel leaves them out: procunix.py has them.

`unix` has the columns type u1 (1 stream, 2 datagram, 5 seqpacket), state u1 (as in tcp_states.h: 1
connected, 7 not, 10 listening), inode u8, cookie u8 (0 where there is none), path (text as it was bound,
without the NUL that marks a name as abstract; unknown where nothing was bound), abstract u1, peer i8 (inode;
0 where the other end has none, NO_PEER, UNTOLD), shutdown i1 (bits 1: receives no more, 2: sends no more; -1
unknown), rx_queue and tx_queue i8 (bytes; of a listener who waits and the backlog; -1 unknown) and uid u4
(2**32-1 unknown).

`unix_waiting`: listener u8 and client u8, inodes; a row for each connection that has not been accepted.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors import netlink, procunix
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import NETLINK_SOCK_DIAG, Dump, NetlinkSocket
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Strings, Table

SOCK_DIAG_BY_FAMILY = 20
AF_UNIX = 1
LISTEN = 10

UDIAG_SHOW_NAME, UDIAG_SHOW_PEER, UDIAG_SHOW_ICONS, UDIAG_SHOW_RQLEN, UDIAG_SHOW_UID = 1, 4, 8, 0x10, 0x40
NAME, PEER, ICONS, RQLEN, SHUTDOWN, UID = 0, 2, 3, 4, 6, 7
"""Attributes UNIX_DIAG_*."""

NO_PEER, UNTOLD = -1, -2
NO_UID = 2**32 - 1

_EVERY_STATE = 0xFFFFFFFF
_SHOW = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID
_REQUEST = struct.Struct("=BBHIII")
_NO_COOKIE = b"\xff" * 8
_MESSAGE = np.dtype(
    [
        ("family", "u1"),
        ("type", "u1"),
        ("state", "u1"),
        ("pad", "u1"),
        ("inode", "u4"),
        ("cookie", "u8"),
    ]
)
_COOKIE_AT = netlink.HEADER.size + 8
_LENGTHS = np.dtype([("received", "u4"), ("sent", "u4")])


class UnixCollector:
    """Dumps every unix socket over netlink; where that is refused from /proc/net/unix, and a note says so."""

    provides: tuple[str, ...] = ("unix", "unix_waiting")

    def __init__(
        self,
        proc_net: str = procunix.PROC_NET,
        connect: Callable[[int], NetlinkSocket] = NetlinkSocket,
    ) -> None:
        self._proc_net = proc_net
        self._asked = _Asked(connect)

    def collect(self) -> Collected:
        """Both tables, each socket once."""
        taken = time.monotonic()
        dump = self._asked.dump(_EVERY_STATE, _SHOW)
        if not dump.error:
            return Collected(_both(*decode(dump), taken))
        why = f"unix_diag: {netlink.strerror(dump.error)}"
        try:
            sockets = from_file(procunix.read(self._proc_net))
        except OSError as refused:
            why += f"; /proc/net/unix: {netlink.strerror(refused.errno or 1)}"
            return Collected({}, (Note("unix", "failed", why),))
        why += "; read from /proc/net/unix, which tells no peers, queues or users"
        return Collected(_both(sockets, _waiting([], []), taken), (Note("unix", "fallback", why),))

    def close(self) -> None:
        """Close the netlink socket."""
        self._asked.close()


class UnixListenersCollector:
    """Asks for listeners alone: `unix_listeners` has their inode u8, rx_queue i8 and tx_queue i8 as `unix`.

    It costs little beside a dump of all, so a full accept queue is known while nobody looks at the rows.
    """

    provides: tuple[str, ...] = ("unix_listeners",)

    def __init__(self, connect: Callable[[int], NetlinkSocket] = NetlinkSocket) -> None:
        self._asked = _Asked(connect)

    def collect(self) -> Collected:
        """The table; none where the kernel refuses, for the tab itself tells why."""
        taken = time.monotonic()
        dump = self._asked.dump(1 << LISTEN, UDIAG_SHOW_RQLEN)
        if dump.error:
            return Collected({})
        dump = _whole(dump)
        received, sent = _queues(dump)
        inode = netlink.fields(dump, _MESSAGE)["inode"].astype(np.uint64)
        return Collected(
            {"unix_listeners": Table({"inode": inode, "rx_queue": received, "tx_queue": sent}, taken)}
        )

    def close(self) -> None:
        """Close the netlink socket."""
        self._asked.close()


class _Asked:
    """A netlink socket that is opened when it is first needed."""

    def __init__(self, connect: Callable[[int], NetlinkSocket]) -> None:
        self._connect = connect
        self._socket: NetlinkSocket | None = None

    def dump(self, states: int, show: int) -> Dump:
        """The sockets in these states; a refusal is in the answer's `error`."""
        try:
            if self._socket is None:
                self._socket = self._connect(NETLINK_SOCK_DIAG)
        except OSError as refused:
            nothing = np.empty(0, np.intp)
            return Dump(b"", nothing, nothing, refused.errno or 1)
        request = _REQUEST.pack(AF_UNIX, 0, 0, states, 0, show) + _NO_COOKIE
        return self._socket.dump(SOCK_DIAG_BY_FAMILY, request)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _both(sockets: Table, waiting: Table, taken: float) -> dict[str, Table]:
    return {"unix": Table(sockets.columns, taken), "unix_waiting": Table(waiting.columns, taken)}


def decode(dump: Dump) -> tuple[Table, Table]:
    """Tables `unix` and `unix_waiting` of one dump. Malformed attributes end their message, what came before
    them counts."""
    dump = _whole(dump)
    head = netlink.fields(dump, _MESSAGE)
    found = netlink.attributes(dump, _MESSAGE.itemsize, (NAME, PEER, ICONS, RQLEN, SHUTDOWN, UID))
    buffer = dump.buffer
    received, sent = _lengths(buffer, found[RQLEN])
    inode = head["inode"].astype(np.uint64)
    path, abstract = _names(buffer, found[NAME])
    sockets = Table(
        {
            "type": np.ascontiguousarray(head["type"]),
            "state": np.ascontiguousarray(head["state"]),
            "inode": inode,
            "cookie": np.ascontiguousarray(head["cookie"]),
            "path": path,
            "abstract": abstract,
            "peer": _peers(buffer, found[PEER]),
            "shutdown": netlink.values(buffer, found[SHUTDOWN], np.int8, -1),
            "rx_queue": received,
            "tx_queue": sent,
            "uid": netlink.values(buffer, found[UID], np.uint32, NO_UID),
        }
    )
    return sockets, _pending(buffer, found[ICONS], inode)


def _whole(dump: Dump) -> Dump:
    """Only whole messages, each socket once."""
    dump = netlink.whole(dump, SOCK_DIAG_BY_FAMILY, _MESSAGE.itemsize)
    return netlink.each_once(dump, netlink.gather(dump.buffer, dump.offsets + _COOKIE_AT, np.uint64))


def _queues(dump: Dump) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return _lengths(dump.buffer, netlink.attributes(dump, _MESSAGE.itemsize, (RQLEN,))[RQLEN])


def _lengths(buffer: bytes, lengths: netlink.Attribute) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    told = lengths.present & (lengths.lengths >= _LENGTHS.itemsize)
    pair = netlink.gather(buffer, lengths.offsets[told], _LENGTHS)
    received, sent = np.full((2, len(told)), -1, dtype=np.int64)
    received[told], sent[told] = pair["received"], pair["sent"]
    return received, sent


def _peers(buffer: bytes, peers: netlink.Attribute) -> NDArray[np.int64]:
    peer = netlink.values(buffer, peers, np.uint32, 0).astype(np.int64)
    peer[~peers.present] = NO_PEER
    return peer


def _names(buffer: bytes, names: netlink.Attribute) -> tuple[Strings, NDArray[np.uint8]]:
    """What each socket is bound to, every distinct name decoded once, and whether that name is abstract."""
    rows = np.flatnonzero(names.present & (names.lengths > 0))
    starts = names.offsets[rows]
    ends = starts + names.lengths[rows]
    known: dict[bytes, int] = {}
    told = [
        known.setdefault(buffer[start:end], len(known))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    codes = np.full(len(names.offsets), -1, dtype=np.int32)
    codes[rows] = told
    abstract = np.zeros(len(codes), dtype=np.uint8)
    abstract[rows] = netlink.gather(buffer, starts, np.uint8) == 0
    return Strings(codes, tuple(map(_name, known))), abstract


def _name(raw: bytes) -> str:
    """An abstract name without its first NUL, a path without the NUL that ends it."""
    bare = raw[1:] if raw[:1] == b"\0" else raw.partition(b"\0")[0]
    return bare.decode("utf-8", "surrogateescape")


def _pending(buffer: bytes, icons: netlink.Attribute, inode: NDArray[np.uint64]) -> Table:
    """One row for each inode in the lists of those who wait."""
    rows = np.flatnonzero(icons.present & (icons.lengths >= 4))
    numbers = icons.lengths[rows] // 4
    listener = np.repeat(inode[rows], numbers)
    first = np.repeat(np.cumsum(numbers) - numbers, numbers)
    places = np.repeat(icons.offsets[rows], numbers) + 4 * (np.arange(len(listener)) - first)
    return _waiting(listener, netlink.gather(buffer, places, np.uint32))


def _waiting(listener: Any, client: Any) -> Table:
    return Table({"listener": np.asarray(listener, np.uint64), "client": np.asarray(client, np.uint64)})


def from_file(listed: Table) -> Table:
    """Table `unix` of what procunix.py read: without peers, queues and users."""
    rows = listed.take(listed.numbers("inode") > 0)
    number = len(rows)
    accepting = (rows.numbers("flags") & procunix.ACCEPTING) != 0
    connected = rows.numbers("condition") == procunix.CONNECTED
    return Table(
        {
            "type": rows.numbers("type"),
            "state": np.where(accepting, LISTEN, np.where(connected, 1, 7)).astype(np.uint8),
            "inode": rows.numbers("inode"),
            "cookie": np.zeros(number, np.uint64),
            "path": rows.strings("path"),
            "abstract": rows.numbers("abstract"),
            "peer": np.full(number, UNTOLD, np.int64),
            "shutdown": np.full(number, -1, np.int8),
            "rx_queue": np.full(number, -1, np.int64),
            "tx_queue": np.full(number, -1, np.int64),
            "uid": np.full(number, NO_UID, np.uint32),
        }
    )
