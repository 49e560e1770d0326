"""Packet, netlink and vsock sockets in words: kind, ends, state, and what each is for."""

from __future__ import annotations

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.other_names import frames, group_name, groups, netlink_protocol
from sockscope.app.model.others import ALL_MULTICAST, ANY, EVERY_PROTOCOL, NETLINK, PACKET, PROMISCUOUS, VSOCK
from sockscope.app.model.states import LISTEN, NAMES
from sockscope.app.view import filterfields

_PROTOS = {
    (PACKET, 2): "p_dgr",
    (PACKET, 3): "p_raw",
    (PACKET, 10): "p_raw",
    (VSOCK, 1): "v_str",
    (VSOCK, 2): "v_dgr",
    (VSOCK, 5): "v_seq",
}
_NAMED = 3
"""How many groups stand in a row."""


def proto(rows: Table, row: int) -> str:
    """ss's word: p_raw, p_dgr, nl, v_str, v_dgr."""
    family = rows.integer("family", row)
    return "nl" if family == NETLINK else _PROTOS.get((family, rows.integer("type", row)), "???")


def protos(rows: Table) -> Strings:
    """That word of every row."""

    def word(code: tuple[int, ...]) -> str:
        return "nl" if code[0] == NETLINK else _PROTOS.get((code[0], code[1]), "???")

    return filterfields.distinct(rows, ("family", "type"), word)


def protocol(rows: Table, row: int) -> str | None:
    """Which frames a packet socket gets, or which part of the kernel a netlink socket speaks to."""
    number = rows.integer("protocol", row)
    family = rows.integer("family", row)
    if family == VSOCK:
        return None
    return frames(number) if family == PACKET else netlink_protocol(number)


def vsock_end(rows: Table, row: int, end: str) -> str:
    """Context id and port of an end, `local` or `remote`."""
    cid, port = rows.integer(f"{end}_cid", row), rows.integer(f"{end}_port", row)
    return f"{'*' if cid == ANY else cid}:{'*' if port == ANY else port}"


def local(rows: Table, row: int) -> str:
    """As ss has it: `*:eth0`, `arp:*`, `rtnl:412`, `3:1024`."""
    family = rows.integer("family", row)
    if family == VSOCK:
        return vsock_end(rows, row, "local")
    if family == PACKET:
        which = "*" if rows.integer("protocol", row) == EVERY_PROTOCOL else protocol(rows, row)
        return f"{which}:{rows.text('interface', row) or '*'}"
    return f"{protocol(rows, row)}:{rows.integer('local_port', row) or 'kernel'}"


def remote(rows: Table, row: int) -> str:
    """The other end of a vsock, the peer of a connected netlink socket, else `*`."""
    if rows.integer("family", row) == VSOCK:
        return vsock_end(rows, row, "remote")
    peer = rows.integer("remote_port", row)
    return str(peer) if peer else "*"


def state(rows: Table, row: int) -> str:
    """netstat's word of a vsock; empty for kinds that have no states."""
    if rows.integer("family", row) != VSOCK:
        return ""
    return NAMES.get(rows.integer("state", row), str(rows.integer("state", row)))


def purpose(rows: Table, row: int) -> str:
    """What the socket does, in words."""
    family = rows.integer("family", row)
    if family == PACKET:
        return _sees(rows, row)
    if family == NETLINK:
        return _hears(rows, row)
    if rows.integer("state", row) == LISTEN:
        return "LISTEN: accepts virtual machines or the host"
    name = state(rows, row)
    return f"{name} with {remote(rows, row)}" if rows.integer("state", row) == 1 else name


def _sees(rows: Table, row: int) -> str:
    number = rows.integer("protocol", row)
    if number == 0:
        return "only sends"
    what = "every frame" if number == EVERY_PROTOCOL else f"{frames(number)} frames"
    where = rows.text("interface", row)
    wide = rows.integer("promiscuous", row)
    if wide == PROMISCUOUS:
        return f"promiscuous: sees {what} of {where or 'every interface'}"
    words = f"sees {what} of {where or 'every interface'}"
    return f"{words}, all multicast" if wide == ALL_MULTICAST else words


def _hears(rows: Table, row: int) -> str:
    if rows.integer("local_port", row) == 0:
        return "the kernel's end"
    number = rows.integer("protocol", row)
    members = groups(rows, row)
    if not members:
        return "asks and is answered"
    names = ", ".join(group_name(number, group) for group in members[:_NAMED])
    more = len(members) - _NAMED
    return f"hears {names}" + (f" and {more} more" if more > 0 else "")
