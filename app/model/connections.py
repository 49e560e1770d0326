"""Rows of the Connections tab: every internet socket."""

from __future__ import annotations

from sockscope.app.frames.table import Table
from sockscope.app.model import sockets
from sockscope.app.model.health import with_health
from sockscope.app.model.socketinterfaces import UsedInterfaces
from sockscope.app.model.sockets import Sockets, left_out
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options


class ConnectionsModel:
    """All sockets as they are, whatever their state."""

    needs = sockets.NEEDS

    def __init__(self, shared: Sockets) -> None:
        self._sockets = shared
        self._interfaces = UsedInterfaces()

    def advance(self, store: Store) -> None:
        """Nothing to remember: coming and going is followed by the engine."""

    def rows(self, store: Store, options: Options) -> Table | None:
        """One row a socket, with the interface it uses (socketinterfaces.py) and how TCP connections fare
        (health.py). Switch `every_holder`: sockets.py."""
        rows = self._sockets.rows(store, options)
        return None if rows is None else with_health(self._interfaces.put(rows, store), store)

    def count(self, store: Store) -> int | None:
        """All TCP sockets but listeners while other tabs are shown, all sockets on its own."""
        rows = store.now("sockets")
        if rows is not None:
            return len(rows) + left_out(store)
        states = store.now("tcp_states")
        return None if states is None else int(states.numbers("count").sum())

    def attention(self, store: Store) -> int:  # noqa: ARG002
        """The strip tells what piles up."""
        return 0
