"""Tables of routes, hops, rules and links, made up."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_interface, ip_network
from typing import Any

import numpy as np

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.routes import RoutesModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

DEVICES = {1: "lo", 2: "eth0", 3: "eth1"}

_KINDS = {
    "family": "u1", "table": "u4", "type": "u1", "protocol": "u1", "scope": "u1", "tos": "u1", "flags": "u4",
    "destination_length": "u1", "source_length": "u1", "gateway_family": "u1", "preferred_source_known": "u1",
    "device": "u4", "metric": "u4", "mtu": "u4", "advmss": "u4", "window": "u4", "rtt": "u4", "pref": "i1",
    "expires": "i4", "nexthop_id": "u4", "encapsulation": "u2", "advertised": "u1", "hops": "u4",
    "first_hop": "u4",
}  # fmt: skip
_ADDRESSES = ("destination", "source_prefix", "gateway", "preferred_source")

Row = dict[str, Any]


def packed(address: str) -> bytes:
    """16 bytes, IPv4 in the first four."""
    return ip_interface(address).ip.packed.ljust(16, b"\0")


def route(
    destination: str,
    via: str = "",
    device: int = 2,
    *,
    source: str = "",
    hops: Sequence[Row] = (),
    **more: int,
) -> Row:
    """A route to `10.0.0.0/8` or the like, by default a static one of table main."""
    network = ip_network(destination)
    row: Row = {
        "family": 2 if network.version == 4 else 10,
        "table": 254,
        "type": 1,
        "protocol": 4,
        "destination": packed(str(network.network_address)),
        "destination_length": network.prefixlen,
        "device": 0 if hops else device,
        "pref": -1,
        "hops_of": hops,
    }
    if via:
        row |= {"gateway_family": 10 if ":" in via else 2, "gateway": packed(via)}
    if source:
        row |= {"preferred_source_known": 1, "preferred_source": packed(source)}
    return {**row, **more}


def hop(via: str = "", device: int = 2, weight: int = 1, flags: int = 0) -> Row:
    """A hop of a multipath route."""
    gateway = {"gateway_family": 10 if ":" in via else 2, "gateway": packed(via)} if via else {}
    return {"device": device, "weight": weight, "flags": flags, **gateway}


def tables(rows: Sequence[Row], taken: float = 1.0) -> dict[str, Table]:
    """Tables `routes` and `nexthops` as the collector makes them."""
    hops: list[Row] = []
    routes: list[Row] = []
    for number, row in enumerate(rows):
        mine = row.get("hops_of", ())
        routes.append({**row, "hops": len(mine), "first_hop": len(hops) if mine else 0})
        hops += [{**each, "route": number} for each in mine]
    hop_kinds = {"route": "u4", "gateway_family": "u1", "device": "u4", "weight": "u2", "flags": "u1"}
    return {
        "routes": _table(routes, _KINDS, _ADDRESSES, taken),
        "nexthops": _table(hops, hop_kinds, ("gateway",), taken),
    }


def _table(rows: Sequence[Row], kinds: dict[str, str], addresses: Sequence[str], taken: float) -> Table:
    numbers = {name: np.array([row.get(name, 0) for row in rows], dtype=kind) for name, kind in kinds.items()}
    raw = {
        name: np.frombuffer(b"".join(row.get(name, bytes(16)) for row in rows), np.uint8).reshape(-1, 16)
        for name in addresses
    }
    return Table({**numbers, **raw}, taken)


def rules(*rows: tuple[int, int, int, str], action: str = "lookup") -> Table:
    """Table `rules` of family, priority, table and selector."""
    return Table(
        {
            "family": np.array([row[0] for row in rows], np.uint8),
            "priority": np.array([row[1] for row in rows], np.uint32),
            "table": np.array([row[2] for row in rows], np.uint32),
            "action": Strings.of(action for _ in rows),
            "selector": Strings.of(row[3] for row in rows),
        }
    )


def links(names: dict[int, str]) -> Table:
    """Table `links`, no more than indices and names."""
    return Table({"index": np.array(list(names), np.uint32), "name": Strings.of(names.values())})


class Played:
    """A store and a model that are told one frame after the other."""

    def __init__(self, *rows: Row, rules: Table | None = None, names: dict[int, str] | None = None) -> None:
        self.store = Store()
        self.model = RoutesModel()
        self._number = 0
        self.sample(tables(rows), rules, names)

    def sample(
        self,
        routes: dict[str, Table],
        rules: Table | None = None,
        names: dict[int, str] | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        """The next frame."""
        shown = {**routes, "links": links(DEVICES if names is None else names)}
        if rules is not None:
            shown["rules"] = rules
        self._number += 1
        self.store.take(Frame(self._number, 0.0, float(self._number), 1.0, tables=shown, notes=notes))
        self.model.advance(self.store)

    def rows(self, *switches: str) -> Table:
        """What the model makes of the newest frame."""
        rows = self.model.rows(self.store, Options(frozenset(switches)))
        assert rows is not None
        return rows
