"""The tab NAT: its columns and its machine-readable fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sockscope.app.frames.conntrack import ADDRESSES, Status
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.answerers import NEEDS
from sockscope.app.model.conntrack import PLAIN, WITH_PORTS
from sockscope.app.model.conntrack_use import use
from sockscope.app.model.endpoints import sort_key
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import conntrack_text as text
from sockscope.app.view import filterfields, namespaces, ordering, search
from sockscope.app.view.addresses import whole
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, Field, TabView, details_in, known
from sockscope.app.view.conntrackgroups import GROUPINGS
from sockscope.app.view.endsearch import in_endpoints
from sockscope.app.view.format import UNKNOWN, count, duration, short
from sockscope.app.view.plaincolumns import number_column, real_cell, text_column

ALARM = "▲"

_UNKNOWN = Cell(UNKNOWN, "dim")
_TONES = {
    "ESTABLISHED": "established",
    "TIME_WAIT": "timewait",
    "CLOSE_WAIT": "closewait",
    "unreplied": "warn",
    "CLOSE": "dim",
}
_PASSING = "passing"


def _protocol(rows: Table, row: int) -> Cell:
    return Cell(text.protocol(rows.integer("protocol", row)))


def _state(rows: Table, row: int) -> Cell:
    name = rows.text("state_name", row) or UNKNOWN
    return Cell(name, _TONES.get(name, _PASSING if name.isupper() else ""))


def _expires(rows: Table, row: int) -> Cell:
    seconds = rows.integer("timeout", row)
    return _UNKNOWN if seconds < 0 else Cell(duration(seconds))


def _translation(rows: Table, row: int) -> Cell:
    return Cell(text.done(rows, row), "" if rows.integer("translated", row) else "dim")


def _translation_briefly(rows: Table, row: int) -> Cell:
    return Cell(text.done_briefly(rows, row), "" if rows.integer("translated", row) else "dim")


def _amount(name: str) -> Callable[[Table, int], Cell]:
    def cell(rows: Table, row: int) -> Cell:
        number = rows.integer(name, row)
        return _UNKNOWN if number < 0 else Cell(short(number))

    return cell


def _mark(rows: Table, row: int) -> Cell:
    mark = rows.integer("mark", row)
    return Cell(f"{mark:#x}" if mark else "0", "" if mark else "dim")


def _zone(rows: Table, row: int) -> Cell:
    zone = rows.integer("zone", row)
    return Cell(str(zone), "" if zone else "dim")


def _by_translation(rows: Table) -> Numbers:
    where = sort_key(
        rows.numbers("family"), rows.numbers("reply_destination"), _ports(rows, "reply_destination")
    )
    return np.column_stack([rows.numbers("translated").astype(np.uint64), where])


def _ports(rows: Table, end: str) -> Numbers:
    """Ports of an end, 0 where the protocol has none."""
    return np.where(np.isin(rows.numbers("protocol"), WITH_PORTS), rows.numbers(f"{end}_port"), np.uint16(0))


def _in_end(name: str) -> Callable[[Table, Matcher], Matches]:
    return lambda rows, sought: in_endpoints(
        rows.numbers("family"), rows.numbers(name), _ports(rows, name), sought
    )


def _in_translation(rows: Table, sought: Matcher) -> Matches:
    """By what was done; the new addresses are in the columns of the reply."""
    kinds = rows.numbers("translated").astype(np.int64) * 2 + rows.numbers("own_source")
    found = search.in_names(kinds, text.KINDS, sought)
    moved = rows.numbers("translated") != PLAIN
    ends = _in_end("reply_source")(rows, sought) | _in_end("reply_destination")(rows, sought)
    matches: Matches = found | (moved & ends)
    return matches


def _ends() -> Iterator[Field]:
    for end in ADDRESSES:
        yield Field(end, partial(text.host, end=end))
        yield Field(f"{end}_port", partial(text.port, end=end))


def _bits(rows: Table, row: int) -> list[str]:
    """The kernel's names of the bits of the status."""
    return [str(bit.name).lower() for bit in Status if rows.integer("status", row) & bit]


def standing(store: Store) -> tuple[Cell, ...]:
    """How full the kernel's table is."""
    full = use(store)
    if full.count < 0:
        return ()
    where = f" in netns {full.namespace}" if full.namespace else ""
    if full.share is None:
        return (Cell(f"{count(full.count)} tracked{where}", "dim"),)
    lost = f", {short(full.lost)}/s turned away" if full.lost else ""
    words = f"{count(full.count)} of {count(full.limit)} tracked{where} ({_percent(full.share)}{lost})"
    return (Cell(f"{ALARM} {words}", "alarm") if full.alarming else Cell(words, "dim"),)


def _percent(share: float) -> str:
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{share:.0%}" if share >= 0.1 or not share else f"{share:.1%}"


