"""How a tab is declared: its columns, its machine-readable fields and its details, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    align: Literal["left", "right", "port"] = "left"
    """port: addresses end where their ports begin, room permitting."""
    minimum: int = 0
    grow: int = 0
    descending: bool = False
    search: Callable[[Table, str], NDArray[np.bool_]] | None = None
    short: str = ""
    """A shorter title for narrow screens."""


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
    noun: str = "rows"
    """What a row is, in the plural: sockets, routes."""
