"""Sockets of every namespace in the dashboard: the column, groups, and the filter that they lead to."""

from __future__ import annotations

from sockscope.app.dashboard import Dashboard
from sockscope.app.settings import Settings
from sockscope.app.sources.base import Source
from sockscope.app.view import catalog
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.session import Session
from tests import fake
from tests.model.namespace_tables import DB, OWN, WEB, frame
from tests.test_dashboard import stage

ROWS = fake.sockets(*[{"local_port": 1000 + number} for number in range(4)])


def everywhere(source: Source, _: Session) -> Dashboard:
    asked = Settings(netns="all").asked_columns
    return Dashboard(source, Session(catalog.VIEWS, "connections", 1.0, chosen=Chosen((), asked)))


async def test_namespaces_are_a_column_and_groups_that_lead_to_their_sockets() -> None:
    async with stage(make=everywhere, first=frame(0, ROWS, [WEB, WEB, DB, OWN])) as on:
        await on.until(lambda: len(on.lines()) == 4 and "abababababab" in "".join(on.lines()))
        assert "all netns" in on.line("header")
        await on.press("b", "0")
        await on.until(lambda: "grouped by namespace" in on.line("filter"))
        groups = [line.split()[0] for line in on.lines()]
        assert sorted(groups) == ["docker", "own", "web"]
        await on.press("home", *["down"] * groups.index("web"), "enter")
        await on.until(lambda: "grouped" not in on.line("filter") and len(on.lines()) == 2)
        assert "ns = web" in on.line("filter")
        assert all(":100" in line for line in on.lines())


async def test_the_namespace_stays_on_a_narrow_screen() -> None:
    async with stage(80, 24, make=everywhere, first=frame(0, ROWS, [WEB, WEB, DB, OWN])) as on:
        await on.until(lambda: "abababababab" in "".join(on.lines()))


async def test_details_name_the_namespace_and_have_the_route_asked_for_in_it() -> None:
    async with stage(make=everywhere, first=frame(0, ROWS, [WEB, WEB, WEB, WEB])) as on:
        await on.until(lambda: "web" in "".join(on.lines()))
        await on.press("home", "enter")
        await on.until(lambda: f"net:[{WEB}]" in on.details())
        await on.until(lambda: any(order.questions for order in on.source.orders))
        asked = [asked.netns for order in on.source.orders for asked in order.questions]
        assert set(asked) == {WEB}
