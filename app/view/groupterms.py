"""The columns that name groups, the filters that find their rows, and the groups that several tabs have."""

from __future__ import annotations

from collections.abc import Callable
from glob import escape

import numpy as np

from sockscope.app.frames.table import Numbers, Table
from sockscope.app.model.endpoints import addresses, sort_key
from sockscope.app.model.filters.evaluate import reading
from sockscope.app.model.filters.syntax import Compared
from sockscope.app.model.grouping import by_address, by_network, by_numbers, by_text
from sockscope.app.model.sockets import NO_UID
from sockscope.app.model.units import briefly
from sockscope.app.view import ordering, search
from sockscope.app.view.cells import Cell
from sockscope.app.view.columns import Column, GroupView
from sockscope.app.view.format import address, endpoint

Text = Callable[[Table, int], str]
Term = Callable[[Table, int], str | None]

NOT_KNOWN = "(not known)"
_V6 = 10


def column(
    title: str,
    text: Text,
    order: Callable[[Table], Numbers],
    tone: Text | None = None,
    *,
    needs: tuple[str, ...] = (),
    brief: Callable[[str], str] | None = None,
) -> Column:
    """The first column of groups; `text` says what the members share, and `brief` makes it shorter where it
    does not fit."""

    def cell(rows: Table, row: int) -> Cell:
        return Cell(text(rows, row), "" if tone is None else tone(rows, row))

    def shorter(rows: Table, row: int) -> Cell:
        whole = cell(rows, row)
        return whole if brief is None else whole._replace(text=brief(whole.text))

    return Column(
        "group",
        title,
        40,
        cell,
        order,
        priority=0,
        minimum=16,
        search=search.nowhere,
        brief=shorter,
        needs=needs,
    )


def equal(field: str, value: str) -> str:
    """What finds a text that is equal as a whole."""
    return reading(Compared(field, "=", escape(value), 0, 0))


def none(field: str) -> str:
    """What finds rows without such a text."""
    return f"{field} != *"


# Users


def user(rows: Table, row: int) -> str:
    """The user's name, the number where it has none."""
    uid = rows.integer("uid", row)
    return rows.text("user", row) or (NOT_KNOWN if uid == NO_UID else str(uid))


def of_user(rows: Table, row: int) -> str:
    """What finds the rows of the same user."""
    known = rows.text("user", row) or rows.integer("uid", row) != NO_UID
    return equal("user", user(rows, row)) if known else none("user")


# Addresses: `name` is the column of addresses; their families are in column `family`


def host(name: str) -> Text:
    """The address."""
    return lambda rows, row: address(rows.integer("family", row), _raw(rows, row, name))


def at_host(field: str, name: str) -> Term:
    """What finds the rows with the same address."""
    where = host(name)
    return lambda rows, row: f"{field} {where(rows, row)}"


def network(name: str) -> Text:
    """The network of /24 or /64 that the address is in."""

    def text(rows: Table, row: int) -> str:
        raw = _raw(rows, row, name)
        if not _is_ipv4(rows, row, name):
            return f"{address(_V6, raw[:8] + bytes(8))}/64"
        return f"{host(name)(rows, row).rpartition('.')[0]}.0/24"

    return text


def in_network(field: str, name: str) -> Term:
    """What finds the rows with addresses in the same network."""

    def term(rows: Table, row: int) -> str:
        found = f"{field} {network(name)(rows, row)}"
        mapped = not _is_ipv4(rows, row, name) and not any(_raw(rows, row, name)[:8])
        return (
            f"{found} and not {field} 0.0.0.0/0" if mapped else found
        )  # ::/64 holds the IPv4-mapped ones too

    return term


def target(name: str, port: str) -> Text:
    """Address and port."""
    return lambda rows, row: endpoint(
        rows.integer("family", row), _raw(rows, row, name), rows.integer(port, row)
    )


def by_target(name: str, port: str) -> Callable[[Table], Numbers]:
    """Sort key of addresses, then ports."""
    return lambda rows: sort_key(rows.numbers("family"), rows.numbers(name), rows.numbers(port))


def at_target(fields: tuple[str, str], name: str, port: str) -> Term:
    """What finds the rows with the same address and port."""
    where = host(name)
    return lambda rows, row: f"{fields[0]} {where(rows, row)} and {fields[1]} {rows.integer(port, row)}"


def _raw(rows: Table, row: int, name: str) -> bytes:
    raw: bytes = rows.numbers(name)[row].tobytes()
    return raw


def _is_ipv4(rows: Table, row: int, name: str) -> bool:
    one = rows.take(np.array([row]))
    return bool(addresses(one.numbers("family"), one.numbers(name)).ipv4[0])


# Groups


def of_text(
    id_: str,
    title: str,
    noun: str,
    name: str,
    field: str,
    *,
    heading: str = "",
    unknown: str = NOT_KNOWN,
    needs: tuple[str, ...] = (),
    brief: Callable[[str], str] | None = None,
) -> GroupView:
    """By column `name`, which a filter asks for by `field`; `unknown` stands where there is none, `heading`
    above them, if that is not the title."""

    def text(rows: Table, row: int) -> str:
        return rows.text(name, row) or unknown

    def term(rows: Table, row: int) -> str:
        known = rows.text(name, row)
        return none(field) if known is None else equal(field, known)

    named = column(heading or title.capitalize(), text, ordering.texts(name), needs=needs, brief=brief)
    return GroupView(id_, title, noun, by_text(name), named, term)


def of_end(end: str, words: tuple[str, str], field: str, name: str, port: str) -> tuple[GroupView, GroupView]:
    """By the address of an end (`remote`, `source`), and by the network that it is in.

    `words` call the address, in the singular and the plural; `name` and `port` are its columns, and a filter
    asks for it by `field`.
    """
    title, noun = words
    order = by_target(name, port)
    return (
        GroupView(
            end,
            title,
            noun,
            by_address(name),
            column(title.capitalize(), host(name), order),
            at_host(field, name),
        ),
        GroupView(
            f"{end}-network",
            f"{end} network (/24, /64)",
            f"{end} networks",
            by_network(name),
            column(f"{end.capitalize()} network", network(name), order),
            in_network(field, name),
        ),
    )


def by_unit(needs: tuple[str, ...] = ()) -> GroupView:
    """By the systemd unit or container; `needs` names tables that tell it beside those of the tab."""
    return of_text(
        "unit",
        "unit or container",
        "units",
        "unit",
        "unit",
        heading="Unit",
        unknown="(none known)",
        needs=needs,
        brief=briefly,
    )


PROCESS = of_text("process", "process", "processes", "name", "proc")
USER = GroupView(
    "user",
    "user",
    "users",
    by_numbers("uid"),
    column("User", user, ordering.texts("user")),
    of_user,
)
