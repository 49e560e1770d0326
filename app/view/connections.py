"""The Connections tab."""

from __future__ import annotations

from sockscope.app.model.store import Store
from sockscope.app.view import (
    asking,
    filterfields,
    health,
    namespaces,
    socketextras,
    socketfields,
    sockets,
    units,
)
from sockscope.app.view.columns import TabView, details_in
from sockscope.app.view.socketgroups import GROUPINGS


def empty(store: Store) -> str:
    """Why there is no row."""
    failed = store.notes("sockets")
    return failed[0].why if failed else "no internet socket is open in this network namespace"


CONNECTIONS = TabView(
    id="connections",
    columns=(
        sockets.PROTO,
        sockets.RECV_Q,
        sockets.SEND_Q,
        sockets.LOCAL,
        sockets.REMOTE,
        sockets.STATE,
        sockets.OWNER,
        sockets.USER,
        units.UNIT,
        namespaces.NAMESPACE,
        sockets.SEEN,
        sockets.TIMER,
        sockets.INODE,
        *socketextras.COLUMNS,
        *health.COLUMNS,
    ),
    fields=socketfields.FIELDS,
    filters=filterfields.CONNECTIONS,
    groupings=GROUPINGS,
    sort=("remote", False),
    details=details_in("socketdetails"),
    asks=asking.about,
    empty=empty,
    line=health.LINE,
    noun="sockets",
)
