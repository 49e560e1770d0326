"""What the columns of the tables `links` and `addresses` are called and mean (linux/if.h, if_link.h).

`links`, one row an interface: index u4 (0 unknown), name, kind, mac, qdisc, alias, duplex (texts), mtu,
txqlen, promiscuity, allmulti, carrier_changes, flags u4 (ifi_flags), master and link u4 (interface indices,
0 none), operstate u1, carrier i1 (-1 unknown), netnsid i4 (-1 none), speed_mbps i8 (-1 unknown), and every
name in STATS as u8.

`addresses`, one row an address: index u4, family u1, prefix u1, scope u1, flags u4 (ifa_flags), label (text),
address, peer and broadcast (n, 16) u1 in network order, IPv4 in the first four; peer is the address itself
where the interface is no point-to-point link, broadcast is zeros where there is none.
"""

from __future__ import annotations

from enum import IntFlag

import numpy as np

from sockscope.app.frames.table import Numbers, Strings, Table

LINK_NUMBERS = {
    "index": np.uint32,
    "flags": np.uint32,
    "mtu": np.uint32,
    "operstate": np.uint8,
    "master": np.uint32,
    "link": np.uint32,
    "promiscuity": np.uint32,
    "allmulti": np.uint32,
    "carrier": np.int8,
    "carrier_changes": np.uint32,
    "txqlen": np.uint32,
    "netnsid": np.int32,
}
"""Numeric columns of `links` but for the counters and the speed, with their types."""

LINK_TEXTS = ("name", "kind", "mac", "qdisc", "alias")
"""Text columns of `links` but for the duplex."""

STATS = (
    "rx_packets",
    "tx_packets",
    "rx_bytes",
    "tx_bytes",
    "rx_errors",
    "tx_errors",
    "rx_dropped",
    "tx_dropped",
    "multicast",
    "collisions",
    "rx_length_errors",
    "rx_over_errors",
    "rx_crc_errors",
    "rx_frame_errors",
    "rx_fifo_errors",
    "rx_missed_errors",
    "tx_aborted_errors",
    "tx_carrier_errors",
    "tx_fifo_errors",
    "tx_heartbeat_errors",
    "tx_window_errors",
    "rx_compressed",
    "tx_compressed",
    "rx_nohandler",
    "rx_otherhost_dropped",
)
"""The fields of struct rtnl_link_stats64, in its order."""

UNKNOWN_COUNT = 2**64 - 1
"""A counter that the kernel does not report."""

UNKNOWN_NUMBER = 2**32 - 1
"""A u4 value that the kernel does not report; `known` tells where a column has a value."""


class Flag(IntFlag):
    """Bits of ifi_flags."""

    UP = 0x1
    BROADCAST = 0x2
    DEBUG = 0x4
    LOOPBACK = 0x8
    POINTOPOINT = 0x10
    NOTRAILERS = 0x20
    RUNNING = 0x40
    NOARP = 0x80
    PROMISC = 0x100
    ALLMULTI = 0x200
    MASTER = 0x400
    SLAVE = 0x800
    MULTICAST = 0x1000
    PORTSEL = 0x2000
    AUTOMEDIA = 0x4000
    DYNAMIC = 0x8000
    LOWER_UP = 0x10000
    DORMANT = 0x20000
    ECHO = 0x40000


OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
"""Names of operstate (RFC 2863) by number."""


def known(column: Numbers) -> Numbers:
    """Which values of a u4 or u8 column are known."""
    most = UNKNOWN_COUNT if column.dtype.itemsize == 8 else UNKNOWN_NUMBER
    marked: Numbers = column != most
    return marked


def no_links() -> Table:
    """The table `links` without a row."""
    return Table(
        {
            **{name: np.empty(0, kind) for name, kind in LINK_NUMBERS.items()},
            **{name: Strings.of(()) for name in (*LINK_TEXTS, "duplex")},
            **{name: np.empty(0, np.uint64) for name in STATS},
            "speed_mbps": np.empty(0, np.int64),
        }
    )
