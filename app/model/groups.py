"""Rows of the Groups tab: which interface has joined which multicast group, and what the group is for."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

import numpy as np

from sockscope.app.frames.table import Column, Strings, Table
from sockscope.app.model import group_names, namespaces
from sockscope.app.model.identity import mix
from sockscope.app.model.linkfacts import natural_ranks
from sockscope.app.model.namespaces import netns_of
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.record import dataclass

V4, V6, LINK = int(socket.AF_INET), int(socket.AF_INET6), int(socket.AF_PACKET)

_INTERFACE_LOCAL = b"\xff\x01"
"""Groups that no frame is ever sent to."""

Place = tuple[int, int]
"""Network namespace and index of an interface."""
Own = dict[tuple[Place, bytes], list[str]]
"""By interface and last 3 bytes: its IPv6 addresses."""


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    """Columns, and what they were made of."""

    groups: Table
    addresses: Table | None
    columns: dict[str, Column]


class GroupsModel:
    """One row a membership.

    The columns of table `groups` (collectors/multicast.py), and besides `group` (text), the address as it
    reads; `name` (text), what it is for, unknown where it has no name; `about` (text), the name or, where
    there is none, how far the group reaches; `namespace` (text, namespaces.py). Rows come by network
    namespace, interface, family and address. Switch `hide_link`
    leaves the link layer out, `kernel_order` leaves the order to the kernel.
    """

    needs = ("groups",)

    def __init__(self) -> None:
        self._made: _Made | None = None

    def advance(self, store: Store) -> None:
        """Memberships have no history."""

    def rows(self, store: Store, options: Options) -> Table | None:
        """All memberships; while they stay the same, so do their names."""
        groups = store.now("groups")
        if groups is None:
            return None
        addresses = store.now("addresses")
        made = self._made
        if made is None or not _same(made.groups, groups) or not _same(made.addresses, addresses):
            made = _Made(groups, addresses, _columns(groups, addresses))
        self._made = made
        rows = groups.with_columns(**made.columns, namespace=namespaces.named(groups, store))
        chosen = np.arange(len(rows))
        if not options["kernel_order"]:
            words = np.ascontiguousarray(groups.numbers("address")).view(">u8")
            of = namespaces.order_of(rows.strings("namespace"))
            order = (*words.T[::-1], groups.numbers("family"), natural_ranks(_named(groups)), of)
            chosen = np.lexsort(order)
        if options["hide_link"]:
            chosen = chosen[groups.numbers("family")[chosen] != LINK]
        return rows.take(chosen)

    def count(self, store: Store) -> int | None:
        """How many memberships there are."""
        groups = store.now("groups")
        return None if groups is None else len(groups)

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """A membership never wants looking at by itself."""
        return 0


def raw(rows: Table, row: int) -> bytes:
    """The address of one row, as long as it is."""
    whole: bytes = rows.numbers("address")[row].tobytes()
    return whole[: rows.integer("length", row)]


def read(family: int, address: bytes) -> str:
    """An address as it reads."""
    if family == V4:
        return str(IPv4Address(address))
    return str(IPv6Address(address)) if family == V6 else address.hex(":")


def _named(groups: Table) -> Table:
    return Table({"name": groups.strings("interface")})


def _same(one: Table | None, other: Table | None) -> bool:
    """Whether two tables hold the same addresses of the same interfaces in the same order."""
    if one is other:
        return True
    if one is None or other is None:
        return False
    same = ("index", "family", "address")
    return np.array_equal(netns_of(one), netns_of(other)) and all(
        np.array_equal(one.numbers(name), other.numbers(name)) for name in same
    )


def _columns(groups: Table, addresses: Table | None) -> dict[str, Column]:
    indices = _places(groups)
    families: list[int] = groups.numbers("family").tolist()
    packed = [raw(groups, row) for row in range(len(groups))]
    own = _own(addresses)
    heard = _heard(zip(indices, families, packed, strict=True))
    names = [
        _name(index, family, address, own, heard)
        for index, family, address in zip(indices, families, packed, strict=True)
    ]
    return {
        "key": mix(
            groups.numbers("index"), groups.numbers("family"), groups.numbers("address"), netns_of(groups)
        ),
        "group": Strings.of(map(read, families, packed)),
        "name": Strings.of(name or None for name in names),
        "about": Strings.of(
            name or (None if family == LINK else group_names.reach(address) or None)
            for family, address, name in zip(families, packed, names, strict=True)
        ),
    }


def _places(rows: Table) -> list[Place]:
    return list(zip(netns_of(rows).tolist(), rows.numbers("index").tolist(), strict=True))


def _heard(memberships: Iterable[tuple[Place, int, bytes]]) -> dict[tuple[Place, bytes], tuple[int, bytes]]:
    """By interface and link-layer address: family and address of the first group it is there for."""
    heard: dict[tuple[Place, bytes], tuple[int, bytes]] = {}
    for index, family, address in memberships:
        if family != LINK and not address.startswith(_INTERFACE_LOCAL):
            heard.setdefault((index, group_names.received_as(address)), (family, address))
    return heard


def _own(addresses: Table | None) -> Own:
    own: Own = defaultdict(list)
    if addresses is None:
        return own
    places = _places(addresses)
    for row in np.flatnonzero(addresses.numbers("family") == V6).tolist():
        address = addresses.numbers("address")[row].tobytes()[:16]
        own[places[row], address[13:]].append(str(IPv6Address(address)))
    return own


def _name(
    index: Place,
    family: int,
    address: bytes,
    own: Own,
    heard: dict[tuple[Place, bytes], tuple[int, bytes]],
) -> str:
    if family == V4:
        return group_names.v4(address)
    if family == V6:
        last = group_names.solicited(address)
        here = own.get((index, last)) if last is not None else None
        return f"solicited-node of {', '.join(here)}" if here else group_names.v6(address)
    known = group_names.link(address)
    if known:
        return known
    for_group = heard.get((index, address))
    if for_group is None:
        return group_names.stands_for(address)
    name = _name(index, *for_group, own, heard)
    return f"{read(*for_group)}, {name}" if name else read(*for_group)
