"""Key n on the dashboard: names come late, are drawn when they come, and never keep anybody waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import pytest

from sockscope.app.dashboard import Dashboard
from sockscope.app.hosts import Address, Hosts
from sockscope.app.view.naming import Naming
from sockscope.app.view.session import Session
from tests.fake import FakeSource, address, frame
from tests.test_dashboard import OWNERS, ROWS, Stage, stage

NAMES = {address("198.51.100.8"): "client-8.example", address("10.0.0.5"): "[red]web[/red]"}


class Resolver:
    """Knows NAMES, and answers nothing while it is dead."""

    def __init__(self) -> None:
        self.alive = threading.Event()
        self.asked: set[bytes] = set()

    def __call__(self, where: Address) -> str:
        self.asked.add(where[1])
        self.alive.wait(60)
        return NAMES.get(where[1], "")


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    yield made
    made.alive.set()


def on_stage(resolver: Resolver) -> AbstractAsyncContextManager[Stage]:
    def make(source: FakeSource, session: Session) -> Dashboard:
        session.naming = Naming(Hosts(ask=resolver), ephemeral=range(32768, 61000))
        return Dashboard(source, session)

    return stage(width=180, make=make)


def shown(on: Stage) -> str:
    return "\n".join(on.lines())


async def test_names_come_and_go(resolver: Resolver) -> None:
    resolver.alive.set()
    async with on_stage(resolver) as on:
        await on.until(lambda: "10.0.0.5:443" in shown(on))
        assert resolver.asked == set()
        await on.press("n")
        await on.until(lambda: "client-8.example:50002" in shown(on))
        assert "[red]web[/red]:https" in shown(on)
        assert "198.51.100.7:50001" in shown(on)
        assert "names" in on.line("header")
        await on.press("n")
        await on.until(lambda: "10.0.0.5:443" in shown(on))
        assert "client-8" not in shown(on)
        assert "names" not in on.line("header")


async def test_details_tell_names(resolver: Resolver) -> None:
    resolver.alive.set()
    async with on_stage(resolver) as on:
        await on.press("n", "j", "enter")
        await on.until(lambda: "client-8.example" in on.details())


async def test_words_find_names_only_while_names_are_on(resolver: Resolver) -> None:
    resolver.alive.set()
    async with on_stage(resolver) as on:
        await on.press("n")
        await on.until(lambda: "client-8.example" in shown(on))
        await on.press("slash", *"client-8", "enter")
        await on.until(lambda: len(on.lines()) == 1)
        assert "client-8.example:50002" in on.lines()[0]
        await on.press("n")
        await on.until(lambda: "hides all 5" in shown(on))
        await on.press("n")
        await on.until(lambda: "client-8.example:50002" in shown(on))


async def test_a_dead_resolver_delays_neither_keys_nor_frames_nor_the_end(resolver: Resolver) -> None:
    async with on_stage(resolver) as on:
        await on.press("n")
        await on.until(lambda: resolver.asked)
        assert "10.0.0.5:https" in shown(on)
        await on.press("T")
        await on.until(lambda: len(on.lines()) == 1)
        await on.press("A")
        await on.until(lambda: len(on.lines()) == 5)
        on.source.push(frame(1, ROWS, OWNERS))
        await on.until(lambda: "22:13:21" in on.line("header"))
    assert not resolver.alive.is_set()  # the app ended while every look-up still hangs
