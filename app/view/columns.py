"""How a tab is declared: its columns, its machine-readable fields and its details, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from importlib import import_module
from typing import Literal, NamedTuple

from sockscope.app.collectors.questions import Question
from sockscope.app.frames.table import Numbers, Table
from sockscope.app.hosts import Address
from sockscope.app.model.filters.fields import Field as FilterField
from sockscope.app.model.filters.match import Matcher, Matches
from sockscope.app.model.grouping import Split, Which, every_row
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.record import dataclass
from sockscope.app.tabs import BY_ID
from sockscope.app.view.cells import Cell
from sockscope.app.view.naming import Naming


@dataclass(frozen=True, slots=True)
class Column:
    """A column on the screen.

    `width` is what its usual values take in terminal cells; it may shrink to `minimum` (0: not at all) and
    grow by a share `grow` of the room left over. Columns with the highest `priority` number leave first when
    room is short. `order` gives the sort key of every row; `search` tells which rows contain a word or
    pattern, and where it is missing the cells are read one by one. `descending` columns sort largest first.
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
    search: Callable[[Table, Matcher], Matches] | None = None
    short: str = ""
    """A shorter title for narrow screens."""
    brief: Callable[[Table, int], Cell] | None = None
    """The cell in fewer words, for where it does not fit."""
    named: Callable[[Table, int, Naming], Cell] | None = None
    """The cell with names instead of numbers, as far as they are wanted and known; it is sorted by number."""
    host: tuple[str, str] | None = None
    """Columns of the family and the address of the host that it names, whose name is searched too."""
    filter: str = ""
    """The word of the filter language that asks for what stands here, where it is not the column's `id`."""
    optional: bool = False
    """Shows only when asked for."""
    needs: tuple[str, ...] = ()
    """Tables that it reads beside those of its tab; they are collected while it shows."""
    whole: Callable[[Table], int] | None = None
    """Of addresses: cells that the longest takes, which it is given where none may be cut."""


@dataclass(frozen=True, slots=True)
class Field:
    """A machine-readable value of a row: its name in JSON and CSV, and how to get it (None = not known)."""

    name: str
    value: Callable[[Table, int], object]


def known(name: str, least: int = 0) -> Callable[[Table, int], int | None]:
    """A field's value: the number in column `name`, None (not known) where it is below `least`."""

    def value(rows: Table, row: int) -> int | None:
        number = rows.integer(name, row)
        return None if number < least else number

    return value


class Fact(NamedTuple):
    """One line of a details panel; an empty label continues the line before."""

    label: str
    value: str
    tone: str = ""
    hosts: tuple[Address, ...] = ()
    """The addresses that it tells, whose names stand below it while names are on."""


class Section(NamedTuple):
    """A titled group of facts."""

    title: str
    facts: tuple[Fact, ...]


class Link(NamedTuple):
    """Where a row leads: the `key` of another row of the tab and what that is (`the peer`); or None, and why
    it leads nowhere."""

    key: int | None
    what: str


Details = Callable[[Store, Table, int], tuple[Section, ...]]
"""What there is to say of row `int` of a tab's rows, in words."""


def details_in(module: str) -> Details:
    """Function `details` of a module beside this one, which is loaded when details are first asked for."""

    def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
        of_tab: Details = import_module(f"sockscope.app.view.{module}").details
        return of_tab(store, rows, row)

    return details


@dataclass(frozen=True, slots=True)
class GroupView:
    """Something that rows can be grouped by.

    `title` is read after "by", `noun` is what a group is, in the plural; `column` says what a group shares;
    `term` gives the filter that finds the members of the group in a row, None where no filter can.
    """

    id: str
    title: str
    noun: str
    split: Split
    column: Column
    term: Callable[[Table, int], str | None]
    sums: tuple[str, ...] = ()
    """Columns of the rows that are summed up."""
    summed: Which = every_row
    """The rows whose figures mean the same."""
    by_state: bool = False
    """Whether the rows have TCP states to be counted by."""


@dataclass(frozen=True, slots=True)
class TabView:
    """Everything the screen needs to know about a tab."""

    id: str
    columns: tuple[Column, ...]
    fields: tuple[Field, ...]
    sort: tuple[str, bool]
    """Column the rows are sorted by at first, and whether largest first; "" keeps the natural order."""
    details: Details
    empty: Callable[[Store], str]
    """Why there is no row at all."""
    options: Options = field(default_factory=Options)
    """The switches that are on at first."""
    switched: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Tables that are collected only while a switch is on, by the name of the switch."""
    filters: Mapping[str, FilterField] = field(default_factory=dict)
    """What a filter can ask of its rows, by name."""
    groupings: tuple[GroupView, ...] = ()
    """What its rows can be grouped by."""
    line: tuple[str, ...] = ()
    """Columns that tell who uses the line; one key shows them and sorts rows by the first."""
    noun: str = "rows"
    """What a row is, in the plural: sockets, routes."""
    members: str = ""
    """What its rows are groups of, in the plural, while they are."""
    standing: Callable[[Store], tuple[Cell, ...]] = lambda _: ()
    """What is said below the table all the time, whatever rows there are."""
    asks: Callable[[Store, Table, int], tuple[Question, ...]] = lambda _, __, ___: ()
    """What the kernel has to be asked for the details of a row."""
    decides: Callable[[Store, Table], int | None] = lambda _, __: None
    """The key of the row that answers what the user asked the kernel, once it does."""
    follow: Callable[[Table, int], Link] | None = None
    """Where a row leads, in tabs whose rows belong to one another."""

    @property
    def title(self) -> str:
        """How its name reads."""
        return BY_ID[self.id].title
