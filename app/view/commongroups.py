"""Groups that several tabs have: by a column of text, by one end, by process, unit or user."""

from __future__ import annotations

from collections.abc import Callable

from sockscope.app.frames.table import Table
from sockscope.app.model.grouping import by_address, by_network, by_numbers, by_text
from sockscope.app.model.units import briefly
from sockscope.app.view import groupterms as terms
from sockscope.app.view import ordering
from sockscope.app.view.columns import GroupView


def of_text(
    id_: str,
    title: str,
    noun: str,
    name: str,
    field: str,
    *,
    heading: str = "",
    unknown: str = terms.NOT_KNOWN,
    needs: tuple[str, ...] = (),
    brief: Callable[[str], str] | None = None,
) -> GroupView:
    """By column `name`, which a filter asks for by `field`; `unknown` stands where there is none, `heading`
    above them, if that is not the title."""

    def text(rows: Table, row: int) -> str:
        return rows.text(name, row) or unknown

    def term(rows: Table, row: int) -> str:
        known = rows.text(name, row)
        return terms.none(field) if known is None else terms.equal(field, known)

    column = terms.column(heading or title.capitalize(), text, ordering.texts(name), needs=needs, brief=brief)
    return GroupView(id_, title, noun, by_text(name), column, term)


def of_end(end: str, words: tuple[str, str], field: str, name: str, port: str) -> tuple[GroupView, GroupView]:
    """By the address of an end (`remote`, `source`), and by the network that it is in.

    `words` call the address, in the singular and the plural; `name` and `port` are its columns, and a filter
    asks for it by `field`.
    """
    title, noun = words
    order = terms.by_target(name, port)
    return (
        GroupView(
            end,
            title,
            noun,
            by_address(name),
            terms.column(title.capitalize(), terms.host(name), order),
            terms.at_host(field, name),
        ),
        GroupView(
            f"{end}-network",
            f"{end} network (/24, /64)",
            f"{end} networks",
            by_network(name),
            terms.column(f"{end.capitalize()} network", terms.network(name), order),
            terms.in_network(field, name),
        ),
    )


def unit(needs: tuple[str, ...] = ()) -> GroupView:
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
    terms.column("User", terms.user, ordering.texts("user")),
    terms.of_user,
)
