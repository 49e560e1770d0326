"""Multicast memberships as netstat prints them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.groups import LINK, V4, V6
from sockscope.app.output.namespaces import front, front_title
from sockscope.app.settings import Settings

_FAMILIES = {4: V4, 6: V6}


def chosen(rows: Table, settings: Settings) -> NDArray[np.bool_]:
    """The groups of the families asked for; the link layer as text only with -e, as netstat has none."""
    wanted = {_FAMILIES[each] for each in settings.families} or {V4, V6}
    if not settings.families and (settings.format != "text" or settings.extend):
        wanted |= {LINK}
    return np.isin(rows.numbers("family"), list(wanted))


def lines(rows: Table, order: NDArray[np.intp], settings: Settings) -> Iterator[str]:
    """The heading, the names of the columns, and a line a membership; with -e what the group is for too."""
    width = max([21, *(len(rows.text("group", row) or "") for row in order.tolist())])
    yield "IPv6/IPv4 Group Memberships"
    of = front(rows, settings)
    heading = _line("Interface", "RefCnt", "Group", "Name" if settings.extend else "", width)
    yield f"{front_title(rows, settings)}{heading}"
    line = front_title(rows, settings, "-")
    yield f"{line}{'-' * 15} {'-' * 6} {'-' * 21:<{width}} {'----' if settings.extend else ''}".rstrip()
    for row in order.tolist():
        name = rows.text("name", row) if settings.extend else None
        group = rows.text("group", row) or "-"
        interface, users = rows.text("interface", row) or "-", str(rows.integer("users", row))
        yield f"{of(row)}{_line(interface, users, group, name or '', width)}"


def _line(interface: str, users: str, group: str, name: str, width: int) -> str:
    return f"{interface:<15} {users:<6} {group:<{width}} {name}".rstrip()
