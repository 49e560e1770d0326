"""The tab Routes: its machine-readable fields, and why it is empty."""

from __future__ import annotations

from sockscope.app.frames.table import Table
from sockscope.app.model.route_flags import hop_states
from sockscope.app.model.route_rows import hops_of
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import filterfields, namespaces, route_text, ways
from sockscope.app.view.columns import Field, TabView, details_in
from sockscope.app.view.route_text import V4
from sockscope.app.view.routecolumns import COLUMNS, irtt, mss, window


def _hops(rows: Table, row: int) -> list[dict[str, object]]:
    """The hops of a multipath route, none of any other."""
    return [
        {
            "gateway": route_text.gateway(rows, hop),
            "interface": rows.text("interface", hop),
            "weight": rows.integer("weight", hop),
            "flags": list(hop_states(rows.integer("flags", hop))),
        }
        for hop in hops_of(rows, row)
    ]


def _expires(rows: Table, row: int) -> float | None:
    """Seconds until the route or exception runs out, None where it does not."""
    expires = rows.integer("expires", row)
    return expires / route_text.TICKS if expires > 0 else None


def _empty(store: Store) -> str:
    notes = store.notes("routes")
    table = store.now("routes")
    if table is None:
        return notes[0].why if notes else "the routes have not been read yet"
    if len(table):
        return "no route but those of table local (l shows it)"
    return "this machine has no route"


ROUTES = TabView(
    id="routes",
    columns=COLUMNS,
    fields=(
        Field("family", lambda rows, row: "inet" if rows.integer("family", row) == V4 else "inet6"),
        Field("destination", route_text.destination),
        Field("gateway", route_text.gateway),
        Field("genmask", route_text.genmask),
        Field("flags", lambda rows, row: rows.text("shown_letters", row)),
        Field("metric", lambda rows, row: rows.integer("metric", row)),
        Field("mss", mss),
        Field("window", window),
        Field("irtt", irtt),
        Field("interface", lambda rows, row: rows.text("interface", row)),
        Field("table", lambda rows, row: rows.text("table_name", row)),
        Field(
            "protocol",
            lambda rows, row: None if rows.numbers("cached")[row] else rows.text("protocol_name", row),
        ),
        Field("scope", lambda rows, row: rows.text("scope_name", row)),
        Field("type", lambda rows, row: rows.text("type_name", row)),
        Field("source", route_text.preferred_source),
        Field("nexthops", _hops),
        Field("mtu", lambda rows, row: rows.integer("mtu", row) or None),
        Field("cached", lambda rows, row: bool(rows.numbers("cached")[row])),
        Field("expires", _expires),
        *namespaces.FIELDS,
    ),
    filters=filterfields.ROUTES,
    sort=("", False),
    details=details_in("route_details"),
    decides=ways.deciding,
    empty=_empty,
    options=Options(frozenset({"hide_local"})),
    noun="routes",
)
