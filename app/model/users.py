"""Names of users, as the system's user database gives them (getpwuid)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sockscope.app.frames.table import UNKNOWN, Numbers, Strings

NO_USER = 2**32 - 1
"""The user id that stands for none known."""

_MOST = 4096
_PASSWD = Path("/etc/passwd")


class UserNames:
    """Looks each user up once, and again when the file of users has changed."""

    def __init__(self, passwd: Path = _PASSWD) -> None:
        self._passwd = passwd
        self._version: tuple[int, int, int] | None = None
        self._names: dict[int, str | None] = {}

    def of(self, uids: Numbers) -> Strings:
        """One name a row, unknown for NO_USER and for a user that is in no database."""
        version = self._changed()
        if version != self._version or len(self._names) > _MOST:
            self._version = version
            self._names.clear()
        distinct, rows = _distinct(uids)
        names = Strings.of(map(self._name, distinct.tolist()))
        return Strings(names.codes[rows], names.values) if len(distinct) else names

    def _name(self, uid: int) -> str | None:
        if uid not in self._names:
            self._names[uid] = _look_up(uid)
        return self._names[uid]

    def _changed(self) -> tuple[int, int, int] | None:
        try:
            status = self._passwd.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


def user_names(uids: Numbers) -> Strings:
    """The name of each user id, shape (rows,), unknown where there is none."""
    return _SHARED.of(uids)


def _look_up(uid: int) -> str | None:
    if not 0 <= uid < NO_USER:
        return None
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError, OSError):
        return None
