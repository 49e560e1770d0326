"""Printed interfaces, in their short and long form."""

from __future__ import annotations

from tests.model.link_tables import addresses_table, links_table
from tests.printing import lines, objects, with_tables


def test_interfaces() -> None:
    links = links_table(
        [
            {
                "name": "wlan0",
                "rx_packets": 123456789,
                "rx_dropped": 3,
                "rx_missed_errors": 4,
                "rx_errors": 1,
                "tx_fifo_errors": 9,
            },
            {"name": "dum0", "flags": 0x82, "mtu": 9000},
            {"name": "averylongname0x", "flags": 0x1, "mtu": 2**32 - 1, "rx_packets": 2**64 - 1},
        ]
    )
    frame = with_tables(links=links, addresses=addresses_table([{"index": 1, "address": "10.0.0.1/24"}]))
    up = [
        "averylongname0x - - 0 0 0 0 0 0 0 U",
        "wlan0 1500 123456789 1 7 0 0 0 0 9 BMRU",
    ]
    assert lines("-i", frame)[2:] == up
    assert lines("-ia", frame)[2:] == [up[0], "dum0 9000 0 0 0 0 0 0 0 0 BO", up[1]]
    assert lines("-ia --filter 9000", frame)[2:] == ["dum0 9000 0 0 0 0 0 0 0 0 BO"]
    first, second = objects("-i", frame)
    assert (first["mtu"], first["rx_ok"], first["addresses"]) == (None, None, [])
    assert (second["rx_drp"], second["addresses"], second["flags"]) == (7, ["10.0.0.1/24"], "BMRU")
    assert list(first) == [
        *("interface", "mtu", "rx_ok", "rx_err", "rx_drp", "rx_ovr", "tx_ok", "tx_err", "tx_drp", "tx_ovr"),
        *("rx_bytes", "tx_bytes", "flags", "operstate", "mac", "addresses", "speed_mbps"),
        *("netns", "netns_inode"),
    ]


def test_an_interface_without_flags_says_so() -> None:
    frame = with_tables(links=links_table([{"name": "x", "flags": 0}]), addresses=addresses_table([]))
    assert lines("-ia", frame)[2].endswith(" [NO FLAGS]")


def test_an_interface_of_which_little_is_known_in_the_long_form() -> None:
    unknown = 2**32 - 1
    links = links_table([{"name": "x", "flags": unknown, "mtu": unknown, "txqlen": unknown, "mac": None}])
    told = lines("-iae", with_tables(links=links))
    assert told[1] == "x: <-> mtu - txqueuelen -"
    assert told[3] == "RX packets 0 bytes 0 errors 0 dropped 0 overruns 0 frame 0"


def test_further_names_of_an_interface_are_lines_without_counts() -> None:
    address = {"index": 1, "address": "10.0.0.1/24", "label": "eth0:1"}
    frame = with_tables(links=links_table([{"name": "eth0"}]), addresses=addresses_table([address]))
    assert lines("-i", frame)[3:] == [f"eth0:1 1500 {'- ' * 8}BMRU"]
