"""Names of well-known multicast groups and what their addresses tell by themselves.

Sources: IANA's registries of IPv4 (RFC 5771) and IPv6 (RFC 4291, 7346) multicast addresses and of Ethernet
numbers (RFC 9542), IEEE 802.1Q for the link layer.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

V4: dict[str, str] = {
    "224.0.0.1": "all hosts",
    "224.0.0.2": "all routers",
    "224.0.0.4": "DVMRP routers",
    "224.0.0.5": "OSPF routers",
    "224.0.0.6": "OSPF designated routers",
    "224.0.0.9": "RIPv2 routers",
    "224.0.0.10": "EIGRP routers",
    "224.0.0.11": "mobile agents",
    "224.0.0.12": "DHCP servers and relays",
    "224.0.0.13": "PIM routers",
    "224.0.0.14": "RSVP encapsulation",
    "224.0.0.18": "VRRP",
    "224.0.0.19": "IS-IS level 1 over IP",
    "224.0.0.20": "IS-IS level 2 over IP",
    "224.0.0.21": "all IS-IS systems over IP",
    "224.0.0.22": "IGMPv3 reports",
    "224.0.0.102": "HSRPv2, GLBP",
    "224.0.0.106": "multicast snoopers",
    "224.0.0.107": "PTP peer delay",
    "224.0.0.109": "MANET routers",
    "224.0.0.111": "Babel",
    "224.0.0.251": "mDNS",
    "224.0.0.252": "LLMNR",
    "224.0.0.253": "Teredo",
    "224.0.1.1": "NTP",
    "224.0.1.22": "SLP",
    "224.0.1.35": "SLP directory agents",
    "224.0.1.39": "Cisco RP announcements",
    "224.0.1.40": "Cisco RP discovery",
    "224.0.1.41": "H.323 gatekeepers",
    "224.0.1.75": "SIP servers",
    "224.0.1.84": "Jini announcements",
    "224.0.1.85": "Jini requests",
    "224.0.1.129": "PTP",
    "224.0.1.130": "PTP, alternate 1",
    "224.0.1.131": "PTP, alternate 2",
    "224.0.1.132": "PTP, alternate 3",
    "224.0.1.187": "CoAP nodes",
    "239.255.255.250": "SSDP (UPnP)",
    "239.255.255.253": "SLPv2",
}

V4_RANGES: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), text)
    for network, text in (
        ("224.0.0.0/24", "local network control"),
        ("224.0.1.0/24", "internetwork control"),
        ("224.2.0.0/16", "announced by SDP and SAP"),
        ("232.0.0.0/8", "source-specific"),
        ("233.252.0.0/24", "for documentation"),
        ("233.0.0.0/8", "of an autonomous system (GLOP)"),
        ("234.0.0.0/8", "of a unicast prefix"),
        ("239.255.0.0/16", "site-local scope"),
        ("239.192.0.0/14", "organisation-local scope"),
        ("239.0.0.0/8", "administrative scope"),
    )
)
"""What a range is for, the narrower one first where two hold."""

V6: dict[int, str] = {
    0x1: "all nodes",
    0x2: "all routers",
    0x4: "DVMRP routers",
    0x5: "OSPFv3 routers",
    0x6: "OSPFv3 designated routers",
    0x9: "RIPng routers",
    0xA: "EIGRP routers",
    0xB: "mobile agents",
    0xC: "SSDP (UPnP)",
    0xD: "PIM routers",
    0xE: "RSVP encapsulation",
    0x12: "VRRP",
    0x16: "MLDv2 routers",
    0x1A: "RPL nodes",
    0x6A: "multicast snoopers",
    0x6B: "PTP peer delay",
    0x6D: "MANET routers",
    0xFB: "mDNS",
    0xFD: "CoAP nodes",
    0x101: "NTP",
    0x116: "SLP",
    0x181: "PTP",
    0x10002: "DHCPv6 servers and relays",
    0x10003: "LLMNR",
    0x10006: "Babel",
}
"""By the number of the group, whatever the scope."""
_DHCP_SERVERS = bytes.fromhex("ff05" + "0" * 23 + "10003")

SCOPES: dict[int, str] = {
    1: "interface-local scope",
    2: "link-local scope",
    3: "realm-local scope",
    4: "admin-local scope",
    5: "site-local scope",
    8: "organisation-local scope",
    14: "global scope",
}
"""How far an IPv6 group reaches (RFC 7346)."""

LINK: dict[str, str] = {
    "01:80:c2:00:00:00": "spanning tree, LLDP of the nearest customer bridge",
    "01:80:c2:00:00:01": "Ethernet pause frames",
    "01:80:c2:00:00:02": "slow protocols (LACP)",
    "01:80:c2:00:00:03": "802.1X, LLDP of the nearest bridge but relays",
    "01:80:c2:00:00:08": "spanning tree of provider bridges",
    "01:80:c2:00:00:0e": "LLDP, PTP peer delay",
    "01:80:c2:00:00:14": "IS-IS level 1",
    "01:80:c2:00:00:15": "IS-IS level 2",
    "01:80:c2:00:00:20": "MMRP (groups of bridges)",
    "01:80:c2:00:00:21": "MVRP (VLANs of bridges)",
    "01:00:0c:cc:cc:cc": "Cisco CDP, VTP, UDLD",
    "01:00:0c:cc:cc:cd": "Cisco PVST+",
    "01:1b:19:00:00:00": "PTP",
    "09:00:2b:00:00:04": "IS-IS end systems",
    "09:00:2b:00:00:05": "IS-IS intermediate systems",
    "ff:ff:ff:ff:ff:ff": "broadcast",
}

_SOLICITED = bytes.fromhex("ff0200000000000000000001ff")
_NODE_NAMES = bytes.fromhex("ff0200000000000000000002ff")


def v4(address: bytes) -> str:
    """The name of an IPv4 group from its 4 bytes, nothing where it has none."""
    return V4.get(str(IPv4Address(address)), "")


def v6(address: bytes) -> str:
    """The name of an IPv6 group from its 16 bytes, nothing where it has none."""
    if solicited(address) is not None:
        return f"solicited-node of …{address[13:14].hex()}:{address[14:].hex()}"
    if address.startswith(_NODE_NAMES):
        return "node information of a name"
    if address == _DHCP_SERVERS:
        return "DHCPv6 servers"
    return V6.get(int.from_bytes(address[2:], "big"), "") if address[1] & 0xF0 == 0 else ""


def reach(address: bytes) -> str:
    """How far an IP group of 4 or 16 bytes reaches, or what its range is for; nothing if that is not
    settled."""
    if len(address) == 16:
        return SCOPES.get(address[1] & 0x0F, "")
    where = IPv4Address(address)
    return next((text for network, text in V4_RANGES if where in network), "")


def solicited(address: bytes) -> bytes | None:
    """The last 3 bytes of the addresses whose neighbours ask with this group (RFC 4291, 2.7.1), None for
    other groups."""
    return address[13:] if address.startswith(_SOLICITED) else None


def link(address: bytes) -> str:
    """The name of a link-layer address, nothing where it has none of its own."""
    return LINK.get(address.hex(":"), "")


def received_as(address: bytes) -> bytes:
    """The Ethernet address that frames to a group of 4 or 16 bytes have (RFC 1112, 6.4; RFC 2464, 7)."""
    if len(address) == 4:
        return b"\x01\x00\x5e" + bytes((address[1] & 0x7F,)) + address[2:4]
    return b"\x33\x33" + address[12:16]


def stands_for(address: bytes) -> str:
    """In words the IP groups whose frames have this link-layer address; nothing if none have."""
    if address[:3] == b"\x01\x00\x5e" and len(address) == 6 and address[3] < 0x80:
        return f"IPv4 groups that end in {'.'.join(map(str, address[3:]))}"
    if address[:2] == b"\x33\x33" and len(address) == 6:
        return f"IPv6 groups that end in {address[2:4].hex()}:{address[4:].hex()}"
    return ""
