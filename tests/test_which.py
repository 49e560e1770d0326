"""Questions that the dashboard has the kernel asked: about an address that is typed, and about a peer."""

from __future__ import annotations

import numpy as np

from sockscope.app.collectors.questions import Lookup
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control, decode
from sockscope.app.view import ways
from tests.fake import frame
from tests.model.route_tables import route, rules, tables
from tests.test_dashboard import OWNERS, ROWS, stage
from tests.view.test_ways import answered

V4 = 2
ROUTES = [route("0.0.0.0/0", "10.0.0.1"), route("10.9.0.0/16", "10.0.0.2", metric=5)]


def shown(number: int, **more: Table) -> Frame:
    given = {**tables(ROUTES), "rules": rules((2, 32766, 254, "")), **more}
    return Frame(number, 0.0, float(number), 1.0, tables=given)


def test_questions_travel_to_the_sampler() -> None:
    order = Control(frozenset({"lookups"}), questions=(Lookup(V4, "10.9.0.9", "10.0.0.5", 2, 7, 33),))
    assert decode(order.encode().strip()) == order
    assert order.asks(Control(frozenset({"lookups"})))
    assert not Control(frozenset({"lookups"})).asks(order)
    assert not order.widens(Control())


async def test_an_address_that_is_typed_finds_its_route() -> None:
    async with stage(tab="routes") as on:
        on.source.push(shown(1))
        await on.until(lambda: len(on.lines()) == 3)
        await on.press("w", *"10.9.1.1", "enter")
        question = Lookup(V4, "10.9.1.1")
        await on.until(lambda: on.source.orders[-1].questions == (question,))
        assert "lookups" in on.source.orders[-1].wanted
        lookups = answered((question, route("10.9.1.1/32", "10.0.0.2")), match=ROUTES[1])
        on.source.push(shown(2, lookups=lookups))
        await on.until(lambda: "Which way to 10.9.1.1" in on.details())
        assert "via 10.0.0.2 on if2" in on.details()
        await on.until(lambda: "IPv4 route to 10.9.0.0/16" in on.details())
        assert on.grid.cursor_key is not None
        await on.press("escape")
        await on.until(lambda: on.source.orders[-1].questions == ())
        assert "lookups" not in on.source.orders[-1].wanted


async def test_what_is_no_address_is_said_and_not_asked() -> None:
    async with stage(tab="routes") as on:
        on.source.push(shown(1))
        await on.press("w", *"example", "enter")
        await on.until(
            lambda: [note.message for note in on.app._notifications] == ["not an address: example"]
        )
        assert all(not order.questions for order in on.source.orders)


async def test_leaving_the_question_asks_nothing() -> None:
    async with stage(tab="routes") as on:
        on.source.push(shown(1))
        await on.press("w", *"10.9.1.1", "escape")
        await on.until(lambda: len(on.app.screen_stack) == 1)
        assert all(not order.questions for order in on.source.orders)


async def test_details_of_a_connection_ask_for_its_way() -> None:
    async with stage(height=60) as on:
        await on.until(lambda: len(on.lines()) == 5)
        await on.press("enter")
        await on.until(lambda: on.source.orders[-1].questions)
        _, own, new = on.source.orders[-1].questions
        assert isinstance(own, Lookup)
        assert isinstance(new, Lookup)
        assert own == new._replace(source="10.0.0.5")
        way = route(f"{own.destination}/32", "10.0.0.1")
        more = {"lookups": answered((own, way), (new, way))}
        on.source.push(frame(1, ROWS, {**OWNERS, **more}))
        await on.until(lambda: "via 10.0.0.1 on if2" in on.details())
        await on.press("enter")
        await on.until(lambda: on.source.orders[-1].questions == ())


async def test_listeners_ask_nothing() -> None:
    listening = np.flatnonzero(ROWS.numbers("state") == 10)
    assert ways.about(ROWS, int(listening[0])) == ()
