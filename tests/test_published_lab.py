"""A container's published port and the process behind it, on one screen of the real dashboard."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest

from sockscope.app.dashboard import Dashboard
from sockscope.app.settings import Settings
from sockscope.app.sources.base import Source
from sockscope.app.sources.child import sampler
from sockscope.app.sources.local import LocalSampler
from sockscope.app.view import catalog
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.session import Session
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.published import CALLER, HOST, PORT, PUBLISHED, WEB, Published
from tests.test_dashboard import Stage

pytestmark = [pytest.mark.lab, pytest.mark.everywhere]


@pytest.fixture(scope="module")
def scene() -> Iterator[Published]:
    require_root_and("nft")
    with Published() as made:
        yield made


def _source(namespace: Namespace) -> LocalSampler:
    """The sampler as it would be started on the host of the containers."""
    return LocalSampler(tuple(namespace.command(sampler(10.0, "all"))))


@contextlib.asynccontextmanager
async def _dashboard(source: Source, tab: str) -> AsyncIterator[Stage]:
    asked = Settings(netns="all").asked_columns
    app = Dashboard(source, Session(catalog.VIEWS, tab, 1.0, chosen=Chosen((), asked)))
    async with app.run_test(size=(200, 40)) as pilot:
        yield Stage(app, source, pilot)  # type: ignore[arg-type]


async def test_the_published_port_its_namespace_and_its_process_are_in_one_row(scene: Published) -> None:
    async with _dashboard(_source(scene.host), "nat") as on:
        behind = f"nginx {scene.server.pid} in {scene.web.name}"
        await on.until(lambda: sum(behind[:20] in line for line in on.lines()) == len(scene.calls))
        for line in on.lines():
            if behind[:20] not in line:
                continue  # of another namespace of this machine
            words = line.split()
            assert words[3].startswith(f"{CALLER}:")
            assert f"{HOST}:{PUBLISHED}" in words
            assert f"{WEB}:{PORT}" in line
        await on.press("home", "enter")
        await on.until(lambda: behind in on.details())
