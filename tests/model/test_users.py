"""Names of users."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import numpy as np
import pytest

from sockscope.app.model.users import NO_USER, UserNames, user_names


class _Database:
    """Stands for getpwuid."""

    def __init__(self) -> None:
        self.names = {0: "root", 33: "www-data"}
        self.asked: list[int] = []

    def __call__(self, uid: int) -> pwd.struct_passwd:
        self.asked.append(uid)
        return pwd.struct_passwd((self.names[uid], "x", uid, uid, "", "/", "/bin/sh"))


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> _Database:
    made = _Database()
    monkeypatch.setattr(pwd, "getpwuid", made)
    return made


def _uids(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    return np.array(numbers, dtype=np.uint32)


def _texts(names: UserNames, *uids: int) -> list[str | None]:
    column = names.of(_uids(*uids))
    return [column[row] for row in range(len(column))]


def test_a_name_a_row(database: _Database, tmp_path: Path) -> None:
    names = UserNames(tmp_path / "passwd")
    assert _texts(names, 33, 0, NO_USER, 33, 12345) == ["www-data", "root", None, "www-data", None]
    assert _texts(names) == []


def test_each_is_looked_up_once(database: _Database, tmp_path: Path) -> None:
    names = UserNames(tmp_path / "passwd")
    for _ in range(3):
        _texts(names, 0, 33, 12345, NO_USER)
    assert sorted(database.asked) == [0, 33, 12345]


def test_a_change_of_the_file_is_noticed(database: _Database, tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("one")
    names = UserNames(passwd)
    assert _texts(names, 500) == [None]
    database.names[500] = "new"
    assert _texts(names, 500) == [None]
    passwd.write_text("another")
    assert _texts(names, 500) == ["new"]


def test_what_is_remembered_is_bounded(database: _Database, tmp_path: Path) -> None:
    names = UserNames(tmp_path / "passwd")
    for start in range(0, 50_000, 1000):
        _texts(names, *range(start, start + 1000))
    assert len(names._names) < 10_000


def test_a_database_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(uid: int) -> pwd.struct_passwd:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(pwd, "getpwuid", fail)
    assert _texts(UserNames(tmp_path / "passwd"), 7) == [None]


def test_this_user() -> None:
    me = os.geteuid()
    try:
        name: str | None = pwd.getpwuid(me).pw_name
    except KeyError:
        name = None
    assert user_names(_uids(me))[0] == name
