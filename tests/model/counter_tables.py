"""Frames with protocol counters, made up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.statistics import StatisticsModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options

Values = Mapping[tuple[str, str], int]

RETRANSMITTED = ("Tcp", "RetransSegs")
ESTABLISHED = ("Tcp", "CurrEstab")
OPENED = ("Tcp", "ActiveOpens")
OVERFLOWS = ("TcpExt", "ListenOverflows")
UNREACHABLE = ("IcmpMsg", "InType3")
START: Values = {OPENED: 10, ESTABLISHED: 3, RETRANSMITTED: 0, OVERFLOWS: 100}


def counters(values: Values, taken: float) -> Table:
    """A table as the collector makes it."""
    return Table(
        {
            "section": Strings.of(section for section, _ in values),
            "name": Strings.of(name for _, name in values),
            "value": np.array(list(values.values()), dtype=np.int64),
        },
        taken,
    )


def of_interfaces(values: Mapping[str, Values], taken: float) -> Table:
    """A table of the counters of single interfaces as the collector makes it."""
    listed = [(name, *pair, value) for name, each in values.items() for pair, value in each.items()]
    return Table(
        {
            "interface": Strings.of(interface for interface, *_ in listed),
            "section": Strings.of(section for _, section, *_ in listed),
            "name": Strings.of(name for _, _, name, _ in listed),
            "value": np.array([value for *_, value in listed], dtype=np.int64),
        },
        taken,
    )


class Played:
    """A store and a model that are told one sample after the other."""

    def __init__(self) -> None:
        self.store = Store()
        self.model = StatisticsModel()
        self.number = 0

    def sample(self, now: float, values: Values, interfaces: Mapping[str, Values] | None = None) -> None:
        """The counters as they stand at `now`, with those of interfaces if they are collected."""
        more = {} if interfaces is None else {"interface_counters": of_interfaces(interfaces, now)}
        self.frame(now, counters(values, now), more)

    def frame(self, now: float, table: Table | None, more: Mapping[str, Table] | None = None) -> None:
        """A frame that holds `table`, new or not."""
        tables = {**({} if table is None else {"counters": table}), **(more or {})}
        self.store.take(Frame(self.number, now, now, 1.0, tables=tables))
        self.number += 1
        self.model.advance(self.store)

    def rows(self, *switches: str) -> Table:
        """What the tab shows."""
        rows = self.model.rows(self.store, Options(frozenset(switches)))
        assert rows is not None
        return rows

    def names(self, *switches: str) -> list[str | None]:
        """Names of the rows in their order."""
        rows = self.rows(*switches)
        return [rows.text("name", row) for row in range(len(rows))]

    def row(self, counter: tuple[str, str]) -> int:
        """The row of one counter."""
        return self.names().index(counter[1])

    def real(self, counter: tuple[str, str], column: str) -> float:
        """One number of one counter."""
        return self.rows().real(column, self.row(counter))

    def flag(self, counter: tuple[str, str], column: str) -> bool:
        """One flag of one counter."""
        return bool(self.rows().numbers(column)[self.row(counter)])
