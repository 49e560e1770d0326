"""MPTCP connections, their subflows, and what else is rarer than TCP, as rows."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import numpy as np
import pytest

from sockscope.app.collectors.sockets import tcp_states
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.inet import IPPROTO_MPTCP, IPPROTO_SCTP
from sockscope.app.frames.table import Table
from sockscope.app.model.engine import Engine, Request, Snapshot
from sockscope.app.model.sockets import Sockets, identity
from sockscope.app.model.store import Store
from sockscope.app.view import catalog
from sockscope.app.view.connections import CONNECTIONS
from tests import fake
from tests.filters import typed

TOKEN = 0xB1733880
LISTEN = 10
MPTCP = {"protocol": IPPROTO_MPTCP}

ROWS = fake.sockets(
    {"cookie": 1, "inode": 50},
    {"cookie": 2, "remote_port": 51000},
    {"cookie": 3, "inode": 99},
    {"cookie": 4, "inode": 50, **MPTCP},
    {"cookie": 5, "inode": 60, "state": LISTEN, "remote_port": 0, **MPTCP},
    {"cookie": 6, "inode": 60, "state": LISTEN, "remote_port": 0},
)


def mptcp(*rows: tuple[int, int, int, int]) -> Table:
    """From (cookie, subflow, token, flags)."""
    cookie, subflow, token, flags = (list(column) for column in zip(*rows, strict=True))
    ids = np.zeros(len(rows), np.uint8)
    return Table(
        {
            "cookie": np.array(cookie, np.uint64),
            "subflow": np.array(subflow, np.uint8),
            "token": np.array(token, np.uint32),
            "flags": np.array(flags, np.uint32),
            "local_id": ids,
            "remote_id": ids + 1,
        }
    )


TOLD = mptcp((4, 0, TOKEN, 1), (5, 0, 0, 0), (1, 1, TOKEN, 0), (2, 1, TOKEN, 0x4 | 0x10), (6, 1, 0, 0))


def rows_of(*tables: tuple[str, Table]) -> Table:
    store = Store()
    store.take(Frame(1, wall=0.0, monotonic=1.0, interval=1.0, tables={"sockets": ROWS, **dict(tables)}))
    rows = Sockets().rows(store)
    assert rows is not None
    return rows


def test_subflows_are_told_by_their_token() -> None:
    rows = rows_of(("mptcp", TOLD))
    assert rows.numbers("carrier").tolist() == [True, True, False, False, False, True]
    token = f"{TOKEN:08x}"
    assert [rows.text("token", row) for row in range(6)] == [token, token, None, token, None, None]


def test_without_tokens_they_are_told_by_inode() -> None:
    rows = rows_of(("mptcp", mptcp((4, 0, 0, 0), (5, 0, 0, 0))))
    assert rows.numbers("carrier").tolist() == [True, False, False, False, False, True]


def test_without_mptcp_nothing_is_marked() -> None:
    rows = rows_of()
    assert not rows.numbers("carrier").any()
    assert rows.text("token", 0) is None


def cells(shown: Table | None, column: str) -> list[str]:
    assert shown is not None
    cell = next(each.cell for each in CONNECTIONS.columns if each.id == column)
    return [cell(shown, row).text for row in range(len(shown))]


def snapshot(
    words: str = "", open_row: int | None = None, tables: Sequence[tuple[str, Table]] = ()
) -> Snapshot:
    engine = Engine(catalog.tabs())
    frame = fake.frame(1, ROWS, dict(tables or (("mptcp", TOLD),)))
    engine.advance(frame)
    return engine.snapshot(Request("connections", typed(CONNECTIONS, *words.split()), open_row=open_row))


def test_a_mark_in_the_row_and_the_word_mptcp_find_them() -> None:
    shown = snapshot()
    assert cells(shown.rows, "proto") == ["tcp/m", "tcp/m", "tcp", "mptcp", "mptcp", "tcp/m"]
    assert cells(shown.rows, "state")[3:5] == ["ESTABLISHED", "LISTEN"]
    assert sorted(snapshot("mptcp").keys.tolist()) == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (1, [f"carries MPTCP connection {TOKEN:08x}", "address ids 0 here, 1 there"]),
        (2, ["joined as a further path", "backup used only while"]),
        (4, [f"token {TOKEN:08x}", "fell back to plain TCP", "carried by 10.0.0.5:443 → 198.51.100.7:50001"]),
        (4, [" 10.0.0.5:443 → 198.51.100.7:51000"]),
        (6, ["carries connections of the MPTCP listener"]),
        (3, []),
    ],
)
def test_details_tell_who_carries_whom(key: int, words: list[str]) -> None:
    sections = {section.title: section for section in snapshot(open_row=key).details}
    said = "\n".join(f"{fact.label} {fact.value}" for fact in sections["MPTCP"].facts)
    assert all(each in said for each in words)
    assert bool(said) == bool(words)


def test_states_of_the_strip_are_those_of_tcp() -> None:
    counts = tcp_states(ROWS)
    assert int(counts.numbers("count").sum()) == 4


def test_listeners_of_mptcp_are_listed() -> None:
    engine = Engine(catalog.tabs())
    engine.advance(fake.frame(1, ROWS, {"mptcp": TOLD}))
    assert engine.snapshot(Request("listening")).keys.tolist() == [5, 6]


def test_associations_of_sctp_have_their_own_states_and_rows() -> None:
    sctp = {"protocol": IPPROTO_SCTP, "cookie": 9}
    rows = fake.sockets(
        {**sctp, "state": 3, "remote_port": 1}, {**sctp, "state": 7, "remote_port": 2},
        {**sctp, "state": 7, "remote_port": 0}, {**sctp, "state": LISTEN, "remote_port": 0, "inode": 4},
        {**sctp, "state": 9, "remote_port": 3},
    )  # fmt: skip
    assert len(set(identity(rows).tolist())) == 5
    engine = Engine(catalog.tabs())
    engine.advance(fake.frame(1, rows))
    shown = engine.snapshot(Request("connections"))
    assert cells(shown.rows, "state") == ["ESTABLISHED", "SHUTDOWN_ACK_SENT", "CLOSE", "LISTEN", "9"]
    assert cells(shown.rows, "proto") == ["sctp"] * 5


def test_raw_sockets_say_what_they_receive() -> None:
    raw = {"protocol": socket.IPPROTO_RAW, "state": 7, "remote_port": 0, "remote_address": "0.0.0.0"}
    rows = fake.sockets(*({**raw, "cookie": port, "local_port": port} for port in (1, 200, 255)))
    engine = Engine(catalog.tabs())
    engine.advance(fake.frame(1, rows))
    said = [
        next(fact.value for fact in engine.snapshot(Request("connections", open_row=key)).details[0].facts
             if fact.label == "receives")
        for key in (1, 200, 255)
    ]  # fmt: skip
    assert said == [
        "a copy of every packet of IP protocol 1, ICMP",
        "a copy of every packet of IP protocol 200",
        "nothing: it only sends packets with headers of its own",
    ]
