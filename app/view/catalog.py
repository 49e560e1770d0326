"""All tabs: their views, and the models that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sockscope.app.model.connections import ConnectionsModel
from sockscope.app.model.conntrack import ConntrackModel
from sockscope.app.model.engine import TabParts
from sockscope.app.model.groups import GroupsModel
from sockscope.app.model.groupview import GroupParts
from sockscope.app.model.interfaces import InterfacesModel
from sockscope.app.model.listening import ListeningModel
from sockscope.app.model.log import LogModel
from sockscope.app.model.opened import watch
from sockscope.app.model.others import OthersModel
from sockscope.app.model.query import Reading
from sockscope.app.model.routes import RoutesModel
from sockscope.app.model.sockets import Sockets, left_out
from sockscope.app.model.statistics import StatisticsModel
from sockscope.app.model.tab import NO_OPTIONS, Options, TabModel
from sockscope.app.model.unix import UnixModel
from sockscope.app.view import log as log_view
from sockscope.app.view.columns import TabView
from sockscope.app.view.connections import CONNECTIONS
from sockscope.app.view.conntrack import NAT
from sockscope.app.view.groupings import grouped_view
from sockscope.app.view.groups import GROUPS
from sockscope.app.view.interfaces import INTERFACES
from sockscope.app.view.listening import LISTENING
from sockscope.app.view.log import LOG
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
    LOG,
)
"""In the order of their keys."""


def view(tab: str) -> TabView:
    """The view of that name; KeyError if there is none."""
    return next(each for each in VIEWS if each.id == tab)


def tabs() -> Mapping[str, TabParts]:
    """A fresh set of models with what the engine needs of their views."""
    shared = Sockets()
    log = LogModel(shared)
    models: dict[str, TabModel] = {
        CONNECTIONS.id: ConnectionsModel(shared),
        LISTENING.id: ListeningModel(shared),
        ROUTES.id: RoutesModel(),
        INTERFACES.id: InterfacesModel(),
        STATISTICS.id: StatisticsModel(),
        UNIX.id: UnixModel(),
        GROUPS.id: GroupsModel(),
        NAT.id: ConntrackModel(shared),
        OTHERS.id: OthersModel(),
        LOG.id: log,
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
            groupings={
                by.id: GroupParts(by.split, by.sums, by.summed, reading(grouped_view(each, by)))
                for by in each.groupings
            },
        )
        for each in VIEWS
    }
    return {
        **parts,
        CONNECTIONS.id: replace(parts[CONNECTIONS.id], left_out=left_out, watch=watch),
        LISTENING.id: replace(parts[LISTENING.id], watch=watch),
        LOG.id: replace(
            parts[LOG.id], standing=lambda store: log_view.standing(log.pace(store)), lingering=0
        ),
    }


def reading(tab: TabView) -> Reading:
    """How a tab's columns are sorted."""
    return Reading({column.id: column.order for column in tab.columns})


def needs(tab: str, options: Options = NO_OPTIONS) -> frozenset[str]:
    """The tables that a tab shows with these switches."""
    switched = view(tab).switched
    return _NEEDS[tab].union(*(switched.get(name, ()) for name in options.on))


_NEEDS = {tab: frozenset(parts.model.needs) for tab, parts in tabs().items()}
