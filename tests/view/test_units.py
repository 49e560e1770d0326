"""Units as they read: the column, the fields, the details."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.ownership import NOBODY, OWNED
from sockscope.app.model.socketunits import units
from sockscope.app.model.store import Store
from sockscope.app.view.layout import cell, place
from sockscope.app.view.units import FIELDS, UNIT, facts

DOCKER = "/system.slice/docker-" + "3f2a" * 16 + ".scope"
PROCESSES = Table(
    {
        "pid": np.array([10], np.uint32),
        "start": np.array([50.0]),
        "cgroup": Strings.of(["/system.slice/ssh.service"]),
    }
)
PATHS = Table({"id": np.array([1, 7, 8], np.uint64), "path": Strings.of(["/", DOCKER, "/init.scope"])})


def made(pid: int, number: int, owned: float = float("nan")) -> tuple[Store, Table]:
    store = Store()
    store.take(Frame(1, 100.0, 30.0, 1.0, tables={"processes": PROCESSES}))
    columns = units(np.array([pid]), PROCESSES, np.array([number], np.uint64), PATHS)
    why = np.array([OWNED if pid > 0 else NOBODY], np.uint8)
    return store, Table({**columns, "pid": np.array([pid]), "why": why, "owned": np.array([owned])})


def words(pid: int, number: int, owned: float = float("nan")) -> list[str]:
    store, rows = made(pid, number, owned)
    return [fact.value for fact in facts(store, rows, 0)]


def test_the_column_and_the_fields() -> None:
    _, rows = made(10, 7)
    assert UNIT.cell(rows, 0).text == "docker 3f2a3f2a3f2a"
    assert [field.value(rows, 0) for field in FIELDS] == ["docker 3f2a3f2a3f2a", "3f2a" * 16, DOCKER]
    _, rows = made(-1, 0)
    assert UNIT.cell(rows, 0).text == "-"
    assert [field.value(rows, 0) for field in FIELDS] == [None, None, None]


def test_a_narrow_column_keeps_the_id_of_a_container() -> None:
    _, rows = made(10, 7)
    (placed,) = place([UNIT], UNIT.minimum)
    assert cell(placed, rows, 0).text == "3f2a3f2a3f2a"


def test_the_details_say_where_it_was_learnt_from() -> None:
    assert words(10, 7) == [
        "docker 3f2a3f2a3f2a, a container",
        "3f2a" * 16,
        DOCKER,
        "the cgroup in which the socket was opened",
        "its process is in ssh now",
    ]
    assert words(10, 0) == [
        "ssh, a systemd service",
        "/system.slice/ssh.service",
        "the cgroup of its process",
    ]
    assert words(-1, 1) == ["none: it is in the root of the cgroup tree"]
    assert words(-1, 0) == []


def test_a_number_that_is_another_process_since_tells_nothing() -> None:
    """The socket was closed at 90 or 40 of the wall's clock; the process of that number started at 50."""
    assert words(10, 7, owned=20.0)[-1] == "its process is in ssh now"
    assert words(10, 7, owned=-30.0)[-1] == "the cgroup in which the socket was opened"
