"""Names of protocols and multicast groups of packet and netlink sockets, as ss and ip(8) have them."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Table

NETLINK_PROTOCOLS = {
    0: "rtnl",
    1: "unused",
    2: "usersock",
    3: "fw",
    4: "tcpdiag",
    5: "nflog",
    6: "xfrm",
    7: "selinux",
    8: "iscsi",
    9: "audit",
    10: "fiblookup",
    11: "connector",
    12: "nft",
    13: "ip6fw",
    14: "dec-rt",
    15: "uevent",
    16: "genl",
    18: "scsi-trans",
    19: "ecryptfs",
    20: "rdma",
    21: "crypto",
    22: "smc",
}
"""linux/netlink.h, by iproute2's names."""

NETLINK_PURPOSES = {
    0: "links, addresses, routes, neighbours, traffic control",
    2: "messages between programs",
    3: "packets that a firewall of old hands out",
    4: "lists of sockets, as ss asks for them",
    5: "packets that a firewall logs",
    6: "IPsec policies and associations",
    7: "SELinux",
    8: "iSCSI",
    9: "the audit log",
    10: "route look-ups",
    11: "the connector: processes that start and end, and drivers",
    12: "netfilter: rules, connection tracking, queues",
    15: "devices that come and go (udev)",
    16: "generic netlink: families of many drivers and subsystems",
    18: "SCSI transports",
    20: "RDMA",
    21: "the kernel's cryptography",
    22: "SMC sockets",
}
"""What each is for."""

_ROUTE_GROUPS = (
    *("link", "notify", "neigh", "tc", "ipv4-ifaddr", "ipv4-mroute", "ipv4-route", "ipv4-rule"),
    *("ipv6-ifaddr", "ipv6-mroute", "ipv6-route", "ipv6-ifinfo", "decnet-ifaddr", "nop2", "decnet-route"),
    *("decnet-rule", "nop4", "ipv6-prefix", "ipv6-rule", "nd-useropt", "phonet-ifaddr", "phonet-route"),
    *("dcb", "ipv4-netconf", "ipv6-netconf", "mdb", "mpls-route", "nsid", "mpls-netconf"),
    *("ipv4-mroute-r", "ipv6-mroute-r", "nexthop", "bridge-vlan", "mctp-ifaddr", "tunnel", "stats"),
    *("ipv4-mcaddr", "ipv6-mcaddr", "ipv6-acaddr"),
)
"""enum rtnetlink_groups, from group 1 on."""
_DIAGNOSIS_GROUPS = ("tcp-destroyed", "udp-destroyed", "tcp6-destroyed", "udp6-destroyed")
"""enum sknetlink_groups."""
_NETFILTER_GROUPS = (
    *("conntrack-new", "conntrack-update", "conntrack-destroy"),
    *("expect-new", "expect-update", "expect-destroy", "nftables", "acct-quota", "nftrace"),
)
"""enum nfnetlink_groups."""
_XFRM_GROUPS = ("acquire", "expire", "sa", "policy", "aevents", "report", "migrate", "mapping")
_UEVENT_GROUPS = ("kernel", "udev")
_GROUPS: dict[int, tuple[str, ...]] = {
    0: _ROUTE_GROUPS,
    4: _DIAGNOSIS_GROUPS,
    6: _XFRM_GROUPS,
    12: _NETFILTER_GROUPS,
    15: _UEVENT_GROUPS,
}

FRAMES = {
    0x0000: "none",
    0x0001: "802.3",
    0x0002: "ax25",
    0x0003: "all",
    0x0004: "802.2",
    0x000C: "can",
    0x000D: "canfd",
    0x0800: "ip",
    0x0806: "arp",
    0x8035: "rarp",
    0x80F3: "aarp",
    0x8100: "802.1q",
    0x86DD: "ipv6",
    0x8809: "slow",
    0x8847: "mpls",
    0x8848: "mpls-mc",
    0x8863: "pppoe-disc",
    0x8864: "pppoe",
    0x888E: "eapol",
    0x88A2: "aoe",
    0x88A8: "802.1ad",
    0x88CC: "lldp",
    0x88F7: "ptp",
    0x8902: "cfm",
    0x8906: "fcoe",
    0x9000: "loop",
}
"""Ethernet protocols (linux/if_ether.h) that packet sockets are opened for."""


def frames(protocol: int) -> str:
    """Which frames a packet socket gets: `all`, `arp`, or the number."""
    return FRAMES.get(protocol, f"0x{protocol:04x}")


def netlink_protocol(protocol: int) -> str:
    """The protocol of a netlink socket: `rtnl`, or the number."""
    return NETLINK_PROTOCOLS.get(protocol, str(protocol))


def groups(rows: Table, row: int) -> list[int]:
    """Numbers of the multicast groups that a netlink socket listens to."""
    bits = np.unpackbits(rows.numbers("groups")[row], bitorder="little")
    members: list[int] = (np.flatnonzero(bits) + 1).tolist()
    return members


def group_name(protocol: int, group: int) -> str:
    """What a group of a netlink protocol is called, its number where it has no name."""
    names = _GROUPS.get(protocol, ())
    return names[group - 1] if group <= len(names) else str(group)
