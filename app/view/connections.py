"""The Connections tab."""

from __future__ import annotations

from sockscope.app.model.store import Store
from sockscope.app.view import sockets, ways
from sockscope.app.view.columns import TabView
from sockscope.app.view.socketdetails import details


def empty(store: Store) -> str:
    """Why there is no row."""
    failed = store.notes("sockets")
    return failed[0].why if failed else "no internet socket is open in this network namespace"


CONNECTIONS = TabView(
    id="connections",
    title="Connections",
    short="Conn",
    columns=(
        sockets.PROTO,
        sockets.RECV_Q,
        sockets.SEND_Q,
        sockets.LOCAL,
        sockets.REMOTE,
        sockets.STATE,
        sockets.OWNER,
        sockets.USER,
        sockets.SEEN,
        sockets.TIMER,
        sockets.INODE,
    ),
    fields=sockets.FIELDS,
    sort=("remote", False),
    details=details,
    asks=ways.about,
    empty=empty,
    noun="sockets",
)
