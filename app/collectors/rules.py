"""Policy routing rules of IPv4 and IPv6, in the order in which the kernel tries them (linux/fib_rules.h).

`rules`: family u1 (2, 10), priority u4, table u4 (0: none), action Strings (`lookup`, `nop`, `blackhole`,
`goto 40000`, with ` [unresolved]` where there is no such rule, `unreachable`, `prohibit`), selector Strings
(what a packet must match, "" = every packet; a device that is not there is `[detached]`).
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.netlink import strerror
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Strings, Table

_INVERT, _UNRESOLVED = 0x2, 0x4
_ACTIONS = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_NO_RULES = {errno.EAFNOSUPPORT, errno.EOPNOTSUPP}
"""A kernel without that family, or built without policy rules, has none: nothing is missing."""
_NO_SUPPRESS = 0xFFFFFFFF
_IP_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 58: "ipv6-icmp", 132: "sctp", 136: "udplite"}
_MASKS = {27, 28, 29, 30}
"""Masks of flow label, ports and DSCP; the attribute they belong to is there as well."""
_DEVICES = (("FRA_IIFNAME", "iif", 0x8), ("FRA_OIFNAME", "oif", 0x10))
"""With the flag that says that there is no such device."""
_LENGTHS = {socket.AF_INET: 32, socket.AF_INET6: 128}
_PORTS = {"FRA_SPORT_RANGE": "sport", "FRA_DPORT_RANGE": "dport"}

Rule = Mapping[str, Any]
"""A rule as pyroute2 decodes it: the fields of fib_rule_hdr and the list `attrs` of names and values."""


class RulesCollector:
    """Asks rtnetlink for the rules; `connect` gives the pyroute2 socket that is asked."""

    provides = ("rules",)

    def __init__(self, connect: Callable[[], Any] | None = None) -> None:
        self._connect = connect or _connect
        self._socket: Any = None

    def collect(self) -> Collected:
        """Table `rules`, IPv4 first; without the rules of a family that the kernel refused."""
        notes: list[Note] = []
        taken = time.monotonic()
        rules: list[Rule] = []
        for family, name in ((socket.AF_INET, "IPv4"), (socket.AF_INET6, "IPv6")):
            try:
                rules += [rule for rule in self._ask(family) if rule["family"] == family]
            except OSError as refused:
                if refused.errno not in _NO_RULES:
                    why = f"netlink refuses the {name} rules: {strerror(refused.errno or 1)}"
                    notes.append(Note("rules", "forbidden", why))
        return Collected({"rules": Table(table(rules).columns, taken)}, tuple(notes))

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, family: int) -> list[Rule]:
        if self._socket is None:
            self._socket = self._connect()
        from pyroute2.netlink.exceptions import NetlinkError  # noqa: PLC0415

        try:
            return list(self._socket.get_rules(family=family))
        except NetlinkError as refused:
            raise OSError(int(refused.code), str(refused)) from refused


def table(rules: Iterable[Rule]) -> Table:
    """Rules as columns."""
    rows = [(rule, dict(rule["attrs"])) for rule in rules]
    return Table(
        {
            "family": np.array([rule["family"] for rule, _ in rows], np.uint8),
            "priority": np.array([more.get("FRA_PRIORITY", 0) for _, more in rows], np.uint32),
            "table": np.array([more.get("FRA_TABLE", rule["table"]) for rule, more in rows], np.uint32),
            "action": Strings.of(_action(rule, more) for rule, more in rows),
            "selector": Strings.of(_selector(rule, more) for rule, more in rows),
        }
    )


def _connect() -> Any:
    from pyroute2 import IPRoute  # noqa: PLC0415

    return IPRoute()


def _action(rule: Rule, more: Rule) -> str:
    name = _ACTIONS.get(rule["action"], f"action {rule['action']}")
    if name != "goto":
        return name
    return f"goto {more.get('FRA_GOTO', 0)}{' [unresolved]' if rule['flags'] & _UNRESOLVED else ''}"


def _selector(rule: Rule, more: Rule) -> str:
    """What a packet must match, in the words of ip-rule(8)."""
    words = []
    for key, name, length in (("FRA_SRC", "from", "src_len"), ("FRA_DST", "to", "dst_len")):
        if key in more:
            whole = rule[length] == _LENGTHS.get(rule["family"])
            words.append(f"{name} {more[key]}" if whole else f"{name} {more[key]}/{rule[length]}")
    if rule["tos"]:
        words.append(f"tos {rule['tos']:#x}")
    if "FRA_FWMARK" in more or more.get("FRA_FWMASK"):
        mask = more.get("FRA_FWMASK", 0xFFFFFFFF)
        mark = f"fwmark {more.get('FRA_FWMARK', 0):#x}"
        words.append(mark if mask == 0xFFFFFFFF else f"{mark}/{mask:#x}")
    for key, name, detached in _DEVICES:
        if key in more:
            words.append(f"{name} {_text(more[key])}{' [detached]' if rule['flags'] & detached else ''}")
    words += _flow(more)
    if more.get("FRA_L3MDEV"):
        words.append("l3mdev")
    if _unnamed(more.get("UNKNOWN")):
        words.append("and more")
    if more.get("FRA_SUPPRESS_PREFIXLEN", _NO_SUPPRESS) != _NO_SUPPRESS:
        words.append(f"suppress_prefixlength {more['FRA_SUPPRESS_PREFIXLEN']}")
    if more.get("FRA_SUPPRESS_IFGROUP", _NO_SUPPRESS) != _NO_SUPPRESS:
        words.append(f"suppress_ifgroup {more['FRA_SUPPRESS_IFGROUP']}")
    if rule["flags"] & _INVERT:
        words.insert(0, "not")
    return " ".join(words)


def _flow(more: Rule) -> Iterator[str]:
    """Whose packets, of which protocol and ports, from which tunnel."""
    if "FRA_UID_RANGE" in more:
        yield f"uidrange {_range(more['FRA_UID_RANGE'])}"
    if "FRA_IP_PROTO" in more:
        number = more["FRA_IP_PROTO"]
        yield f"ipproto {_IP_PROTOCOLS.get(number, number)}"
    for key, name in _PORTS.items():
        if key in more:
            yield f"{name} {_range(more[key])}"
    if "FRA_TUN_ID" in more:
        yield f"tun_id {more['FRA_TUN_ID']}"


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.rstrip(b"\0").decode(errors="surrogateescape")
    return str(value)


def _range(value: Any) -> str:
    """`80-90` of pyroute2's `80:90`, one number where both ends are equal."""
    low, _, high = _text(value).partition(":")
    return low if low == high or not high else f"{low}-{high}"


def _unnamed(unknown: Any) -> bool:
    """Whether pyroute2 met an attribute it has no name for, other than the mask of one that it knows."""
    return unknown is not None and unknown["header"]["type"] not in _MASKS
