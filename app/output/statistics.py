"""Protocol counters, section by section, in words of our own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.settings import Settings

_SECTIONS = {
    "tcp": ("Tcp", "TcpExt", "MPTcpExt"),
    "udp": ("Udp", "Udp6"),
    "udplite": ("UdpLite", "UdpLite6"),
    "raw": ("Ip", "Icmp", "IcmpMsg", "IpExt", "Ip6", "Icmp6"),
}
"""What the letters -t -u -U -w narrow to."""
_BOTH_FAMILIES = ("Tcp", "TcpExt", "MPTcpExt")
"""There is one set of TCP counters for IPv4 and IPv6."""


def chosen(rows: Table, settings: Settings) -> NDArray[np.bool_]:
    """Counters of the protocols and families asked for."""
    sections = rows.strings("group")
    keep: NDArray[np.bool_] = sections.lookup(
        [_wanted(section, settings) for section in sections.values], False, np.bool_
    )
    return keep


def _wanted(section: str, settings: Settings) -> bool:
    family = 6 if section.endswith("6") else 4
    if settings.families and family not in settings.families and section not in _BOTH_FAMILIES:
        return False
    kinds = settings.sections
    return not kinds or any(section in _SECTIONS[kind] for kind in kinds)


def lines(rows: Table, order: NDArray[np.intp], settings: Settings) -> Iterator[str]:
    """Each section under its name: the value, the kernel's name of it, what it means. Zeros only with -a."""
    values = rows.numbers("value").tolist()
    names, meanings, groups = rows.strings("name"), rows.strings("meaning"), rows.strings("group")
    shown = [row for row in order.tolist() if values[row] or settings.which == "all"]
    number = max((len(str(values[row])) for row in shown), default=0)
    width = max((len(names[row] or "") for row in shown), default=0)
    for group, members in groupby(shown, key=lambda row: groups[row]):
        yield f"{group}:"
        for row in members:
            yield f"    {values[row]:>{number}}  {names[row] or '':<{width}}  {meanings[row] or ''}".rstrip()
