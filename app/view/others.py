"""The Other tab: sockets that have no connection of the internet, and what each of them is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Strings, Table
from sockscope.app.model.filters.fields import Words
from sockscope.app.model.grouping import by_numbers
from sockscope.app.model.other_names import frames, group_name, groups, netlink_protocol
from sockscope.app.model.others import (
    ALL_MULTICAST,
    ANY,
    EVERY_PROTOCOL,
    NETLINK,
    PACKET,
    PROMISCUOUS,
    VSOCK,
    of_kernel,
)
from sockscope.app.model.states import LISTEN, NAMES
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import filterfields, namespaces, search, sockets
from sockscope.app.view import groupterms as terms
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, GroupView, TabView, details_in
from sockscope.app.view.commongroups import PROCESS, USER, of_text
from sockscope.app.view.format import UNKNOWN, count, short
from sockscope.app.view.plaincolumns import number_column

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


def protocol(rows: Table, row: int) -> str | None:
    """Which frames a packet socket gets, or which part of the kernel a netlink socket speaks to."""
    number = rows.integer("protocol", row)
    family = rows.integer("family", row)
    if family == VSOCK:
        return None
    return frames(number) if family == PACKET else netlink_protocol(number)


def _vsock_end(rows: Table, row: int, end: str) -> str:
    cid, port = rows.integer(f"{end}_cid", row), rows.integer(f"{end}_port", row)
    return f"{'*' if cid == ANY else cid}:{'*' if port == ANY else port}"


def local(rows: Table, row: int) -> str:
    """As ss has it: `*:eth0`, `arp:*`, `rtnl:412`, `3:1024`."""
    family = rows.integer("family", row)
    if family == VSOCK:
        return _vsock_end(rows, row, "local")
    if family == PACKET:
        which = "*" if rows.integer("protocol", row) == EVERY_PROTOCOL else protocol(rows, row)
        return f"{which}:{rows.text('interface', row) or '*'}"
    return f"{protocol(rows, row)}:{rows.integer('local_port', row) or 'kernel'}"


def remote(rows: Table, row: int) -> str:
    """The other end of a vsock, the peer of a connected netlink socket, else `*`."""
    if rows.integer("family", row) == VSOCK:
        return _vsock_end(rows, row, "remote")
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


def _proto_cell(rows: Table, row: int) -> Cell:
    return Cell(proto(rows, row))


def _protos(rows: Table) -> Strings:
    def word(code: tuple[int, ...]) -> str:
        return "nl" if code[0] == NETLINK else _PROTOS.get((code[0], code[1]), "???")

    return filterfields.distinct(rows, ("family", "type"), word)


def _amount_cell(name: str) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        value = rows.integer(name, row)
        return Cell(UNKNOWN, "dim") if value < 0 else Cell(str(value), "strong" if value else "dim")

    return cell


def _drops(written: Callable[[int], str]) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        drops = rows.integer("drops", row)
        if drops < 0:
            return Cell(UNKNOWN, "dim")
        if rows.numbers("growing")[row]:
            return Cell(f"{written(drops)} ▲", "alarm")
        return Cell(written(drops), "warn" if drops else "dim")

    return cell


def _local_cell(rows: Table, row: int) -> Cell:
    return Cell(local(rows, row), "dim" if of_kernel(rows)[row] else "")


def _purpose_cell(rows: Table, row: int) -> Cell:
    if rows.integer("promiscuous", row) == PROMISCUOUS:
        return Cell(purpose(rows, row), "warn")
    return Cell(purpose(rows, row), "dim" if of_kernel(rows)[row] else "")


def _kinds(rows: Table) -> Numbers:
    return np.stack([rows.numbers("family"), rows.numbers("type")], axis=1)


def _places(rows: Table) -> Numbers:
    names = ("family", "protocol", "device", "local_cid", "local_port")
    return np.stack([rows.numbers(name).astype(np.int64) for name in names], axis=1)


def _purposes(rows: Table) -> Numbers:
    """Who sees most first: the promiscuous, then those of every protocol, then members of many groups."""
    members = np.unpackbits(rows.numbers("groups"), axis=1).sum(axis=1, dtype=np.int64)
    every = (rows.numbers("family") == PACKET) & (rows.numbers("protocol") == EVERY_PROTOCOL)
    promiscuous = rows.numbers("promiscuous") == PROMISCUOUS
    return np.stack([promiscuous.astype(np.int64), every.astype(np.int64), members], axis=1)


def _amount(name: str, title: str, width: int, priority: int) -> Column:
    return number_column(
        name,
        title,
        width,
        _drops(count) if name == "drops" else _amount_cell(name),
        name,
        priority=priority,
        search=search.numbers(name),
        brief=_drops(short) if name == "drops" else None,
    )


def empty(store: Store) -> str:
    """Why there is no row."""
    told = store.notes("packet", "netlink", "vsock")
    return told[0].why if told else "no program has a packet, netlink or vsock socket in this namespace"


def _known(name: str, unknown: int = -1) -> Callable[[Table, int], int | None]:
    def value(rows: Table, row: int) -> int | None:
        number = rows.integer(name, row)
        return None if number == unknown else number

    return value


def _end(end: str) -> tuple[Field, Field]:
    def cid(rows: Table, row: int) -> str | None:
        return _vsock_end(rows, row, end).partition(":")[0] if rows.integer("family", row) == VSOCK else None

    def port(rows: Table, row: int) -> int | None:
        number = rows.integer(f"{end}_port", row)
        return None if rows.integer("family", row) == PACKET or number == ANY else number

    return Field(f"{end}_address", cid), Field(f"{end}_port", port)


def _of(family: int, value: Callable[[Table, int], object]) -> Callable[[Table, int], object]:
    """A value that only one kind has."""
    return lambda rows, row: value(rows, row) if rows.integer("family", row) == family else None


def _groups(rows: Table, row: int) -> list[str]:
    return [group_name(rows.integer("protocol", row), group) for group in groups(rows, row)]


def _fanout(rows: Table, row: int) -> int | None:
    fanout = rows.integer("fanout", row)
    return None if fanout < 0 else fanout & 0xFFFF


_WITHOUT_SUMS = (
    GroupView(
        "kind",
        "kind of socket",
        "kinds",
        by_numbers("family", "type"),
        terms.column("Kind", proto, _kinds),
        lambda rows, row: terms.equal("proto", proto(rows, row)),
    ),
    PROCESS,
    USER,
    of_text(
        "interface",
        "interface listened on",
        "interfaces",
        "interface",
        "iface",
        heading="Interface",
        unknown="(any)",
    ),
)
_GROUPINGS = tuple(replace(each, sums=("rmem", "drops")) for each in _WITHOUT_SUMS)
_SHARED = {field.name: field for field in sockets.FIELDS}


OTHERS = TabView(
    id="other",
    columns=(
        Column("proto", "Proto", 5, _proto_cell, _kinds, priority=2),
        _amount("rmem", "Recv-Q", 7, 5),
        _amount("wmem", "Send-Q", 7, 6),
        _amount("drops", "Drops", 7, 3),
        Column("local", "Local Address", 18, _local_cell, _places, priority=1, grow=1),
        Column(
            "purpose",
            "What it does",
            38,
            _purpose_cell,
            _purposes,
            priority=1,
            minimum=28,
            grow=2,
            descending=True,
        ),
        sockets.OWNER,
        namespaces.NAMESPACE,
        sockets.SEEN,
        sockets.INODE,
    ),
    fields=(
        Field("proto", proto),
        Field("state", lambda rows, row: state(rows, row) or None),
        Field("recv_q", _known("rmem")),
        Field("send_q", _known("wmem")),
        Field("drops", _known("drops")),
        Field("protocol", protocol),
        Field("interface", lambda rows, row: rows.text("interface", row)),
        *_end("local"),
        *_end("remote"),
        Field("groups", _of(NETLINK, _groups)),
        Field("promiscuous", _of(PACKET, lambda rows, row: rows.integer("promiscuous", row) == PROMISCUOUS)),
        Field("ring", _of(PACKET, lambda rows, row: bool(rows.integer("ring", row)))),
        Field("fanout", _of(PACKET, _fanout)),
        *(_SHARED[name] for name in ("uid", "user", "inode", "pid", "process", "pids", "cookie")),
        *namespaces.FIELDS,
    ),
    groupings=_GROUPINGS,
    filters={**filterfields.OTHERS, "proto": Words("ss's word", _protos)},
    sort=("purpose", True),
    details=details_in("otherdetails"),
    empty=empty,
    options=Options(frozenset({"only_programs"})),
    noun="sockets",
)
