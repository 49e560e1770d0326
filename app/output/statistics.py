"""Protocol counters, section by section, as netstat chooses them and in words of our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.record import dataclass
from sockscope.app.settings import Settings

_PRINTED = {
    4: {
        "Ip": "raw",
        "Icmp": "raw",
        "IcmpMsg": "",
        "Tcp": "tcp",
        "Udp": "udp",
        "UdpLite": "",
        "TcpExt": "tcp",
        "IpExt": "",
        "MPTcpExt": "",
        "Sctp": "sctp",
    },
    6: {"Ip6": "raw", "Icmp6": "raw", "Udp6": "udp", "UdpLite6": "", "Tcp": "tcp"},
}
"""The sections that netstat prints for each family, in its order, and the protocol that has to be asked for
if any is; "" for those that it prints always."""
_MORE = ("Xfrm", "Tls")
"""Sections that netstat does not know, printed where no protocol was asked for."""

_NAMED = {
    "tcp": ("Tcp", "TcpExt", "MPTcpExt"),
    "udp": ("Udp", "Udp6"),
    "udplite": ("UdpLite", "UdpLite6"),
    "raw": ("Ip", "Icmp", "IcmpMsg", "IpExt", "Ip6", "Icmp6"),
    "sctp": ("Sctp",),
    "mptcp": ("MPTcpExt",),
}
"""The sections of each protocol."""
_BOTH_FAMILIES = ("Tcp", "TcpExt", "MPTcpExt", "Sctp", "Xfrm", "Tls")
"""There is one set of these counters for IPv4 and IPv6."""

_ZERO_TOO = {
    "Ip": ("InReceives", "ForwDatagrams", "InDiscards", "InDelivers", "OutRequests"),
    "Icmp": ("InMsgs", "InErrors", "OutMsgs", "OutErrors"),
    "Tcp": (
        "ActiveOpens",
        "PassiveOpens",
        "AttemptFails",
        "EstabResets",
        "CurrEstab",
        "InSegs",
        "OutSegs",
        "RetransSegs",
        "InErrs",
        "OutRsts",
    ),
    "Udp": ("InDatagrams", "NoPorts", "InErrors", "OutDatagrams", "RcvbufErrors", "SndbufErrors"),
    "TcpExt": ("TCPHPHits",),
    "Ip6": ("Ip6InReceives", "Ip6InDiscards", "Ip6InDelivers", "Ip6OutForwDatagrams", "Ip6OutRequests"),
    "Icmp6": ("Icmp6InMsgs", "Icmp6InErrors", "Icmp6OutMsgs"),
    "Udp6": ("Udp6InDatagrams", "Udp6NoPorts", "Udp6InErrors", "Udp6OutDatagrams"),
}
"""Counters that netstat prints even where they are 0 (observed of net-tools 2.10)."""
_CONSTANT = {"Ip": ("DefaultTTL",), "Tcp": ("RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn")}
"""What the kernel lists although it is a setting, and netstat never prints."""

_BY_TYPE = re.compile(r"(?:Icmp6)?(In|Out)(?!Msgs|Errors|CsumErrors|RateLimit)")
_HISTOGRAMS = {"In": "received, by type:", "Out": "sent, by type:"}
_DEEPER = 4
"""How much further than others the lines of a histogram are indented."""


def chosen(rows: Table, settings: Settings) -> NDArray[np.bool_]:
    """Counters of the families and protocols asked for: as text those of the sections that netstat prints,
    for programs all that fit."""
    if settings.format != "text":
        return _of(rows, lambda section: _fits(section, settings))
    keep = _of(rows, lambda section: _printed(section, settings.families or {4}, settings.sections))
    if settings.families != {4}:
        single = rows.strings("interface").codes >= 0
        keep |= single & _of(rows, lambda section: _printed(section, {6}, settings.sections))
    return keep


def _of(rows: Table, wanted: Callable[[str], bool]) -> NDArray[np.bool_]:
    sections = rows.strings("group")
    keep: NDArray[np.bool_] = sections.lookup(map(wanted, sections.values), False, np.bool_)
    return keep


def _printed(section: str, families: Set[int], protocols: Set[str]) -> bool:
    if section in _MORE:
        return 4 in families and not protocols
    letters = [_PRINTED[family][section] for family in families if section in _PRINTED[family]]
    return any(not protocols or letter in {"", *protocols} for letter in letters)


def _fits(section: str, settings: Settings) -> bool:
    family = 6 if section.endswith("6") else 4
    if settings.families and family not in settings.families and section not in _BOTH_FAMILIES:
        return False
    protocols = settings.sections
    return not protocols or any(section in _NAMED.get(each, ()) for each in protocols)


@dataclass(frozen=True, slots=True)
class _Section:
    """The rows of a section: those that stand alone, and those by ICMP type, received and sent."""

    title: str
    plain: list[int]
    by_type: dict[str, list[int]]


def lines(rows: Table, order: NDArray[np.intp], settings: Settings) -> Iterator[str]:
    """Each section under its name: the value, the kernel's name of it, what it means.

    A 0 where netstat has one too, or with -a, and with -a what is constant. Of several network namespaces
    each has sections of its own, which name it.
    """
    names, meanings = rows.strings("name"), rows.strings("meaning")
    kept = order if settings.which == "all" else order[_worth_a_line(rows, order)]
    values = {row: str(rows.integer("value", row)) for row in kept.tolist()}
    number = max(map(len, values.values()), default=0)
    width = max((len(names[row] or "") for row in values), default=0) + _DEEPER

    def line(row: int, deeper: int) -> str:
        name = f"{names[row] or '':<{width - deeper}}"
        return f"{'':{4 + deeper}}{values[row]:>{number}}  {name}  {meanings[row] or ''}".rstrip()

    last = "Tcp" if settings.families == {6} else ""
    namespaces = rows.strings("namespace")
    for namespace, members in groupby(kept.tolist(), key=lambda row: namespaces[row]):
        where = f" in netns {namespace or '-'}" if settings.everywhere else ""
        for section in sorted(_sections(rows, list(members)), key=lambda each: each.title == last):
            yield f"{section.title}{where}:"
            yield from _section(section, line)


def _section(section: _Section, line: Callable[[int, int], str]) -> Iterator[str]:
    """What stands below its name; `line` makes the line of a row, indented further than others by some."""
    yield from (line(row, 0) for row in section.plain)
    for way, members in section.by_type.items():
        yield f"    {_HISTOGRAMS[way]}"
        yield from (line(row, _DEEPER) for row in members)


def _worth_a_line(rows: Table, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    groups, names = rows.strings("group"), rows.strings("name")
    values, single = rows.numbers("value"), rows.strings("interface").codes >= 0

    def worth(row: int) -> bool:
        group, name = groups[row] or "", names[row]
        if values[row]:
            return name not in _CONSTANT.get(group, ())
        return name in _ZERO_TOO.get(group, ()) and not single[row]

    return np.fromiter(map(worth, order.tolist()), np.bool_, len(order))


def _sections(rows: Table, order: list[int]) -> Iterator[_Section]:
    groups, names, interfaces = rows.strings("group"), rows.strings("name"), rows.strings("interface")

    def title(row: int) -> str:
        return " ".join(filter(None, (groups[row], interfaces[row])))

    for head, members in groupby(order, key=title):
        section = _Section(head, [], {})
        for row in members:
            way = _BY_TYPE.match(names[row] or "") if (groups[row] or "").startswith("Icmp") else None
            (section.by_type.setdefault(way[1], []) if way else section.plain).append(row)
        yield section
