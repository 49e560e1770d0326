"""What a lab test cannot do without."""

from __future__ import annotations

import os
import shutil

import pytest


def missing(*tools: str) -> str | None:
    """Why namespaces cannot be made here with these commands; None if they can."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    absent = [tool for tool in ("ip", *tools) if shutil.which(tool) is None]
    return f"needs the commands {', '.join(absent)}" if absent else None


def require_root_and(*tools: str) -> None:
    """Skip the test where it cannot run, with the reason; where CI=true that is a failure instead."""
    reason = missing(*tools)
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI must provide it")
    pytest.skip(reason)
