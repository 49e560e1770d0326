"""Names of routing tables, protocols, scopes and types: the kernel's, and what the administrator calls them.

Numbers: linux/rtnetlink.h (enum rt_class_t, rt_scope_t, RTN_*, RTPROT_*).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from sockscope.app.frames.table import Numbers, Strings
from sockscope.app.record import dataclass
from sockscope.app.text import printable

MAIN, LOCAL, DEFAULT = 254, 255, 253
UNICAST, LOCAL_TYPE, BROADCAST, ANYCAST, MULTICAST, BLACKHOLE, UNREACHABLE, PROHIBIT, THROW = range(1, 10)
REJECTING = (BLACKHOLE, UNREACHABLE, PROHIBIT, THROW)
"""Types that send a packet nowhere."""

TABLES = {0: "unspec", DEFAULT: "default", MAIN: "main", LOCAL: "local"}

PROTOCOLS = {
    0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt",
    11: "zebra", 12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 17: "mrouted",
    18: "keepalived", 42: "babel", 84: "ovn", 99: "openr", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip",
    192: "eigrp",
}  # fmt: skip

SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}

TYPES = {
    0: "unspec", UNICAST: "unicast", LOCAL_TYPE: "local", BROADCAST: "broadcast", ANYCAST: "anycast",
    MULTICAST: "multicast", BLACKHOLE: "blackhole", UNREACHABLE: "unreachable", PROHIBIT: "prohibit",
    THROW: "throw", 10: "nat", 11: "xresolve",
}  # fmt: skip

_DIRECTORIES = ("usr/share/iproute2", "etc/iproute2")
"""Later files win."""


@dataclass(frozen=True, slots=True)
class RouteNames:
    """What numbers are called on this machine; a number without a name reads as itself."""

    tables: Mapping[int, str]
    protocols: Mapping[int, str]
    scopes: Mapping[int, str]

    @classmethod
    def read(cls, root: Path = Path("/")) -> RouteNames:
        """The kernel's names and those of iproute2's files under `root`; what cannot be read is left out."""
        return cls(
            {**_listed(root, "rt_tables"), **TABLES},
            {**PROTOCOLS, **_listed(root, "rt_protos")},
            {**SCOPES, **_listed(root, "rt_scopes")},
        )

    def table(self, number: int) -> str:
        """The name of a routing table: `main`, `100`."""
        return self.tables.get(number, str(number))

    def protocol(self, number: int) -> str:
        """The name of what made a route: `static`, `dhcp`."""
        return self.protocols.get(number, str(number))

    def scope(self, number: int) -> str:
        """The name of a scope: `global`, `link`."""
        return self.scopes.get(number, str(number))


@lru_cache(maxsize=1)
def names() -> RouteNames:
    """The names of this machine, read once."""
    return RouteNames.read()


def named(numbers: Numbers, names_of: Mapping[int, str]) -> Strings:
    """A column of numbers as texts."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    texts = tuple(names_of.get(number, str(number)) for number in distinct.tolist())
    return Strings(codes.astype(np.int32), texts)


def _listed(root: Path, name: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for directory in (root / place for place in _DIRECTORIES):
        for file in (directory / name, *sorted((directory / f"{name}.d").glob("*.conf"))):
            try:
                text = file.read_text(encoding="utf-8", errors="surrogateescape")
            except OSError:
                continue
            found.update(_lines(text.split("\n")))
    return found


def _lines(lines: Iterable[str]) -> dict[int, str]:
    """Number (decimal or 0x) and name a line; what follows a `#`, and malformed lines, are skipped."""
    found = {}
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) != 2:
            continue
        try:
            number = int(words[0], 16 if words[0][:2].lower() == "0x" else 10)
        except ValueError:
            continue
        found[number] = printable(words[1])
    return found
