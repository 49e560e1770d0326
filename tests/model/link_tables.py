"""Tables of interfaces to test with, written by hand."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sockscope.app.frames.links import LINK_NUMBERS, LINK_TEXTS, STATS
from sockscope.app.frames.table import Column, Strings, Table

_USUAL = {
    "flags": 0x11043,
    "mtu": 1500,
    "operstate": 6,
    "carrier": 1,
    "netnsid": -1,
    "kind": "ether",
    "mac": "02:00:00:00:00:01",
    "qdisc": "fq",
    "speed_mbps": -1,
}


def links_table(rows: Sequence[Mapping[str, Any]], taken: float = 0.0) -> Table:
    """The table `links` of these rows; what a row leaves out is as usual, counters 0, the index counts."""
    full = [{"index": place + 1, **_USUAL, **row} for place, row in enumerate(rows)]
    columns: dict[str, Column] = {
        name: np.array([row.get(name, 0) for row in full], dtype=np.int64).astype(kind)
        for name, kind in LINK_NUMBERS.items()
    }
    for name in (*LINK_TEXTS, "duplex"):
        columns[name] = Strings.of(row.get(name) for row in full)
    for name in STATS:
        columns[name] = np.array([row.get(name, 0) for row in full], dtype=np.uint64)
    columns["speed_mbps"] = np.array([row["speed_mbps"] for row in full], dtype=np.int64)
    return Table(columns, taken)


def addresses_table(rows: Sequence[Mapping[str, Any]], taken: float = 0.0) -> Table:
    """The table `addresses` of rows with index, address (`10.0.0.1/24`), and what else is not usual."""
    interfaces = [ipaddress.ip_interface(row["address"]) for row in rows]
    raw = b"".join(interface.ip.packed.ljust(16, b"\0") for interface in interfaces)
    peers = b"".join(
        ipaddress.ip_address(row["peer"]).packed.ljust(16, b"\0")
        if "peer" in row
        else interface.ip.packed.ljust(16, b"\0")
        for row, interface in zip(rows, interfaces, strict=True)
    )
    families = [2 if interface.version == 4 else 10 for interface in interfaces]
    return Table(
        {
            "index": np.array([row["index"] for row in rows], dtype=np.uint32),
            "family": np.array(families, dtype=np.uint8),
            "prefix": np.array([interface.network.prefixlen for interface in interfaces], dtype=np.uint8),
            "scope": np.array([row.get("scope", 0) for row in rows], dtype=np.uint8),
            "flags": np.array([row.get("flags", 0x80) for row in rows], dtype=np.uint32),
            "label": Strings.of(row.get("label") for row in rows),
            "address": np.frombuffer(raw, dtype=np.uint8).reshape(-1, 16),
            "peer": np.frombuffer(peers, dtype=np.uint8).reshape(-1, 16),
            "broadcast": np.zeros((len(rows), 16), np.uint8),
        },
        taken,
    )
