"""What can be printed: for each kind of table its rows, its fields and its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import Table
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.output import conntrack, groups, interfaces, others, routes, sockets, statistics, unix
from sockscope.app.output.health import beneath
from sockscope.app.output.names import Names
from sockscope.app.record import dataclass
from sockscope.app.settings import Settings, Shown
from sockscope.app.view.columns import Field
from sockscope.app.view.connections import CONNECTIONS
from sockscope.app.view.conntrack import NAT
from sockscope.app.view.groups import GROUPS
from sockscope.app.view.health import FIELDS
from sockscope.app.view.interfaces import INTERFACES
from sockscope.app.view.listening import LISTENING
from sockscope.app.view.others import OTHERS
from sockscope.app.view.routes import ROUTES
from sockscope.app.view.statistics import STATISTICS
from sockscope.app.view.unix import UNIX


@dataclass(frozen=True, eq=False, slots=True)
class Beside:
    """What lines may need beside their rows: what else the frame has, and names of hosts."""

    store: Store
    names: Names


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of table: the tab whose model makes its rows and with which switches, which of the rows count,
    their machine-readable fields, and how they read as lines of text."""

    tab: str
    options: Callable[[Settings], Options]
    chosen: Callable[[Table, Settings], NDArray[np.bool_]]
    fields: Callable[[Settings], tuple[Field, ...]]
    lines: Callable[[Table, NDArray[np.intp], Settings, Beside], Iterator[str]]


def _alone(
    lines: Callable[[Table, NDArray[np.intp], Settings], Iterator[str]],
) -> Callable[[Table, NDArray[np.intp], Settings, Beside], Iterator[str]]:
    """Lines that need nothing but their rows."""
    return lambda rows, order, settings, _: lines(rows, order, settings)


def _sockets(rows: Table, order: NDArray[np.intp], settings: Settings, beside: Beside) -> Iterator[str]:
    lines = sockets.lines(rows, order, settings, beside.names)
    return beneath(lines, rows, order) if settings.info else lines


SHEETS: Mapping[Shown, Sheet] = {
    "sockets": Sheet(
        CONNECTIONS.id,
        lambda settings: _switched(every_holder=settings.format != "text"),
        lambda rows, settings: sockets.chosen(rows, settings.which),
        lambda settings: (
            *(CONNECTIONS.fields if settings.which == "connected" else LISTENING.fields),
            *(FIELDS if settings.info else ()),
        ),
        _sockets,
    ),
    "routes": Sheet(
        ROUTES.id,
        lambda _: _switched(),
        routes.chosen,
        lambda _: ROUTES.fields,
        lambda rows, order, settings, beside: routes.lines(rows, order, settings, beside.names),
    ),
    "interfaces": Sheet(
        INTERFACES.id,
        lambda settings: _switched(hide_down=settings.which != "all"),
        lambda rows, _: np.ones(len(rows), dtype=np.bool_),
        lambda _: INTERFACES.fields,
        lambda rows, order, settings, beside: interfaces.lines(rows, order, settings, beside.store),
    ),
    "statistics": Sheet(
        STATISTICS.id,
        lambda settings: _switched(kernel_order=True, per_interface=settings.per_interface),
        statistics.chosen,
        lambda _: STATISTICS.fields,
        _alone(statistics.lines),
    ),
    "unix": Sheet(
        UNIX.id,
        lambda settings: _switched(waiting=True, every_holder=settings.format != "text"),
        lambda rows, settings: unix.chosen(rows, settings.which),
        lambda _: UNIX.fields,
        _alone(unix.lines),
    ),
    "groups": Sheet(
        GROUPS.id,
        lambda _: _switched(kernel_order=True),
        groups.chosen,
        lambda _: GROUPS.fields,
        _alone(groups.lines),
    ),
    "other": Sheet(
        OTHERS.id,
        lambda settings: _switched(every_holder=settings.format != "text"),
        others.chosen,
        lambda _: OTHERS.fields,
        _alone(others.lines),
    ),
    "nat": Sheet(
        NAT.id,
        lambda settings: _switched(translated_only=settings.which != "all"),
        conntrack.chosen,
        lambda _: NAT.fields,
        lambda rows, order, settings, beside: conntrack.lines(rows, order, settings, beside.names),
    ),
}


def _switched(**switches: bool) -> Options:
    return Options(frozenset(name for name, on in switches.items() if on))
