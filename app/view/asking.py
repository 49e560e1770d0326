"""What the kernel is asked about the socket whose details are open."""

from __future__ import annotations

import socket

from sockscope.app.collectors.questions import OneSocket, Question
from sockscope.app.frames.table import Table
from sockscope.app.model import opened
from sockscope.app.model.presence import GONE
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces, ways


def about(store: Store, rows: Table, row: int) -> tuple[Question, ...]:
    """How it fares, its mark and its cgroup, those of its listener if it has not been accepted yet, and the
    ways to its peer; of a socket that is gone these only."""
    ways_asked = ways.about(opened.known(store, rows, row), 0)
    if rows.integer("presence", row) == GONE or not rows.integer("cookie", row):
        return ways_asked
    asked = [one_socket(rows, row)]
    listener, sockets = rows.integer("listener", row), store.now("sockets")
    if sockets is not None and 0 <= listener < len(sockets):
        asked.append(one_socket(sockets, listener)._replace(netns=asked[0].netns))
    return (*asked, *ways_asked)


def one_socket(rows: Table, row: int) -> OneSocket:
    """The question about the socket of a row."""
    family, state = rows.integer("family", row), rows.integer("state", row)
    size = 4 if family == socket.AF_INET else 16
    local, remote = (
        socket.inet_ntop(family, rows.numbers(f"{end}_address")[row].tobytes()[:size])
        for end in ("local", "remote")
    )
    peer = rows.integer("remote_port", row)
    return OneSocket(
        family,
        rows.integer("protocol", row),
        local,
        rows.integer("local_port", row),
        remote,
        peer,
        rows.integer("interface", row),
        rows.integer("cookie", row),
        0 if peer else state,
        namespaces.asked_in(rows, row),
    )
