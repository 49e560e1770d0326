"""Owners are looked for of whatever sockets are collected."""

from __future__ import annotations

from sockscope.app.frames.table import Table
from sockscope.app.sampler import held
from tests.fake import sockets
from tests.model.other_tables import netlinks, packets, vsocks


def inodes(**tables: Table) -> list[int]:
    found: list[int] = held.inodes(tables).tolist()
    return sorted(found)


def test_packet_netlink_and_vsock_sockets_have_owners_too() -> None:
    tables = {
        "packet": packets({"inode": 5}, {"inode": 0}),
        "netlink": netlinks({"inode": 6}),
        "vsock": vsocks({"inode": 7}),
        "sockets": sockets({"inode": 8}),
    }
    assert inodes(**tables) == [5, 6, 7, 8]
    assert inodes(sockets=tables["sockets"]) == [8]
    assert inodes() == []
