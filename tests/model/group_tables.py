"""Tables of multicast memberships, made up."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping
from ipaddress import ip_address

import numpy as np

from sockscope.app.collectors.multicast import Membership, columns
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.store import Store

INDEX = {"lo": 1, "eth0": 2, "eth1": 3, "eth10": 4}


def membership(interface: str, group: str, users: int = 1, **more: float) -> Membership:
    """A membership by the group's address as it reads."""
    index = INDEX[interface]
    timer = more.get("timer", math.nan)
    if group.count(":") == 5 and len(group) == 17:
        packed = bytes.fromhex(group.replace(":", ""))
        return Membership(
            index, interface, socket.AF_PACKET, packed, users, static=int(more.get("static", 0))
        )
    address = ip_address(group)
    four = address.version == 4
    return Membership(
        index,
        interface,
        socket.AF_INET if four else socket.AF_INET6,
        address.packed,
        users,
        timer,
        int(more.get("reporter", 0)),
        version=3 if four else 0,
    )


def groups(*rows: Membership, taken: float = 0.0) -> Table:
    """A table as the collector makes it."""
    return Table(columns(list(rows)), taken)


def addresses(own: Mapping[str, str]) -> Table:
    """Table `addresses` with the address of each interface, as far as groups need it."""
    packed = [ip_address(text).packed for text in own.values()]
    return Table(
        {
            "index": np.array([INDEX[name] for name in own], dtype=np.uint32),
            "family": np.array(
                [socket.AF_INET if len(each) == 4 else socket.AF_INET6 for each in packed], dtype=np.uint8
            ),
            "address": np.frombuffer(
                b"".join(each.ljust(16, b"\0") for each in packed), dtype=np.uint8
            ).reshape(-1, 16),
            "label": Strings.of(own),
        }
    )


def store(**tables: Table) -> Store:
    """A store that has taken one frame of these tables."""
    made = Store()
    made.take(Frame(0, 100.0, 100.0, 1.0, tables=tables))
    return made
