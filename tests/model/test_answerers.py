"""Who answers a tracked connection, among sockets of several namespaces."""

from __future__ import annotations

import socket
from dataclasses import replace

import numpy as np
import pytest

from sockscope.app.frames.table import Table
from sockscope.app.model.answerers import answerers
from sockscope.app.model.sockets import Sockets
from sockscope.app.model.store import Store
from tests import fake
from tests.model.namespace_tables import DB, OWN, WEB, frame

CALLER = ("198.51.100.7", 40000)
SERVER = ("10.4.0.2", 80)
End = tuple[str, int]


def tracked(replies: End, to: End, protocol: int = socket.IPPROTO_TCP) -> Table:
    """The reply tuple of one connection, as the model reads it."""
    family = socket.AF_INET6 if ":" in replies[0] else socket.AF_INET
    columns = {"family": np.array([family], np.uint8), "protocol": np.array([protocol], np.uint8)}
    for name, (host, port) in (("reply_source", replies), ("reply_destination", to)):
        columns[name] = np.frombuffer(fake.address(host), np.uint8).reshape(1, 16)
        columns[f"{name}_port"] = np.array([port], np.uint16)
    return Table(columns)


def ends(local: End, remote: End, **more: object) -> dict[str, object]:
    return {
        "local_address": local[0],
        "local_port": local[1],
        "remote_address": remote[0],
        "remote_port": remote[1],
        **more,
    }


def sockets(*rows: tuple[int, dict[str, object]]) -> Table:
    """Rows of these namespaces; inode 8 is nginx's."""
    made = frame(0, fake.sockets(*(row for _, row in rows)), [netns for netns, _ in rows])
    store = Store()
    store.take(replace(made, tables={**made.tables, **fake.owners((8, 800, "nginx"))}))
    found = Sockets().rows(store)
    assert found is not None
    return found


def answer(one: Table, rows: Table | None) -> tuple[str | None, int, str | None]:
    told = Table(answerers(one, rows))
    return told.text("answerer", 0), told.integer("answerer_pid", 0), told.text("answerer_namespace", 0)


def test_the_socket_at_the_end_that_replies_is_the_one() -> None:
    rows = sockets(
        (OWN, ends(("0.0.0.0", 80), ("0.0.0.0", 0), state=10)),
        (DB, ends(SERVER, ("198.51.100.7", 40001))),
        (OWN, ends(CALLER, SERVER)),
        (WEB, ends(SERVER, CALLER, inode=8)),
    )
    assert answer(tracked(SERVER, CALLER), rows) == ("nginx", 800, "web")
    assert answer(tracked(SERVER, ("198.51.100.7", 40002)), rows) == (None, -1, None)
    assert answer(tracked(SERVER, CALLER, socket.IPPROTO_UDP), rows) == (None, -1, None)


def test_a_dual_stack_server_answers_ipv4_too() -> None:
    rows = sockets((WEB, ends(("::ffff:10.4.0.2", 80), ("::ffff:198.51.100.7", 40000), inode=8)))
    assert answer(tracked(SERVER, CALLER), rows) == ("nginx", 800, "web")


def test_a_namespace_is_told_though_the_process_is_not_known() -> None:
    rows = sockets((WEB, ends(SERVER, CALLER, inode=9)))
    assert answer(tracked(SERVER, CALLER), rows) == (None, -1, "web")


@pytest.mark.parametrize("rows", [None, fake.sockets()])
def test_without_sockets_nobody_is_known_to_answer(rows: Table | None) -> None:
    assert answer(tracked(SERVER, CALLER), rows) == (None, -1, None)


def test_the_last_socket_is_not_taken_where_there_is_none() -> None:
    rows = sockets((WEB, ends(SERVER, CALLER, inode=8)))
    other = tracked(("10.9.9.9", 80), CALLER)
    assert answer(other, rows) == (None, -1, None)
