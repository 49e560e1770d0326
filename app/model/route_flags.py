"""netstat's letters for routes, derived from what rtnetlink says, and the meaning of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.route_names import (
    ANYCAST,
    LOCAL,
    LOCAL_TYPE,
    PROHIBIT,
    REJECTING,
    UNREACHABLE,
)

RTM_F_CLONED = 0x200
RTCF_REDIRECTED = 0x40000
"""Of cached IPv4 exceptions (linux/in_route.h)."""
_KERNEL, _RA = 2, 9

DEAD, PERVASIVE, ONLINK, OFFLOAD, LINKDOWN, UNRESOLVED, TRAP = 1, 2, 4, 8, 16, 32, 64
HOP_STATES = {
    DEAD: "dead", PERVASIVE: "pervasive", ONLINK: "onlink", OFFLOAD: "offload", LINKDOWN: "linkdown",
    UNRESOLVED: "unresolved", TRAP: "trap",
}  # fmt: skip
"""RTNH_F_ bits in ip-route(8)'s words."""

HOP_MEANINGS = {
    "dead": "not used: its interface is switched off",
    "pervasive": "recursive gateway look-up",
    "onlink": "the gateway counts as directly attached, whatever its address",
    "offload": "forwarded by the hardware",
    "linkdown": "its interface has no carrier",
    "unresolved": "not resolved yet",
    "trap": "the hardware hands its packets to the kernel",
}

LETTERS = "UG!HDACemn"
"""In the order of printing, which IPv4 and IPv6 share."""

MEANINGS = {
    "U": "usable",
    "G": "through a gateway",
    "!": "no way on from here",
    "H": "one host only",
    "D": "default route that a router advertised",
    "A": "made from a router advertisement",
    "C": "a cached exception of another route",
    "e": "expires",
    "m": "cached path MTU",
    "n": "without next hop: an own address, or no way on",
}


def letters(routes: Table, nexthops: Table) -> Strings:
    """The letters that netstat prints for each route; `first_hop` of `routes` counts in `nexthops`. Cached
    exceptions, which it cannot see any more, have those it had for them.

    IPv4 blackhole and throw read `U` there, although nothing gets through.
    """
    six = routes.numbers("family") == 10
    kind = routes.numbers("type")
    protocol = routes.numbers("protocol")
    length = routes.numbers("destination_length")
    by_object = routes.numbers("nexthop_id") != 0
    cloned = (routes.numbers("flags") & RTM_F_CLONED) != 0
    refused_6 = six & np.isin(kind, REJECTING) & ~by_object
    refused = refused_6 | (~six & np.isin(kind, (UNREACHABLE, PROHIBIT)))
    advertised = six & (protocol == _RA)
    own = six & np.isin(kind, (LOCAL_TYPE, ANYCAST))
    own &= (routes.numbers("table") == LOCAL) & (protocol == _KERNEL)
    set_by_letter = {
        "U": ~refused,
        "G": _through_gateway(routes, nexthops),
        "!": refused,
        "H": ~six & (length == 32),
        "D": advertised & (length == 0),
        "A": advertised | (six & (routes.numbers("advertised") != 0)),
        "C": cloned,
        "e": (six | cloned) & (routes.numbers("expires") != 0),
        "m": cloned & (routes.numbers("mtu") != 0),
        "n": refused_6 | own,
    }
    return _spelled([set_by_letter[letter] for letter in LETTERS])


def honest(plain: Strings, types: NDArray[np.uint8]) -> Strings:
    """netstat's letters, but `!` for `U` wherever nothing gets through."""
    values = (*plain.values, *(value.replace("U", "!", 1) for value in plain.values))
    closed = np.isin(types, REJECTING)
    return Strings(np.where(closed, plain.codes + len(plain.values), plain.codes).astype(np.int32), values)


def hop_states(flags: int) -> tuple[str, ...]:
    """RTNH_F_ bits as words: `linkdown`, `onlink`."""
    return tuple(word for bit, word in HOP_STATES.items() if flags & bit)


def _through_gateway(routes: Table, nexthops: Table) -> NDArray[np.bool_]:
    """Which routes have a gateway; of a multipath route the first hop counts."""
    through: NDArray[np.bool_] = routes.numbers("gateway_family") != 0
    many = np.flatnonzero(routes.numbers("hops"))
    if len(many):
        through = through.copy()
        first = routes.numbers("first_hop")[many]
        through[many] |= nexthops.numbers("gateway_family")[first] != 0
    return through


def _spelled(masks: list[NDArray[np.bool_]]) -> Strings:
    bits = np.zeros(len(masks[0]), dtype=np.int32)
    for place, mask in enumerate(masks):
        bits |= mask.astype(np.int32) << place
    present = np.flatnonzero(np.bincount(bits, minlength=1 << len(masks)))
    codes = np.zeros(1 << len(masks), dtype=np.int32)
    codes[present] = np.arange(len(present))
    values = tuple(
        "".join(letter for place, letter in enumerate(LETTERS) if number >> place & 1)
        for number in present.tolist()
    )
    return Strings(codes[bits], values)