def _empty(store: Store) -> str:
    for note in store.notes("conntrack"):
        if note.kind != "fallback" and store.now("conntrack") is None:
            return note.why
    table = store.now("conntrack")
    if table is None:
        return "tracked connections have not been read yet"
    if len(table):
        if len(table) == 1:
            return "the one tracked connection is not translated (a shows it)"
        return f"none of {count(len(table))} tracked connections is translated (a shows all)"
    return "no connection is tracked in this network namespace"


def _answerer(rows: Table, row: int) -> Cell:
    known = rows.text("answerer_namespace", row) is not None
    return Cell(text.answerer(rows, row)) if known else _UNKNOWN


def _in_answerer(rows: Table, sought: Matcher) -> Matches:
    return _in_process(rows, sought) | _in_namespace(rows, sought)


_in_process, _in_namespace = search.texts("answerer"), search.texts("answerer_namespace")


def _end_column(id_: str, title: str, name: str, priority: int) -> Column:
    """One end of a tuple."""
    return Column(
        id_,
        title,
        21,
        lambda rows, row: Cell(text.place(rows, row, name)),
        lambda rows: sort_key(rows.numbers("family"), rows.numbers(name), _ports(rows, name)),
        priority=priority,
        align="port",
        search=_in_end(name),
        named=lambda rows, row, naming: Cell(text.place(rows, row, name, naming)),
        host=("family", name),
    )


def _original(end: str, title: str, asked: str) -> Column:
    """One end of the tuple as it was before any translation."""
    name = f"original_{end}"
    column = _end_column(end, title, name, priority=1)
    return replace(column, minimum=17, grow=1, whole=whole(name, port=True), filter=asked)


NAT = TabView(
    id="nat",
    columns=(
        Column(
            "proto",
            "Proto",
            6,
            _protocol,
            ordering.numbers("protocol"),
            priority=3,
            minimum=5,
            search=search.names("protocol", text.PROTOCOLS),
        ),
        text_column("state", "State", 11, _state, "state_name", priority=4),
        number_column("expires", "Expires", 7, _expires, "timeout", priority=3, descending=False),
        _original("source", "Source", "src"),
        _original("destination", "Destination", "dst"),
        Column(
            "translation",
            "Translation",
            44,
            _translation,
            _by_translation,
            priority=2,
            minimum=30,
            grow=2,
            search=_in_translation,
            brief=_translation_briefly,
        ),
        Column(
            "answerer",
            "Answered by",
            40,
            _answerer,
            ordering.texts("answerer"),
            priority=3,
            minimum=34,
            grow=1,
            search=_in_answerer,
            filter="proc",
            optional=True,
            needs=NEEDS,
        ),
        namespaces.NAMESPACE,
        number_column("rate", "Bytes/s", 7, real_cell("bytes_rate"), "bytes_rate", priority=5),
        number_column(
            "there", "B/s there", 9, real_cell("original_bytes_rate"), "original_bytes_rate", priority=11
        ),
        number_column("back", "B/s back", 8, real_cell("reply_bytes_rate"), "reply_bytes_rate", priority=11),
        number_column("packets", "Packets", 7, _amount("packets"), "packets", priority=7),
        number_column("bytes", "Bytes", 6, _amount("bytes"), "bytes", priority=6),
        number_column("mark", "Mark", 10, _mark, "mark", priority=8, descending=False),
        number_column("zone", "Zone", 5, _zone, "zone", priority=9, descending=False),
        _end_column("reply_source", "Reply from", "reply_source", priority=10),
        _end_column("reply_destination", "Reply to", "reply_destination", priority=10),
    ),
    fields=(
        Field("family", lambda rows, row: "inet" if rows.integer("family", row) == 2 else "inet6"),
        Field("proto", lambda rows, row: text.protocol(rows.integer("protocol", row))),
        Field("state", lambda rows, row: rows.text("state_name", row)),
        Field("timeout_seconds", known("timeout")),
        *_ends(),
        Field("icmp", text.icmp),
        Field("translation", text.done),
        Field("packets_original", known("original_packets")),
        Field("bytes_original", known("original_bytes")),
        Field("packets_reply", known("reply_packets")),
        Field("bytes_reply", known("reply_bytes")),
        Field("mark", lambda rows, row: rows.integer("mark", row)),
        Field("zone", lambda rows, row: rows.integer("zone", row)),
        Field("status", _bits),
        Field("id", lambda rows, row: rows.integer("id", row) or None),
        *namespaces.FIELDS,
    ),
    filters=filterfields.NAT,
    groupings=GROUPINGS,
    sort=("source", False),
    details=details_in("conntrack_details"),
    empty=_empty,
    options=Options(frozenset({"translated_only"})),
    noun="connections",
    standing=standing,
)
