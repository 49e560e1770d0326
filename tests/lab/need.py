"""What a lab test cannot do without."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Whether everything that tests need is expected to be there."""
    return os.environ.get("CI") == "true"


def missing(*tools: str) -> str | None:
    """Why namespaces cannot be made here with these commands; None if they can."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    return absent("ip", *tools)


def absent(*tools: str) -> str | None:
    """Which of these commands are not installed; None if all are."""
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    return f"needs the commands {', '.join(lacking)}" if lacking else None


def require_root_and(*tools: str) -> None:
    """Skip the test where it cannot run, with the reason; where CI=true that is a failure instead."""
    _demand(missing(*tools))


def require(*tools: str) -> None:
    """The same for commands that need no root."""
    _demand(absent(*tools))


def require_tun() -> None:
    """The same for devices whose packets a program carries."""
    _demand(None if Path("/dev/net/tun").exists() else "needs /dev/net/tun")


def do_without(reason: str) -> NoReturn:
    """Skip the test because something is lacking here; where CI=true that is a failure."""
    if in_ci():
        pytest.fail(f"{reason}; CI must provide it")
    pytest.skip(reason)


def _demand(reason: str | None) -> None:
    if reason is not None:
        do_without(reason)
