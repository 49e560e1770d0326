"""How unix sockets read: cells, order, search, details, fields, and where rows lead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from sockscope.app.collectors.unix import UNTOLD
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.model.ownership import NO_PERMISSION
from sockscope.app.model.presence import Presence
from sockscope.app.model.query import Query, select
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.model.unix import UnixModel
from sockscope.app.view.catalog import reading
from sockscope.app.view.unix import UNIX
from tests import fake
from tests.filters import typed
from tests.model.test_unix import ABROAD, ACCEPTED, CLIENT, LEFT, LISTENER, LONE, ORPHAN, PATIENT
from tests.model.unix_tables import listed_table, unix_table, waiting_table

LOG = {"inode": 20, "type": 2, "path": "/run/log"}
SENDER = {"inode": 21, "type": 2, "peer": 20}
OWNERS = fake.owners((10, 100, "server"), (11, 100, "server"), (12, 200, "client"), (99, 300, "far"))
EVERY = (LISTENER, ACCEPTED, CLIENT, PATIENT, LEFT, ABROAD, LONE, ORPHAN, LOG, SENDER)


def made(*rows: Mapping[str, object], **more: Table) -> tuple[Store, Table]:
    store = Store()
    tables = {"unix": unix_table(*rows), "unix_waiting": waiting_table((10, 13)), **OWNERS, **more}
    store.take(Frame(0, 1.7e9, 1000.0, 1.0, tables=tables))
    told = UnixModel().rows(store, Options())
    assert told is not None
    return store, Presence().observe(told, 1000.0, 3.0)


STORE, ROWS = made(*EVERY, unix_listed=listed_table((10, 2, None)))
AT = {inode: row for row, inode in enumerate(ROWS.numbers("inode").tolist())}


def cell(column: str, inode: int, rows: Table = ROWS) -> tuple[str, str]:
    (found,) = [each for each in UNIX.columns if each.id == column]
    text, tone = found.cell(rows, AT[inode] if rows is ROWS else 0)
    return text, tone


def test_a_socket_without_name_shows_where_it_leads() -> None:
    assert cell("path", 10) == ("@srv", "strong")
    assert cell("path", 11) == ("@srv", "")
    assert cell("path", 12) == ("→ @srv", "dim")
    assert cell("path", 13) == ("→ @srv", "dim")
    assert cell("path", 15) == ("-", "dim")


def test_peers() -> None:
    assert cell("peer", 12) == ("server 100", "")
    assert cell("peer", 13) == ("server ↑ 100", "warn")
    assert cell("peer", 14) == ("closed", "closewait")
    assert cell("peer", 15) == ("far 300", "")
    assert cell("peer", 16) == cell("peer", 10) == ("-", "dim")


def test_states_and_types() -> None:
    assert cell("state", 10) == ("LISTENING", "listen")
    assert cell("state", 12) == ("CONNECTED", "established")
    assert cell("state", 16)[0] == ""
    assert cell("type", 21)[0] == "dgram"


@pytest.mark.parametrize(("waiting", "shown"), [(4, ("4", "strong")), (5, ("▲5", "alarm"))])
def test_a_full_accept_queue_is_marked(waiting: int, shown: tuple[str, str]) -> None:
    _, rows = made({**LISTENER, "rx_queue": waiting})
    assert cell("recv-q", 10, rows) == shown
    assert cell("send-q", 10, rows) == ("5", "dim")


def test_what_is_not_known_is_not_zero() -> None:
    _, rows = made({"inode": 1, "peer": UNTOLD, "rx_queue": -1, "tx_queue": -1, "shutdown": -1})
    for column in ("recv-q", "send-q", "references", "peer-node", "peer", "path"):
        assert cell(column, 1, rows)[0] == "-", column
    told = {field.name: field.value(rows, 0) for field in UNIX.fields}
    for name in ("recv_q", "send_q", "refcnt", "peer_inode", "peer_pid", "path", "accept_queue", "backlog"):
        assert told[name] is None, name


def test_the_fields() -> None:
    told = {field.name: field.value(ROWS, AT[10]) for field in UNIX.fields}
    assert told == {
        "proto": "unix",
        "type": "stream",
        "state": "LISTENING",
        "recv_q": 1,
        "send_q": 5,
        "refcnt": 2,
        "inode": 10,
        "path": "@srv",
        "peer_inode": None,
        "peer_path": None,
        "peer_pid": None,
        "peer_process": None,
        "pid": 100,
        "process": "server",
        "pids": None,
        "unit": "server",
        "container": None,
        "cgroup": "/system.slice/server.service",
        "uid": 0,
        "user": "root",
        "accept_queue": 1,
        "backlog": 5,
        "cookie": 510,
        "netns": "own",
        "netns_inode": None,
    }


def order(*words: str) -> list[int]:
    chosen = select(ROWS, typed(UNIX, *words, sort=UNIX.sort), reading(UNIX))
    found: list[int] = ROWS.numbers("inode")[chosen].tolist()
    return found


def test_names_come_first_and_a_listener_before_what_it_accepted() -> None:
    assert order() == [20, 16, 10, 11, 21, 12, 13, 14, 15, 17]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("listening",), {10}),
        (("srv",), {10, 11, 12, 13}),
        (("dgram",), {17, 20, 21}),
        (("closed",), {14, 17}),
        (("far",), {15}),
        (("client",), {11, 12}),
        (("/run", "lone"), {16}),
    ],
)
def test_words(words: tuple[str, ...], found: set[int]) -> None:
    assert set(order(*words)) == found


def test_every_column_sorts_either_way() -> None:
    for column in UNIX.columns:
        for descending in (False, True):
            assert len(select(ROWS, Query(column.id, descending), reading(UNIX))) == len(ROWS)


def test_where_rows_lead() -> None:
    follow = UNIX.follow
    assert follow is not None
    keys = ROWS.numbers("key")
    assert follow(ROWS, AT[12]) == (int(keys[AT[11]]), "the peer")
    assert follow(ROWS, AT[13]) == (int(keys[AT[10]]), "the listener")
    assert follow(ROWS, AT[21]) == (int(keys[AT[20]]), "the peer")
    for inode, why in (
        (14, "closed"),
        (15, "another network namespace"),
        (16, "no peer"),
        (10, "a listener"),
    ):
        key, words = follow(ROWS, AT[inode])
        assert key is None
        assert why in words


def words(inode: int, store: Store = STORE, rows: Table = ROWS) -> str:
    row = int(np.flatnonzero(rows.numbers("inode") == inode)[0])
    told = UNIX.details(store, rows, row)
    return "\n".join(f"{fact.label} {fact.value}" for section in told for fact in section.facts)


def test_details_tell_the_peer_in_words() -> None:
    assert "client 200" in words(11)
    assert "nobody has accepted this connection yet" in words(13)
    assert "server 100" in words(13)
    assert "closed; this end is still open" in words(14)
    assert "both ways" in words(14)
    assert "another network namespace" in words(15)
    assert "far 300" in words(15)
    assert "1 sockets are connected" not in words(12)
    assert "senders" in words(20)


def test_details_of_a_listener_name_who_waits() -> None:
    held = fake.owners((10, 100, "server"), (13, 400, "patient"))
    told = words(10, *made(LISTENER, PATIENT, **held))
    assert "13  patient 400" in told
    assert "1 connection waiting for accept()" in told
    assert "full at 6" in told
    assert "an abstract name" in told
    assert "waits to be accepted" in words(10, *made(LISTENER, unix_waiting=waiting_table()))


def test_details_of_every_row_can_be_told_without_owners_or_lists() -> None:
    unowned = Table({"inode": np.array([12], np.uint64), "reason": np.array([NO_PERMISSION], np.uint8)})
    store = Store()
    store.take(Frame(0, 1.7e9, 1000.0, 1.0, tables={"unix": unix_table(*EVERY), "unowned": unowned}))
    told = UnixModel().rows(store, Options())
    assert told is not None
    rows = Presence().observe(told, 1000.0, 3.0)
    for inode in rows.numbers("inode").tolist():
        assert words(inode, store, rows)
    assert "root may" in words(12, store, rows)


def test_why_there_is_nothing() -> None:
    store = Store()
    assert "no unix socket" in UNIX.empty(store)
    store.take(Frame(0, 0.0, 1.0, 1.0, notes=(Note("unix", "failed", "unix_diag: refused"),)))
    assert UNIX.empty(store) == "unix_diag: refused"
