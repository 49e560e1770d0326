"""Packet, netlink and vsock sockets as ss prints them, since netstat has none of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.others import EVERY_PROTOCOL, NETLINK, PACKET, VSOCK
from sockscope.app.model.states import LISTEN
from sockscope.app.output.namespaces import front, front_title
from sockscope.app.output.sockets import programs
from sockscope.app.settings import Settings
from sockscope.app.view import otherwords as words
from sockscope.app.view.format import UNKNOWN

_FAMILIES = {"packet": PACKET, "netlink": NETLINK, "vsock": VSOCK}
_STATES = {1: "ESTAB", 7: "UNCONN"}
"""ss's words where they are not netstat's with dashes."""
_CLOSE = 7


def chosen(rows: Table, settings: Settings) -> NDArray[np.bool_]:
    """The kinds that were named, all if none was; of vsock, the only kind that connects, those asked for."""
    family, state = rows.numbers("family"), rows.numbers("state")
    named = [number for name, number in _FAMILIES.items() if name in settings.sections]
    keep: NDArray[np.bool_] = np.isin(family, named or list(_FAMILIES.values()))
    if settings.which != "all":
        serves = np.isin(state, (LISTEN, _CLOSE))
        keep &= (family != VSOCK) | (serves if settings.which == "listening" else ~serves)
    return keep


def lines(rows: Table, order: NDArray[np.intp], settings: Settings) -> Iterator[str]:
    """The names of the columns, and a line a row."""
    head = f"{'Netid':<5} {'State':<11} Recv-Q Send-Q {'Local Address:Port':<23} {'Peer Address:Port':<23}"
    yield (front_title(rows, settings) + head + (" PID/Program name" if settings.programs else "")).rstrip()
    shown = rows.take(order)
    of = front(shown, settings)
    owners = list(programs(shown)) if settings.programs else [""] * len(shown)
    for row, owner in enumerate(owners):
        yield (
            of(row)
            + (
                f"{words.proto(shown, row):<5} {_state(shown, row):<11} {_amount(shown, 'rmem', row):>6} "
                f"{_amount(shown, 'wmem', row):>6} {_local(shown, row, settings):<23} "
                f"{words.remote(shown, row):<23}{owner}"
            ).rstrip()
        )


def _state(rows: Table, row: int) -> str:
    code = rows.integer("state", row) if rows.integer("family", row) == VSOCK else _CLOSE
    return _STATES.get(code) or words.state(rows, row).replace("_", "-")


def _amount(rows: Table, name: str, row: int) -> str:
    amount = rows.integer(name, row)
    if rows.integer("family", row) == VSOCK:
        return "0"
    return UNKNOWN if amount < 0 else str(amount)


def _local(rows: Table, row: int, settings: Settings) -> str:
    """Numbers as `ss -n`, or names."""
    family, number = rows.integer("family", row), rows.integer("protocol", row)
    if not settings.numeric_ports or family == VSOCK:
        return words.local(rows, row)
    if family == NETLINK:
        return f"{number}:{rows.integer('local_port', row)}"
    which = "*" if number == EVERY_PROTOCOL else f"[{number}]"
    return f"{which}:{rows.text('interface', row) or '*'}"
