"""Rows of the Unix tab: every unix socket with its owner, its peer and its peer's owner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import UNKNOWN, Numbers, Strings, Table, concatenate
from sockscope.app.model import namespaces
from sockscope.app.model.identity import mix
from sockscope.app.model.ownership import Ownership
from sockscope.app.model.rates import Key
from sockscope.app.model.socketunits import units
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.users import NO_USER, user_names

LISTEN = 10
STREAM, DGRAM, SEQPACKET = 1, 2, 5
TYPES = {STREAM: "stream", DGRAM: "dgram", 3: "raw", 4: "rdm", SEQPACKET: "seqpacket"}

UNCONNECTED, CONNECTING, CONNECTED, DISCONNECTING, LISTENING = 1, 2, 3, 4, 5
STATES = {
    UNCONNECTED: "",
    CONNECTING: "CONNECTING",
    CONNECTED: "CONNECTED",
    DISCONNECTING: "DISCONNECTING",
    LISTENING: "LISTENING",
}
"""netstat's words; the first four are numbered as in enum socket_state."""

ALONE, HERE, ELSEWHERE, WAITING, CLOSED, UNTOLD = range(6)
"""What has become of the other end: there is none; it is a row; it is in another network namespace or came
later than the dump; nobody has accepted it yet; it is closed; it is not told."""

_UNTOLD_PEER = -2
_BOTH_WAYS = 3
_NUL = "^@"
"""How text.printable shows it."""
_CONDITIONS = np.full(256, UNCONNECTED, dtype=np.uint8)
_CONDITIONS[[1, 2, LISTEN]] = CONNECTED, CONNECTING, LISTENING

_COUNTED = ("UNIX", "UNIX-STREAM")
"""Names in table `protocols`; the second is told apart since Linux 5.15."""


class UnixModel:
    """One row a socket; with the switch `waiting` also one for each connection that nobody has accepted yet.

    The columns of table `unix` (collectors/unix.py) but for `path`; besides

    - `name` (text): what it is bound to, an abstract name with `@` before it
    - `condition` (u1, index into STATES), `references` (i8, the kernel's count, -1 unknown)
    - the owner and its unit as in model/sockets.py, and the peer's as `peer_pid`, `peer_process`,
      `peer_holders` and `peer_why`: of what waits in an accept queue the listener's
    - `namespace` (text, namespaces.py)
    - `fate` (u1) of the peer, `peer_name` (text), `peer_key`: its row's `key`, the listener's for what waits,
      0 for none

    Switch `only_listeners` leaves all others out, `every_holder` adds `pids` as in model/sockets.py.
    """

    needs = ("unix", "unix_waiting", "unix_listed", "owners", "processes", "unowned")

    def __init__(self) -> None:
        self._attention = 0

    def advance(self, store: Store) -> None:
        """Look at the accept queues, of all rows or of the listeners that are asked for while no rows are."""
        asked = store.now("unix")
        listeners = store.now("unix_listeners") if asked is None else asked.take(_listening(asked))
        self._attention = 0 if listeners is None else int(queue_full(listeners).sum())

    def rows(self, store: Store, options: Options) -> Table | None:
        """All unix sockets; None while they are not collected."""
        sockets = store.now("unix")
        if sockets is None:
            return None
        listed = store.now("unix_listed")
        rows = _joined(sockets, store.now("unix_waiting"), listed)
        if options["waiting"] and listed is not None:
            rows = concatenate([rows, _not_accepted(rows, listed)])
        if options["only_listeners"]:
            rows = rows.take(_listening(rows))
        rows = rows.with_columns(namespace=namespaces.named(rows, store))
        rows = _owned(rows, Ownership.from_store(store), store.now("processes"))
        if options["every_holder"]:
            pids = Ownership.from_store(store).every_pid(rows.numbers("inode"), rows)
            rows = rows.with_columns(pids=pids)
        return rows

    def count(self, store: Store) -> int | None:
        """The rows; while there are none the kernel's own count, which holds more: what is not accepted yet,
        and closed ends that an open one refers to."""
        sockets = store.now("unix")
        if sockets is not None:
            return len(sockets)
        protocols = store.now("protocols")
        if protocols is None:
            return None
        names = protocols.strings("name")
        mine = names.lookup([name in _COUNTED for name in names.values], False, np.bool_)
        return int(protocols.numbers("sockets")[mine].sum()) if mine.any() else None

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """Listeners whose accept queue is full."""
        return self._attention


def queue_full(listeners: Table) -> NDArray[np.bool_]:
    """Listeners whose accept queue has reached its backlog (the kernel lets one more in, then callers wait or
    are refused)."""
    waiting, limit = listeners.numbers("rx_queue"), listeners.numbers("tx_queue")
    full: NDArray[np.bool_] = (waiting > 0) & (limit >= 0) & (waiting >= limit)
    return full


def directories(paths: Strings) -> Strings:
    """The directory of each path; of an abstract name what stands before its last slash, `@` if there is
    none."""
    cut = [
        path.rpartition("/")[0] or ("@" if path.startswith("@") else "/" if "/" in path else ".")
        for path in paths.values
    ]
    distinct: dict[str, int] = {}
    codes = [distinct.setdefault(name, len(distinct)) for name in cut]
    return Strings(paths.lookup(codes, UNKNOWN, np.int32), tuple(distinct))


def _listening(sockets: Table) -> NDArray[np.bool_]:
    listening: NDArray[np.bool_] = sockets.numbers("state") == LISTEN
    return listening


