"""The Other tab: sockets that have no connection of the internet, and what each of them is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.filters.fields import Words
from sockscope.app.model.grouping import by_numbers
from sockscope.app.model.other_names import group_name, groups
from sockscope.app.model.others import (
    ANY,
    EVERY_PROTOCOL,
    NETLINK,
    PACKET,
    PROMISCUOUS,
    VSOCK,
    of_kernel,
)
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import filterfields, namespaces, search, socketfields, sockets
from sockscope.app.view import groupterms as terms
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, GroupView, TabView, details_in, known
from sockscope.app.view.format import UNKNOWN, count, short
from sockscope.app.view.otherwords import local, proto, protocol, protos, purpose, state, vsock_end
from sockscope.app.view.plaincolumns import number_column


def _proto_cell(rows: Table, row: int) -> Cell:
    return Cell(proto(rows, row))


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


def _end(end: str) -> tuple[Field, Field]:
    def cid(rows: Table, row: int) -> str | None:
        return vsock_end(rows, row, end).partition(":")[0] if rows.integer("family", row) == VSOCK else None

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
    terms.PROCESS,
    terms.USER,
    terms.of_text(
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
_SHARED = {field.name: field for field in socketfields.FIELDS}


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
        Field("recv_q", known("rmem")),
        Field("send_q", known("wmem")),
        Field("drops", known("drops")),
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
    filters={**filterfields.OTHERS, "proto": Words("ss's word", protos)},
    sort=("purpose", True),
    details=details_in("otherdetails"),
    empty=empty,
    options=Options(frozenset({"only_programs"})),
    noun="sockets",
)
