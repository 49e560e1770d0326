"""Fixtures for tests that need a network of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """An empty network namespace with its loopback up, removed after the test."""
    require_root_and()
    with Namespace() as made:
        yield made
