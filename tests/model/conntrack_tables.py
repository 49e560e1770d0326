"""Tracked connections over time, made up, and what the model and the view make of them."""

from __future__ import annotations

from collections.abc import Sequence
from socket import inet_pton

import numpy as np

from sockscope.app.collectors import ctmsg
from sockscope.app.frames.conntrack import USE
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.model.conntrack import ConntrackModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from tests.collectors.conntrack_messages import Entry, ct
from tests.collectors.route_messages import dump

TRANSLATED = Options(frozenset({"translated_only"}))


def conntrack(entries: Sequence[Entry], taken: float = 0.0) -> Table:
    """Table `conntrack`."""
    return Table(ctmsg.decode(dump([ct(entry) for entry in entries])).columns, taken)


def conntrack_use(taken: float = 0.0, **values: int) -> Table:
    """Table `conntrack_use`; what is not named is unknown."""
    return Table({name: np.array([values.get(name, -1)], np.int64) for name in USE}, taken)


def addresses(*texts: str) -> Table:
    """What the model reads of table `addresses`."""
    families = [10 if ":" in text else 2 for text in texts]
    raw = b"".join(inet_pton(*pair).ljust(16, b"\0") for pair in zip(families, texts, strict=True))
    return Table(
        {
            "family": np.array(families, np.uint8),
            "address": np.frombuffer(raw, np.uint8).reshape(-1, 16),
        }
    )


class Played:
    """A model that has seen frames, a second apart unless said otherwise."""

    def __init__(self) -> None:
        self.store = Store()
        self.model = ConntrackModel()
        self._number = 0

    def see(
        self,
        *entries: Entry,
        seconds: float = 1.0,
        own: Sequence[str] = ("10.2.0.1", "fd02::1"),
        notes: tuple[Note, ...] = (),
        listed: bool = True,
        **use: int,
    ) -> Played:
        """One more frame."""
        self._number += 1
        at = 1000.0 + self._number * seconds
        tables = {"conntrack": conntrack(entries, at)} if listed else {}
        tables |= {"conntrack_use": conntrack_use(at, **use), "addresses": addresses(*own)}
        self.store.take(Frame(self._number, 1.7e9 + at, at, seconds, tables=tables, notes=notes))
        self.model.advance(self.store)
        return self

    def rows(self, options: Options | None = None) -> Table:
        """The rows of the tab, by default all."""
        rows = self.model.rows(self.store, options or Options())
        assert rows is not None
        return rows
