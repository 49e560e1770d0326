"""Units of sockets, from their own cgroups and from those of their processes."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.socketunits import BY_PROCESS, BY_SOCKET, NOWHERE, no_units, units

PATHS = Table(
    {
        "id": np.array([1, 40, 41], np.uint64),
        "path": Strings.of(["/", "/system.slice/ssh.service", f"/docker/{'3f2a' * 16}"]),
    }
)
PROCESSES = Table(
    {
        "pid": np.array([10, 20, 30], np.uint32),
        "cgroup": Strings.of(["/system.slice/ssh.service", "/", None]),
    }
)


def _told(
    pids: list[int], ids: list[int] | None, paths: Table | None = PATHS
) -> list[tuple[str | None, str | None, int]]:
    numbers = None if ids is None else np.array(ids, np.uint64)
    found = Table(units(np.array(pids, np.int64), PROCESSES, numbers, paths))
    return [
        (found.text("unit", row), found.text("cgroup", row), found.integer("unit_from", row))
        for row in range(len(pids))
    ]


def test_the_socket_comes_first_then_its_process() -> None:
    ssh, docker = "/system.slice/ssh.service", f"/docker/{'3f2a' * 16}"
    assert _told([10, 10, 10, 10, -1], [41, 0, 99, 1, 40]) == [
        ("docker 3f2a3f2a3f2a", docker, BY_SOCKET),
        ("ssh", ssh, BY_PROCESS),
        ("ssh", ssh, BY_PROCESS),
        ("ssh", ssh, BY_PROCESS),
        ("ssh", ssh, BY_SOCKET),
    ]


def test_the_root_is_no_unit_and_the_unknown_is_not_the_root() -> None:
    assert _told([20, -1, 30, 20, 99], [1, 1, 0, 0, 99]) == [
        (None, "/", NOWHERE),
        (None, "/", NOWHERE),
        (None, None, NOWHERE),
        (None, "/", NOWHERE),
        (None, None, NOWHERE),
    ]


def test_without_ids_or_paths_the_process_tells() -> None:
    assert [unit for unit, _, _ in _told([10, 20], None)] == ["ssh", None]
    assert [unit for unit, _, _ in _told([10, 20], [40, 41], None)] == ["ssh", None]
    assert Table(units(np.array([10]), None)).text("unit", 0) is None


def test_equal_names_are_one_text() -> None:
    paths = Table({"id": np.array([1, 2], np.uint64), "path": Strings.of(["/a/x.service", "/b/x.service"])})
    unit = units(np.array([-1, -1]), None, np.array([1, 2], np.uint64), paths)["unit"]
    assert isinstance(unit, Strings)
    assert unit.values == ("x",)


def test_nobody_asked() -> None:
    table = Table(no_units(3))
    assert [table.text("unit", row) for row in range(3)] == [None] * 3
    assert len(table) == 3
    assert list(units(np.array([1]), None)) == list(no_units(1))
