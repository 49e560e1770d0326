"""The interface that a socket uses: the one it is bound to, else the one that has its local address."""

from __future__ import annotations

import socket

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.links import Flag
from sockscope.app.frames.table import UNKNOWN, Numbers, Strings, Table
from sockscope.app.model.kept import Kept
from sockscope.app.model.rates import Key
from sockscope.app.model.store import Store

NEEDS = ("links", "addresses")
"""Tables that tell the interfaces of addresses."""
ANY = "any"
"""What is bound to neither an address nor a device."""
LOOPBACK = "lo"
"""What the kernel calls the loopback interface of a network namespace."""

_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93], np.uint64
)
_V4_IN_V6 = np.frombuffer(bytes(10) + b"\xff\xff" + bytes(4), np.uint64)[1]
_ONE = np.frombuffer(bytes(7) + b"\x01", np.uint64)[0]
_V4_PREFIX = np.frombuffer(b"\xff" * 4 + bytes(4), np.uint64)[0]
_SLOTS = 1 << 16


class UsedInterfaces:
    """Puts to rows the interfaces that they use, which are looked up where addresses or lists are others."""

    def __init__(self) -> None:
        self._kept: Kept[Strings] = Kept()

    def put(self, rows: Table, store: Store) -> Table:
        """The rows of model/sockets.py with `used` (text), the interface that each uses: the device it is
        bound to; ANY for the wildcard address; that of loopback for its addresses; else the one that has the
        local address, unknown where none has it or several have."""
        read = ("family", "local_address", "device", "netns")
        own = store.frame.host.namespace
        told = (*map(rows.columns.get, read), *map(store.now, NEEDS))
        return rows.with_columns(used=self._kept.of(told, lambda: _used(rows, store, own), own))


def _used(rows: Table, store: Store, own: int) -> Strings:
    links, addresses = store.now("links"), store.now("addresses")
    codes: dict[str, int] = {}
    used = np.full(len(rows), UNKNOWN, np.int32)
    if links is not None and addresses is not None:
        used = _looked_up(_keys(rows, "local_address", own), _carriers(addresses, links, own, codes))
    loopback, wildcard = _special(rows)
    used[loopback] = _code(_loopback(links), codes)
    used[wildcard] = _code(ANY, codes)
    device = rows.strings("device")
    if device.values:
        bound = device.lookup([_code(name, codes) for name in device.values], UNKNOWN, np.int32)
        used = np.where(bound >= 0, bound, used)
    return Strings(used, tuple(codes))


def _code(name: str, codes: dict[str, int]) -> int:
    return codes.setdefault(name, len(codes))


def _carriers(addresses: Table, links: Table, own: int, codes: dict[str, int]) -> dict[int, int]:
    """The code of the interface by the key of each address that one has, of IPv4 addresses as IPv4-mapped
    ones too."""
    numbers = links.numbers("index").tolist()
    names = {
        where: links.text("name", row)
        for row, where in enumerate(zip(_scopes(links, own).tolist(), numbers, strict=True))
    }
    scopes = _scopes(addresses, own)
    where = list(zip(scopes.tolist(), addresses.numbers("index").tolist(), strict=True))
    carriers: dict[int, int] = {}
    for keys in (_keys(addresses, "address", own), _keys(_mapped(addresses), "address", own)):
        for key, place in zip(keys.tolist(), where, strict=True):
            name = names.get(place)
            code = UNKNOWN if name is None else _code(name, codes)
            carriers[key] = code if carriers.get(key, code) == code else UNKNOWN
    return carriers


def _mapped(addresses: Table) -> Table:
    """IPv4 addresses as IPv6 ones, others as they are."""
    v4 = addresses.numbers("family") == socket.AF_INET
    raw = addresses.numbers("address").copy()
    raw[v4, 12:], raw[v4, 10:12], raw[v4, :10] = raw[v4, :4], 0xFF, 0
    family = np.where(v4, socket.AF_INET6, addresses.numbers("family"))
    return addresses.with_columns(address=raw, family=family)


def _scopes(table: Table, own: int) -> Numbers:
    """The namespace of each row, `own` where the table tells of one only."""
    if "netns" in table:
        return table.numbers("netns").astype(np.uint64)
    return np.broadcast_to(np.uint64(own), len(table))


def _words(rows: Table, name: str) -> Numbers:
    return np.ascontiguousarray(rows.numbers(name)).view(np.uint64)


def _keys(rows: Table, name: str, own: int) -> Key:
    """A number for namespace, family and address. Multiplying is enough to tell them apart, and quick."""
    words = _words(rows, name)
    key: Key = words[:, 0] * _FACTORS[0]
    key ^= words[:, 1] * _FACTORS[1]
    key ^= rows.numbers("family").astype(np.uint64) * _FACTORS[2]
    key ^= _scopes(rows, own) * _FACTORS[3]
    return key


def _looked_up(keys: Key, codes: dict[int, int]) -> NDArray[np.int32]:
    """The code of each key, UNKNOWN for those that have none. Few are known and many asked for, so each is
    looked up by its highest bits, once for every known one that shares these with others."""
    found = np.full(len(keys), UNKNOWN, np.int32)
    slots = (keys >> np.uint64(48)).astype(np.intp)
    left = codes
    while left:
        known = np.zeros(_SLOTS, np.uint64)
        code = np.full(_SLOTS, UNKNOWN, np.int32)
        layer = {key >> 48: key for key in left}
        places = list(layer)
        known[places] = list(layer.values())
        code[places] = [left[key] for key in layer.values()]
        hit = known[slots] == keys
        found[hit] = code[slots[hit]]
        left = {key: each for key, each in left.items() if layer[key >> 48] != key}
    return found


def _loopback(links: Table | None) -> str:
    if links is not None and "flags" in links:
        for row in np.flatnonzero(links.numbers("flags") & Flag.LOOPBACK).tolist():
            return links.text("name", row) or LOOPBACK
    return LOOPBACK


def _special(rows: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whose local address is of loopback, and whose is the wildcard."""
    raw, words = rows.numbers("local_address"), _words(rows, "local_address")
    high, low = words[:, 0], words[:, 1]
    v4 = rows.numbers("family") == socket.AF_INET
    mapped = (high == 0) & (low & _V4_PREFIX == _V4_IN_V6)
    loopback = np.where(v4, raw[:, 0] == 127, (high == 0) & (low == _ONE) | mapped & (raw[:, 12] == 127))
    return loopback, (high == 0) & ((low == 0) | (low == _V4_IN_V6))
