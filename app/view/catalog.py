"""All tabs: their views, and the models that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.connections import ConnectionsModel
from sockscope.app.model.conntrack import ConntrackModel
from sockscope.app.model.engine import TabParts
from sockscope.app.model.groups import GroupsModel
from sockscope.app.model.interfaces import InterfacesModel
from sockscope.app.model.listening import ListeningModel
from sockscope.app.model.others import OthersModel
from sockscope.app.model.query import Reading
from sockscope.app.model.routes import RoutesModel
from sockscope.app.model.sockets import Sockets, left_out
from sockscope.app.model.statistics import StatisticsModel
from sockscope.app.model.tab import NO_OPTIONS, Options, TabModel
from sockscope.app.model.unix import UnixModel
from sockscope.app.view.columns import Column, TabView
from sockscope.app.view.connections import CONNECTIONS
from sockscope.app.view.conntrack import NAT
from sockscope.app.view.groups import GROUPS
from sockscope.app.view.interfaces import INTERFACES
from sockscope.app.view.listening import LISTENING
from sockscope.app.view.others import OTHERS
from sockscope.app.view.routes import ROUTES
from sockscope.app.view.statistics import STATISTICS
from sockscope.app.view.unix import UNIX

VIEWS: tuple[TabView, ...] = (
    CONNECTIONS,
    LISTENING,
    ROUTES,
    INTERFACES,
    STATISTICS,
    UNIX,
    GROUPS,
    NAT,
    OTHERS,
)
"""In the order of their keys."""


def view(tab: str) -> TabView:
    """The view of that name; KeyError if there is none."""
    return next(each for each in VIEWS if each.id == tab)


def tabs() -> Mapping[str, TabParts]:
    """A fresh set of models with what the engine needs of their views."""
    shared = Sockets()
    models: dict[str, TabModel] = {
        CONNECTIONS.id: ConnectionsModel(shared),
        LISTENING.id: ListeningModel(shared),
        ROUTES.id: RoutesModel(),
        INTERFACES.id: InterfacesModel(),
        STATISTICS.id: StatisticsModel(),
        UNIX.id: UnixModel(),
        GROUPS.id: GroupsModel(),
        NAT.id: ConntrackModel(),
        OTHERS.id: OthersModel(),
    }
    parts = {
        each.id: TabParts(
            models[each.id],
            reading(each),
            each.details,
            each.empty,
            standing=each.standing,
            asks=each.asks,
            decides=each.decides,
        )
        for each in VIEWS
    }
    return {**parts, CONNECTIONS.id: replace(parts[CONNECTIONS.id], left_out=left_out)}


def reading(tab: TabView) -> Reading:
    """How a tab's columns are sorted and searched."""
    return Reading(
        {column.id: column.order for column in tab.columns},
        tuple(column.search or partial(_cell_by_cell, column) for column in tab.columns),
    )


def _cell_by_cell(column: Column, rows: Table, word: str) -> NDArray[np.bool_]:
    cells = (column.cell(rows, row).text.lower() for row in range(len(rows)))
    return np.fromiter((word in text for text in cells), np.bool_, len(rows))


def needs(tab: str, options: Options = NO_OPTIONS) -> frozenset[str]:
    """The tables that a tab shows with these switches."""
    switched = view(tab).switched
    return _NEEDS[tab].union(*(switched.get(name, ()) for name in options.on))


_NEEDS = {tab: frozenset(parts.model.needs) for tab, parts in tabs().items()}
