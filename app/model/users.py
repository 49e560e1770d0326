"""Names of users, as the system's databases give them (getpwuid)."""

from __future__ import annotations

import pwd
from pathlib import Path

import numpy as np

from sockscope.app.frames.table import Numbers, Strings

NO_USER = 2**32 - 1
"""The user id that stands for none known."""

_MOST = 4096


class UserNames:
    """Looks each user up once, and again when the file of users has changed."""

    def __init__(self, passwd: Path = Path("/etc/passwd")) -> None:
        """Forget all names whenever `passwd` is another file than before."""
        self._passwd = passwd
        self._version = self._current()
        self._names: dict[int, str | None] = {}

    def of(self, uids: Numbers) -> Strings:
        """One name a row, unknown for NO_USER and for a user that no database knows."""
        version = self._current()
        if version != self._version or len(self._names) > _MOST:
            self._version = version
            self._names.clear()
        distinct, rows = np.unique(uids, return_inverse=True)
        names = Strings.of(map(self._name, distinct.tolist()))
        return names.take(rows)

    def _name(self, uid: int) -> str | None:
        if uid not in self._names:
            self._names[uid] = _look_up(uid)
        return self._names[uid]

    def _current(self) -> tuple[int, int, int] | None:
        try:
            status = self._passwd.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


_SYSTEM = UserNames()


def user_names(uids: Numbers) -> Strings:
    """The name of each user id, shape (rows,), unknown where there is none."""
    return _SYSTEM.of(uids)


def _look_up(uid: int) -> str | None:
    if not 0 <= uid < NO_USER:
        return None
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError, OSError):
        return None
