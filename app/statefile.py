"""Files in which the program remembers things from one run to the next (XDG Base Directory, state)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

LARGEST = 1 << 20
"""Bytes that are read of a file: it may not be ours."""


def state_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where such files would be."""
    base = environment.get("XDG_STATE_HOME", "")
    home = Path(environment.get("HOME") or "/") / ".local" / "state"
    return (Path(base) if base.startswith("/") else home) / "sockscope"


def remembered(path: Path) -> str:
    """What stands in the file; "" where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def remember(path: Path, text: str) -> str:
    """Write the file whole or not at all, for nobody else to read; why it was not written, "" if it was.

    Nothing is left in the home of somebody else, as root with a user's HOME would.
    """
    directory = path.parent
    new = directory / f".{path.name}.{os.getpid()}"
    try:
        home = next(each for each in (directory, *directory.parents) if each.exists())
        if home.stat().st_uid != os.geteuid():
            return f"{home} belongs to another user"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            new.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                new.unlink()
            raise
    except OSError as failed:
        return f"{path}: {failed.strerror}"
    return ""
