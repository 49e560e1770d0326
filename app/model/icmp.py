"""Types of ICMP messages (IANA's registries "ICMP Parameters" and "ICMPv6 Parameters")."""

from __future__ import annotations

from collections.abc import Mapping

TYPES: Mapping[int, str] = {
    0: "echo reply",
    3: "destination unreachable",
    4: "source quench (obsolete)",
    5: "redirect",
    8: "echo request",
    9: "router advertisement",
    10: "router solicitation",
    11: "time exceeded",
    12: "parameter problem",
    13: "timestamp request",
    14: "timestamp reply",
    17: "address-mask request (obsolete)",
    18: "address-mask reply (obsolete)",
    40: "Photuris security failure",
    42: "extended echo request",
    43: "extended echo reply",
}
"""ICMP, by number."""

TYPES_6: Mapping[int, str] = {
    1: "destination unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    128: "echo request",
    129: "echo reply",
    130: "multicast listener query",
    131: "multicast listener report",
    132: "multicast listener done",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    137: "redirect",
    138: "router renumbering",
    139: "node information query",
    140: "node information response",
    141: "inverse neighbour solicitation",
    142: "inverse neighbour advertisement",
    143: "MLDv2 report",
    144: "home agent discovery request",
    145: "home agent discovery reply",
    146: "mobile prefix solicitation",
    147: "mobile prefix advertisement",
    148: "certification path solicitation",
    149: "certification path advertisement",
    151: "multicast router advertisement",
    152: "multicast router solicitation",
    153: "multicast router termination",
    155: "RPL control",
    157: "duplicate address request",
    158: "duplicate address confirmation",
    160: "extended echo request",
    161: "extended echo reply",
}
"""ICMPv6, by number."""

ERRORS = frozenset({3, 4, 5, 11, 12, 40})
"""ICMP types that report trouble or a detour."""


def is_error(number: int, *, six: bool) -> bool:
    """Whether a type of ICMP or ICMPv6 reports trouble or a detour; ICMPv6 has those below 128 (RFC 4443)."""
    return number < 128 or number == 137 if six else number in ERRORS


def name(number: int, *, six: bool) -> str | None:
    """What the type is called, None where it has no name."""
    return (TYPES_6 if six else TYPES).get(number)
