"""Fixtures for tests that need a network of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.scene import Scene


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
