"""What the dashboard loads before it can paint: modules are counted, not time."""

from __future__ import annotations

import subprocess
import sys

import pytest

MOST = 600
"""Modules of Python, NumPy, Textual and sockscope that a first picture takes, with a little to spare."""


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """What is loaded once the dashboard's module is, in an interpreter of its own."""
    words = [sys.executable, "-P", "-c", "import sockscope.app.dashboard, sys; print(*sys.modules)"]
    return frozenset(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


def test_no_more_than_it_takes(loaded: frozenset[str]) -> None:
    assert len(loaded) <= MOST


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
