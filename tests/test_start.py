"""What the dashboard loads before it can paint: modules are counted, not time."""

from __future__ import annotations

import subprocess
import sys

import pytest

MOST = 490
"""Modules of Python, NumPy and Textual that a first picture takes, with a little to spare."""
MOST_OWN = 182
"""Modules of sockscope: what every tab is made of, because each has its count in the tab bar."""


MOST_BEFORE = 110
"""Modules of Python that the empty frame takes."""
OWN_BEFORE = 25
"""Modules of sockscope: options, keys, names of tabs, the lines around the table."""


def after(statement: str) -> frozenset[str]:
    """What is loaded after a statement, in an interpreter of its own."""
    words = [sys.executable, "-P", "-c", f"{statement}; import sys; print(*sys.modules)"]
    return frozenset(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """What is loaded once the dashboard's module is."""
    return after("import sockscope.app.dashboard")


@pytest.fixture(scope="module")
def before() -> frozenset[str]:
    """What is loaded when the empty frame stands and the sampler has been started."""
    frame = "opening.Opening('sockscope-dark', 'connections', 1.0, filtered=False).picture()"
    return after(f"import sockscope.app.cli, sockscope.app.start; from sockscope.app import opening; {frame}")


def test_an_empty_frame_comes_before_anything_heavy(before: frozenset[str]) -> None:
    own = {name for name in before if name.startswith("sockscope")}
    assert len(before - own) <= MOST_BEFORE
    assert len(own) <= OWN_BEFORE
    assert not {name.partition(".")[0] for name in before} & {"numpy", "textual", "rich", "asyncio", "psutil"}


def test_no_more_than_it_takes(loaded: frozenset[str]) -> None:
    own = {name for name in loaded if name.startswith("sockscope")}
    assert len(loaded - own) <= MOST
    assert len(own) <= MOST_OWN


@pytest.mark.parametrize(
    "name",
    [
        "psutil",
        "pyroute2",
        "pygments",
        "markdown_it",
        "tomllib",
        "multiprocessing",
        "textual.widgets._data_table",
        "textual.widgets._text_area",
        "textual.drivers.headless_driver",
        "sockscope.app.collectors.sockets",
        "sockscope.app.sampler.sampler",
    ],
)
def test_what_others_need_is_not_loaded(loaded: frozenset[str], name: str) -> None:
    assert name not in loaded