def _joined(sockets: Table, waiting: Table | None, listed: Table | None) -> Table:
    """The sockets with names, identities, peers and reference counts."""
    inode, peer = sockets.numbers("inode"), sockets.numbers("peer")
    key = _keys(sockets)
    fate, target = _fates(sockets, waiting)
    row = find(target, inode)
    here = (row >= 0) & (target > 0)
    fate[here & (peer > 0)] = HERE
    name = _names(sockets)
    columns: dict[str, Any] = {each: sockets.columns[each] for each in sockets.columns if each != "path"}
    return Table(
        {
            **columns,
            "key": key,
            "name": name,
            "condition": _CONDITIONS[sockets.numbers("state")],
            "references": _references(inode, listed),
            "fate": fate,
            "target": target,
            "peer_key": np.where(here, key[row], np.uint64(0)) if len(key) else key,
            "peer_name": Strings(np.where(here, name.codes[row], -1).astype(np.int32), name.values)
            if len(key)
            else name,
        },
        sockets.taken,
    )


def _keys(sockets: Table) -> Key:
    """The kernel's cookie; where it gives none, a number made of the inode."""
    cookie: Key = sockets.numbers("cookie")
    return cookie if cookie.all() else np.where(cookie > 0, cookie, mix(sockets.numbers("inode")))


def _names(sockets: Table) -> Strings:
    """Names with `@` before those that are abstract; each distinct name is one or the other."""
    path = sockets.strings("path")
    abstract = np.zeros(len(path.values) + 1, dtype=np.bool_)
    abstract[path.codes] = sockets.numbers("abstract") > 0
    marked = zip(path.values, abstract.tolist(), strict=False)
    return Strings(path.codes, tuple(f"@{text}" if mark else text for text, mark in marked))


def _fates(sockets: Table, waiting: Table | None) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """What has become of each peer, as far as the socket itself tells, and the inode that answers for it: its
    own, the listener's for what waits, 0 for none.

    A stream that is shut both ways without a peer lost it; a datagram socket is never accepted, so it lost
    its peer too.
    """
    peer = sockets.numbers("peer")
    fate = np.full(len(sockets), ALONE, dtype=np.uint8)
    fate[peer > 0] = ELSEWHERE
    fate[peer == _UNTOLD_PEER] = UNTOLD
    target = np.where(peer > 0, peer, 0).astype(np.uint64)
    lost = peer == 0
    closed = (sockets.numbers("shutdown") == _BOTH_WAYS) | (sockets.numbers("type") == DGRAM)
    fate[lost] = np.where(closed[lost], CLOSED, WAITING)
    if waiting is not None and len(waiting) and lost.any():
        place = find(sockets.numbers("inode"), waiting.numbers("client"))
        queued = lost & (place >= 0)
        fate[queued] = WAITING
        target[queued] = waiting.numbers("listener")[place[queued]]
    return fate, target


def _references(inode: NDArray[np.uint64], listed: Table | None) -> NDArray[np.int64]:
    if listed is None or not len(listed):
        return np.full(len(inode), -1, dtype=np.int64)
    place = find(inode, listed.numbers("inode"))
    return np.where(place >= 0, listed.numbers("references")[place].astype(np.int64), -1)


def _not_accepted(rows: Table, listed: Table) -> Table:
    """A row for every connection that has no inode, with what the file tells of it."""
    bare = listed.take(listed.numbers("inode") == 0)
    number = len(bare)
    unknown = np.full(number, -1, dtype=np.int64)
    condition = bare.numbers("condition").copy()
    condition[(condition == 0) | (condition >= LISTENING)] = UNCONNECTED
    nobody = Strings(np.full(number, -1, dtype=np.int32), ())
    columns: dict[str, Numbers | Strings] = {
        "type": bare.numbers("type"),
        "state": np.where(condition == CONNECTING, 1, 7).astype(np.uint8),
        "inode": bare.numbers("inode"),
        "cookie": np.zeros(number, np.uint64),
        "abstract": bare.numbers("abstract"),
        "peer": np.full(number, _UNTOLD_PEER, np.int64),
        "shutdown": np.full(number, -1, np.int8),
        "rx_queue": unknown,
        "tx_queue": unknown,
        "uid": np.full(number, NO_USER, np.uint32),
        "key": mix(bare.numbers("address"), np.arange(number, dtype=np.uint64)),
        "name": _listeners_names(_names(bare), rows.strings("name")),
        "condition": condition,
        "references": bare.numbers("references").astype(np.int64),
        "fate": np.full(number, UNTOLD, np.uint8),
        "target": np.zeros(number, np.uint64),
        "peer_key": np.zeros(number, np.uint64),
        "peer_name": nobody,
        **namespaces.carried(bare),
    }
    return Table({name: columns[name] for name in rows.columns}, rows.taken)


def _listeners_names(names: Strings, known: Strings) -> Strings:
    """What is not accepted yet has its listener's name, in which the file writes `@` for NUL."""
    told = {text.replace(_NUL, "@"): text for text in known.values if _NUL in text}
    return Strings(names.codes, tuple(told.get(text, text) for text in names.values))


def _owned(rows: Table, ownership: Ownership, processes: Table | None) -> Table:
    """The rows with owners, their units, users and the owners of the peers."""
    owner = ownership.for_inodes(rows.numbers("inode"))
    other = ownership.for_inodes(rows.numbers("target"))
    uid = rows.numbers("uid")
    columns = {name: column for name, column in rows.columns.items() if name not in ("target", "name")}
    return Table(
        {
            **columns,
            "path": rows.strings("name"),
            **owner.columns,
            **units(owner.numbers("pid"), processes),
            "inherited": np.zeros(len(rows), np.uint8),
            "user": user_names(uid),
            "peer_pid": other.numbers("pid"),
            "peer_process": other.strings("name"),
            "peer_holders": other.numbers("holders"),
            "peer_why": other.numbers("why"),
        },
        rows.taken,
    )
