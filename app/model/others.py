"""Rows of the Other tab: packet, netlink and vsock sockets with their owners."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.joins import find
from sockscope.app.frames.table import Numbers, Table, concatenate
from sockscope.app.model.devices import device_names
from sockscope.app.model.identity import mix
from sockscope.app.model.namespaces import carried, named, netns_of
from sockscope.app.model.ownership import KERNEL, Ownership
from sockscope.app.model.rates import Key
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.users import NO_USER, user_names

PACKET, NETLINK, VSOCK = 17, 16, 40
"""Address families."""

EVERY_PROTOCOL = 3
"""ETH_P_ALL."""
PROMISCUOUS, ALL_MULTICAST = 1, 2
"""Values of `promiscuous`."""
ANY = 0xFFFFFFFF
"""VMADDR_CID_ANY, VMADDR_PORT_ANY."""

GROWS_FOR = 10.0
"""Seconds for which drops count as growing after the last one that was seen."""

_DEFAULTS: Mapping[str, tuple[type[np.generic], int]] = {
    "family": (np.uint8, 0),
    "type": (np.uint8, 0),
    "protocol": (np.uint16, 0),
    "device": (np.uint32, 0),
    "local_cid": (np.uint32, 0),
    "local_port": (np.uint32, 0),
    "remote_cid": (np.uint32, 0),
    "remote_port": (np.uint32, 0),
    "state": (np.uint8, 7),
    "rmem": (np.int64, -1),
    "wmem": (np.int64, -1),
    "rcvbuf": (np.int64, -1),
    "drops": (np.int64, -1),
    "flags": (np.uint32, 0),
    "fanout": (np.int64, -1),
    "promiscuous": (np.uint8, 0),
    "ring": (np.uint8, 0),
    "uid": (np.uint32, NO_USER),
    "inode": (np.uint64, 0),
    "cookie": (np.uint64, 0),
}
"""Columns of all kinds, and what stands where a kind has no such thing."""
_GROUP_BYTES = 32
_FAMILIES = {"packet": PACKET, "netlink": NETLINK, "vsock": VSOCK}


class OthersModel:
    """One row a socket: packet sockets first, then netlink and vsock, each in the kernel's order.

    The columns of tables `packet`, `netlink` (`port` and `peer` as local_port and remote_port) and `vsock`,
    with 0 or -1 where a kind has no such thing; besides `family` (u1), `interface` (text, unknown for any),
    `namespace` (text, namespaces.py), `user`, the owner as in model/sockets.py, and `growing`
    (bool): it lost something within GROWS_FOR seconds. Switch `only_programs` leaves the kernel's own ends of
    netlink out, `every_holder` adds `pids` as in model/sockets.py.
    """

    needs = ("packet", "netlink", "vsock", "links", "owners", "processes", "unowned")

    def __init__(self) -> None:
        self._lost = _Lost()
        self._seen: tuple[Table | None, ...] = ()
        self._count: int | None = None
        self._attention = 0

    def advance(self, store: Store) -> None:
        """Look whose drops grow, shown or not, where the kernel was asked anew."""
        seen = tuple(store.now(name) for name in _FAMILIES)
        if self._seen and all(now is before for now, before in zip(seen, self._seen, strict=True)):
            return
        self._seen = seen
        sockets = _sockets(store)
        self._count, self._attention = None, 0
        if sockets is not None:
            key = identity(sockets)
            self._lost.look(key, sockets.numbers("drops"), sockets.taken)
            self._count = int((~of_kernel(sockets)).sum())
            self._attention = int(self._lost.growing(key, sockets.taken).sum())

    def rows(self, store: Store, options: Options) -> Table | None:
        """All of them; None while they are not collected."""
        sockets = _sockets(store)
        if sockets is None:
            return None
        ownership = Ownership.from_store(store)
        owner = ownership.for_inodes(sockets.numbers("inode"))
        kernel = of_kernel(sockets)
        key = identity(sockets)
        why = np.where(kernel, KERNEL, owner.numbers("why")).astype(np.uint8)
        rows = sockets.with_columns(
            **owner.with_columns(why=why).columns,
            key=key,
            inherited=np.zeros(len(sockets), dtype=np.uint8),
            interface=device_names(sockets.numbers("device"), store.now("links"), netns_of(sockets)),
            namespace=named(sockets, store),
            user=user_names(sockets.numbers("uid")),
            growing=self._lost.growing(key, sockets.taken),
        )
        if options["every_holder"]:
            rows = rows.with_columns(pids=ownership.every_pid(rows.numbers("inode"), rows))
        return rows.take(~kernel) if options["only_programs"] else rows

    def count(self, store: Store) -> int | None:  # noqa: ARG002
        """All but the kernel's own ends of netlink, which every machine has."""
        return self._count

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """Sockets that lose what they should receive."""
        return self._attention


