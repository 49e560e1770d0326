"""A made-up /proc with the search for owners over it, and how often that asks the kernel."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sockscope.app.collectors import procfs
from tests.collectors.fakeproc import Scene, not_told, number_of_links


@pytest.fixture(params=[number_of_links, not_told], ids=["kernel 6.2", "older kernel"])
def made_up(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(procfs, "descriptor_count", request.param)
    return Scene(tmp_path / "proc")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the scan asked the kernel, by system call."""
    made: Counter[str] = Counter()

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **keywords: Any) -> Any:
            made[name] += 1
            return call(*args, **keywords)

        return wrapper

    for name in ("readlink", "scandir", "open"):
        monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
    monkeypatch.setattr(procfs, "descriptor_count", counted("stat", procfs.descriptor_count))
    return made
