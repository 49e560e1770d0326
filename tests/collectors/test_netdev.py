"""Interfaces from files, where netlink is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockscope.app.collectors import netdev
from sockscope.app.frames.links import STATS, UNKNOWN_COUNT, UNKNOWN_NUMBER
from sockscope.app.frames.table import Table

HEAD = (
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|"
    "bytes    packets errs drop fifo colls carrier compressed\n"
)
TEXT = (
    f"{HEAD}    lo:  100 2 0 0 0 0 0 0  100 2 0 0 0 0 0 0\n"
    "eth0:1000 20 3 4 5 6 7 8 2000 40 9 10 11 12 13 14\n"
)


@pytest.fixture
def proc_net(tmp_path: Path) -> Path:
    (tmp_path / "dev").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_counters_go_to_the_columns_of_their_name() -> None:
    told = dict(zip(STATS, netdev.parse(TEXT)["eth0"], strict=True))
    expected = {
        "rx_bytes": 1000, "rx_packets": 20, "rx_errors": 3, "rx_dropped": 4, "rx_fifo_errors": 5,
        "rx_compressed": 7, "multicast": 8, "tx_bytes": 2000, "tx_packets": 40, "tx_errors": 9,
        "tx_dropped": 10, "tx_fifo_errors": 11, "collisions": 12, "tx_compressed": 14,
    }  # fmt: skip
    assert {name: value for name, value in told.items() if value != UNKNOWN_COUNT} == expected


def test_names_with_colons_and_lines_cut_short() -> None:
    text = f"{HEAD}eth0:1: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\nbad0: 1 2 3\nworse0: {'x ' * 16}\nnone\n"
    assert list(netdev.parse(text)) == ["eth0:1"]


def test_without_sysfs_the_rest_is_unknown(proc_net: Path) -> None:
    table = Table(netdev.links(str(proc_net), str(proc_net / "nowhere")))
    assert [table.text("name", row) for row in range(2)] == ["lo", "eth0"]
    for name in ("flags", "mtu", "promiscuity", "carrier_changes"):
        assert table.integer(name, 0) == UNKNOWN_NUMBER
    assert table.integer("index", 0) == 0
    assert table.text("kind", 0) is None


def described(root: Path, *names: str) -> Path:
    for index, name in enumerate(names, 1):
        (root / name).mkdir(parents=True)
        files = {
            "ifindex": index, "iflink": index, "flags": "0x1003", "mtu": 9000, "operstate": "lowerlayerdown",
            "address": "02:00:00:00:00:05", "carrier": 0, "carrier_changes": 3, "tx_queue_len": 7,
            "ifalias": "to the shop", "type": 1,
        }  # fmt: skip
        for file, value in files.items():
            (root / name / file).write_text(f"{value}\n", encoding="utf-8")
    (root / "bonding_masters").write_text("", encoding="utf-8")
    return root


def test_sysfs_of_the_same_interfaces_tells_more(proc_net: Path, tmp_path: Path) -> None:
    table = Table(netdev.links(str(proc_net), str(described(tmp_path / "sys", "lo", "eth0"))))
    expected = {
        "index": 2, "flags": 0x1003, "mtu": 9000, "operstate": 3, "carrier": 0, "carrier_changes": 3,
        "txqlen": 7, "link": 0, "master": 0,
    }  # fmt: skip
    assert {name: table.integer(name, 1) for name in expected} == expected
    assert table.text("alias", 1) == "to the shop"
    assert table.text("kind", 1) == "ether"


def test_sysfs_of_another_namespace_is_not_believed(proc_net: Path, tmp_path: Path) -> None:
    table = Table(netdev.links(str(proc_net), str(described(tmp_path / "sys", "lo", "eth0", "wlan0"))))
    assert table.integer("mtu", 1) == UNKNOWN_NUMBER


def test_this_machine() -> None:
    table = Table(netdev.links())
    assert "lo" in table.strings("name").values