def of_kernel(sockets: Table) -> NDArray[np.bool_]:
    """The kernel's own ends of netlink."""
    own: NDArray[np.bool_] = (sockets.numbers("family") == NETLINK) & (sockets.numbers("local_port") == 0)
    return own


def identity(sockets: Table) -> Key:
    """The kernel's cookie; where it gives none, a number mixed from what tells sockets apart."""
    cookie: Key = sockets.numbers("cookie")
    if cookie.all():
        return cookie
    names = ("family", "protocol", "local_port", "inode")
    return np.where(cookie > 0, cookie, mix(*(sockets.numbers(name) for name in names), netns_of(sockets)))


def _sockets(store: Store) -> Table | None:
    """One table of all kinds that there are."""
    parts = [
        _widened(table, family)
        for name, family in _FAMILIES.items()
        if (table := store.now(name)) is not None
    ]
    return concatenate(parts) if parts else None


def _widened(table: Table, family: int) -> Table:
    """The rows of one kind with the columns of all."""
    size = len(table)
    given: dict[str, Numbers] = {name: table.numbers(name) for name in table.columns}
    if family == NETLINK:
        given |= {"local_port": given["port"], "remote_port": given["peer"]}
    columns = {
        name: given[name].astype(kind) if name in given else np.full(size, absent, dtype=kind)
        for name, (kind, absent) in _DEFAULTS.items()
    }
    columns["family"] = np.full(size, family, dtype=np.uint8)
    groups = given.get("groups", np.zeros((size, _GROUP_BYTES), dtype=np.uint8))
    return Table({**columns, **carried(table), "groups": groups}, table.taken)


class _Lost:
    """Follows drops from sample to sample by identity."""

    def __init__(self) -> None:
        self._taken = -np.inf
        self._keys: Key = np.empty(0, np.uint64)
        self._drops: NDArray[np.int64] = np.empty(0, np.int64)
        self._last: NDArray[np.float64] = np.empty(0)

    def look(self, keys: Key, drops: NDArray[np.int64], now: float) -> None:
        """Take a sample in; sockets that are gone are forgotten."""
        if now == self._taken:
            return
        place = find(keys, self._keys)
        known = place >= 0
        last = np.full(len(keys), -np.inf)
        last[known] = self._last[place[known]]
        before = drops.copy()
        before[known] = self._drops[place[known]]
        last[(drops > before) & (before >= 0)] = now
        self._keys, self._drops, self._last, self._taken = keys, drops, last, now

    def growing(self, keys: Key, now: float) -> NDArray[np.bool_]:
        """Which of these lost something lately."""
        place = find(keys, self._keys)
        recent = np.append(self._last, -np.inf)[place] >= now - GROWS_FOR
        return np.asarray(recent & (place >= 0), dtype=np.bool_)


def type_name(kind: int) -> str:
    """The kernel's word for a type of socket."""
    return _TYPES.get(kind, str(kind))


_TYPES = {
    int(socket.SOCK_STREAM): "stream",
    int(socket.SOCK_DGRAM): "dgram",
    int(socket.SOCK_RAW): "raw",
    int(socket.SOCK_SEQPACKET): "seqpacket",
    10: "packet",
}
