"""Sockets with their owners: the rows that Connections and Listening are both made of."""

from __future__ import annotations

import socket
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.inet import IPPROTO_SCTP, IPPROTO_UDPLITE
from sockscope.app.frames.table import Numbers, Strings, Table, repeated
from sockscope.app.model import mptcp, namespaces, socketunits
from sockscope.app.model.devices import device_names
from sockscope.app.model.former import FormerOwners
from sockscope.app.model.identity import mix
from sockscope.app.model.kept import Kept
from sockscope.app.model.listeners import embryonic, listener_of
from sockscope.app.model.ownership import FROM_LISTENER, NOT_INHERITED, Ownership
from sockscope.app.model.rates import Key
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.users import user_names

NEEDS = ("sockets", "mptcp", "owners", "processes", "unowned")
NO_UID = np.uint32(0xFFFFFFFF)

NO_OPTIONS = Options()


class Sockets:
    """Makes the table of all sockets with owners, once a frame however many tabs read it."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._rows: Table | None = None
        self._former = FormerOwners()
        self._plain: Kept[_Plain] = Kept()

    def rows(self, store: Store, options: Options = NO_OPTIONS) -> Table | None:
        """The columns of table `sockets` and more; None while no sockets are collected.

        `key`; the owner as `pid` (i8, -1 unknown), `name`, `holders` (u4) and `why` (u1, ownership.py);
        `inherited` (u1, ownership.py: whose it is) and `owned` (former.py); `unit`, `cgroup` and `unit_from`
        (socketunits.py), known while table `cgroups` is collected; `listener` (row or -1, for what has not
        been accepted yet); `uid` with 2**32-1 for unknown, `user`; `mark` (i8, -1 unknown), known while table
        `marks` is collected; `namespace` (namespaces.py); `device`, the name of the bound interface;
        `tcp_state`, 0 for what is not TCP; `carrier` (bool): a TCP socket that carries an MPTCP connection or
        listens for such; `token` (text) of the MPTCP connection that it is or carries. With the switch
        `every_holder` also `pids`, the numbers of all holders.
        """
        if store.frame is not self._frame:
            self._rows = self._made(store)
            self._frame = store.frame
        if self._rows is not None and options["every_holder"] and "pids" not in self._rows:
            self._rows = _with_pids(self._rows, Ownership.from_store(store))
        return self._rows

    def _made(self, store: Store) -> Table | None:
        sockets = store.now("sockets")
        if sockets is None:
            return None
        read = (sockets, *map(store.now, _READ))
        plain = self._plain.of(read, lambda: _without_owners(store, sockets), store.frame.host.netns)
        rows = _with_owners(store, plain)
        return self._former.fill(rows, store.frame.monotonic, partly=left_out(store) > 0)


class _Plain(NamedTuple):
    """The rows without owners; and for each the row whose owner it has and the inode of that: its own, or its
    listener's."""

    rows: Table
    source: NDArray[np.intp]
    inodes: NDArray[np.uint64]


_READ = ("mptcp", "marks", "links", "namespaces")
"""Tables that tell something of sockets beside owners."""


def _without_owners(store: Store, sockets: Table) -> _Plain:
    mptcp_table = store.now("mptcp")
    inode = sockets.numbers("inode")
    uid = _user_ids(sockets)
    waiting = embryonic(sockets)
    listener = repeated(np.intp(-1), len(sockets))
    inherited = repeated(np.uint8(NOT_INHERITED), len(sockets))
    source = np.arange(len(sockets))
    if len(waiting):
        listener = listener.copy()
        listener[waiting] = listener_of(sockets, waiting)
        inherited = np.where(listener >= 0, FROM_LISTENER, NOT_INHERITED).astype(np.uint8)
        source = np.where(listener >= 0, listener, source)
        inode, uid = inode[source], uid[source]
    rows = sockets.with_columns(
        key=identity(sockets),
        listener=listener,
        inherited=inherited,
        uid=uid,
        user=_users(uid),
        mark=_marks(sockets, store.now("marks")),
        namespace=namespaces.named(sockets, store),
        device=_devices(sockets, store.now("links")),
        tcp_state=np.where(sockets.numbers("protocol") == socket.IPPROTO_TCP, sockets.numbers("state"), 0),
        carrier=mptcp.carriers(sockets, mptcp_table),
        token=mptcp.tokens(sockets, mptcp_table),
    )
    return _Plain(rows, source, inode)


