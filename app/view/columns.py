"""How a tab is declared: its columns, its machine-readable fields and its details, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sockscope.app.collectors.lookups import Lookup
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options


class Cell(NamedTuple):
    """One value as it reads, and its tone: a word for what it means, turned into a colour by the theme.

    Tones: "" plain, dim, strong, good, warn, alarm, link (something one can follow), and for TCP states
    established, listen, timewait, passing, closewait.
    """

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column on the screen.

    `width` is what its usual values take in terminal cells; it may shrink to `minimum` (0: not at all) and
    grow by a share `grow` of the room left over. Columns with the highest `priority` number leave first when
    room is short. `order` gives the sort key of every row; `search` tells which rows contain a lower-case
    word, and where it is missing the cells are read one by one. `descending` columns sort largest first.
    """

    id: str
    title: str
    width: int
    cell: Callable[[Table, int], Cell]
    order: Callable[[Table], Numbers]
    priority: int = 5
    align: Literal["left", "right", "port", "path"] = "left"
    """port: addresses end where their ports begin, room permitting; path: what does not fit is missing
    inside, for the end tells most."""
    minimum: int = 0
    grow: int = 0
    descending: bool = False
    search: Callable[[Table, str], NDArray[np.bool_]] | None = None
    short: str = ""
    """A shorter title for narrow screens."""
    brief: Callable[[Table, int], Cell] | None = None
    """The cell in fewer words, for where it does not fit."""


@dataclass(frozen=True, slots=True)
class Field:
    """A machine-readable value of a row: its name in JSON and CSV, and how to get it (None = not known)."""

    name: str
    value: Callable[[Table, int], object]


class Fact(NamedTuple):
    """One line of a details panel; an empty label continues the line before."""

    label: str
    value: str
    tone: str = ""


class Section(NamedTuple):
    """A titled group of facts."""

    title: str
    facts: tuple[Fact, ...]


class Link(NamedTuple):
    """Where a row leads: the `key` of another row of the tab and what that is (`the peer`); or None, and why
    it leads nowhere."""

    key: int | None
    what: str


@dataclass(frozen=True, slots=True)
class TabView:
    """Everything the screen needs to know about a tab."""

    id: str
    title: str
    short: str
    columns: tuple[Column, ...]
    fields: tuple[Field, ...]
    sort: tuple[str, bool]
    """Column the rows are sorted by at first, and whether largest first; "" keeps the natural order."""
    details: Callable[[Store, Table, int], tuple[Section, ...]]
    """What there is to say of row `int` of the tab's rows, in words."""
    empty: Callable[[Store], str]
    """Why there is no row at all."""
    options: Options = field(default_factory=Options)
    """The switches that are on at first."""
    switched: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Tables that are collected only while a switch is on, by the name of the switch."""
    noun: str = "rows"
    """What a row is, in the plural: sockets, routes."""
    standing: Callable[[Store], tuple[Cell, ...]] = lambda _: ()
    """What is said below the table all the time, whatever rows there are."""
    asks: Callable[[Table, int], tuple[Lookup, ...]] = lambda _, __: ()
    """What the kernel has to be asked for the details of a row."""
    decides: Callable[[Store, Table], int | None] = lambda _, __: None
    """The key of the row that answers what the user asked the kernel, once it does."""
    follow: Callable[[Table, int], Link] | None = None
    """Where a row leads, in tabs whose rows belong to one another."""
