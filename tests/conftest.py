"""How Hypothesis searches, and fixtures for all tests and for those that need a network of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from textual.strip import Strip

from sockscope.app.frames.table import Table
from sockscope.app.view.cells import Cell
from sockscope.app.view.lines import Lines, Look
from sockscope.widgets.panel import Panel
from tests.lab.namespace import Namespace
from tests.lab.need import in_ci, require_root_and
from tests.lab.scene import Scene
from tests.lab.turns import turn

settings.register_profile(
    "sockscope",
    deadline=None,  # no test asserts a time
    derandomize=in_ci(),  # what fails there is what was changed
    print_blob=True,
    suppress_health_check=(),
)
settings.load_profile("sockscope")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Lab tests take turns with those that look everywhere."""
    if item.get_closest_marker("lab") is None:
        return (yield)
    with turn(alone=item.get_closest_marker("everywhere") is not None):
        return (yield)


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """An empty network namespace with its loopback up, removed after the test."""
    require_root_and()
    with Namespace() as made:
        yield made


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A quiet server with a socket in every state, and its client; removed after the test."""
    require_root_and("ss", "netstat")
    with Scene() as made:
        yield made


@pytest.fixture(autouse=True)
def every_line_as_if_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are kept as long as their row is the same, so no cell may be made of anything else: whatever a
    test shows is compared with lines made anew."""
    kept = Lines.of

    def compared(
        self: Lines, rows: Table, here: NDArray[np.intp], keys: Sequence[int], look: Look
    ) -> list[list[Cell]]:
        lines = kept(self, rows, here, keys, look)
        assert look.naming.on or lines == kept(Lines(), rows, here, keys, look)  # names come at any moment
        return lines

    monkeypatch.setattr(Lines, "of", compared)


@pytest.fixture(autouse=True)
def every_panel_as_if_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel keeps its lines until others are shown or its size changes: whatever a test shows of one is
    compared with what was last given it."""
    drawn = Panel.render_line

    def compared(self: Panel, y: int) -> Strip:
        assert self._lines == self._make(self._width)
        return drawn(self, y)

    monkeypatch.setattr(Panel, "render_line", compared)