def _with_owners(store: Store, plain: _Plain) -> Table:
    owner = Ownership.from_store(store).for_inodes(plain.inodes)
    return plain.rows.with_columns(**owner.columns, **_units(store, owner.numbers("pid"), plain.source))


def _units(store: Store, pids: Numbers, source: NDArray[np.intp]) -> dict[str, Strings | Numbers]:
    """Where cgroups were asked for, the units of the sockets that `source` names for each row."""
    cgroups = store.now("cgroups")
    if cgroups is None or len(cgroups) != len(pids):  # of other rows
        return socketunits.no_units(len(pids))
    ids = cgroups.numbers("id")[source]
    return socketunits.units(pids, store.now("processes"), ids, store.now("cgroup_paths"))


def _with_pids(rows: Table, ownership: Ownership) -> Table:
    """Column `pids`, that of the listener for what has not been accepted yet."""
    listener = rows.numbers("listener")
    source = np.where(listener >= 0, listener, np.arange(len(rows)))
    return rows.with_columns(pids=ownership.every_pid(rows.numbers("inode")[source], rows))


def identity(sockets: Table) -> Key:
    """The kernel's cookie; where it gives none, or one for several, a number mixed from addresses, ports and
    inode."""
    cookie: Key = sockets.numbers("cookie")
    own = (cookie > 0) & (sockets.numbers("protocol") != IPPROTO_SCTP)
    if own.all():
        return cookie
    names = ("family", "protocol", "local_address", "remote_address", "local_port", "remote_port", "inode")
    told = (*(sockets.numbers(name) for name in names), namespaces.netns_of(sockets))
    return np.where(own, cookie, mix(*told))


def _user_ids(sockets: Table) -> NDArray[np.uint32]:
    """The kernel says uid 0 for sockets that have no owner; with inode 0 that means nothing."""
    uid = sockets.numbers("uid")
    return np.where((uid == 0) & (sockets.numbers("inode") == 0), NO_UID, uid)


def _users(uid: NDArray[np.uint32]) -> Strings:
    if len(uid) and (uid == uid[0]).all():
        distinct, place = uid[:1], np.zeros(len(uid), dtype=np.intp)
    else:
        distinct, place = np.unique(uid, return_inverse=True)
    names = user_names(distinct)
    codes = np.where(distinct == NO_UID, -1, names.codes).astype(np.int32)
    return Strings(codes[place], names.values)


def _devices(sockets: Table, links: Table | None) -> Strings:
    """Names of bound interfaces."""
    return device_names(sockets.numbers("interface"), links, namespaces.netns_of(sockets))


def _marks(sockets: Table, marks: Table | None) -> NDArray[np.int64]:
    """-1, unknown, unless both are of one dump."""
    if marks is None or marks.taken != sockets.taken or len(marks) != len(sockets):
        return repeated(np.int64(-1), len(sockets))
    told: NDArray[np.int64] = marks.numbers("mark")
    return told


def is_listener(rows: Table) -> NDArray[np.bool_]:
    """Listeners of TCP, MPTCP and SCTP, which alone have that state, and UDP sockets bound to a port that
    receive from anyone."""
    protocol = rows.numbers("protocol")
    state = rows.numbers("state")
    listening: NDArray[np.bool_] = state == 10
    for datagrams in (socket.IPPROTO_UDP, IPPROTO_UDPLITE):
        listening |= (protocol == datagrams) & (state == 7) & (rows.numbers("local_port") > 0)
    return listening


def left_out(store: Store) -> int:
    """TCP sockets that were counted but have no row, because nobody looks at their state."""
    rows, states = store.now("sockets"), store.now("tcp_states")
    if rows is None or states is None:
        return 0
    collected = int((rows.numbers("protocol") == socket.IPPROTO_TCP).sum())
    return max(0, int(states.numbers("count").sum()) - collected)


def count_by(rows: Numbers, size: int) -> NDArray[np.int64]:
    """How often each row index occurs among non-negative `rows`."""
    return np.bincount(rows[rows >= 0], minlength=size)
