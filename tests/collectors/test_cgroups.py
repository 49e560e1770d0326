"""Paths of cgroups by id, in trees that the test makes."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import cgroups
from sockscope.app.collectors.cgroups import CgroupTree, mounted, of_process
from sockscope.app.frames.table import Table


class Tree:
    """A directory that passes for the cgroup2 file system."""

    def __init__(self, home: Path, root: str = "/") -> None:
        self.top = home / "tree of cgroups"
        self.top.mkdir()
        self.mounts = home / "mountinfo"
        point = str(self.top).replace(" ", "\\040")
        self.mounts.write_text(
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
            f"41 31 0:38 {root} {point} rw,relatime shared:5 - cgroup2 cgroup2 rw\n"
        )

    def make(self, path: str) -> int:
        made = self.top / path
        made.mkdir(parents=True, exist_ok=True)
        return made.stat().st_ino

    def open(self) -> CgroupTree:
        return CgroupTree(str(self.mounts))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def ids(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(numbers, dtype=np.uint64)


def told(table: Table) -> dict[int, str | None]:
    numbers = table.numbers("id").tolist()
    assert numbers == sorted(numbers)
    return {number: table.text("path", row) for row, number in enumerate(numbers)}


def test_ids_become_paths(tree: Tree) -> None:
    ssh, shell = tree.make("system.slice/ssh.service"), tree.make("user.slice/user-1.slice/session-2.scope")
    top = tree.top.stat().st_ino
    found = tree.open().look(ids(shell, ssh, 0, ssh, top, shell), 60.0)
    assert told(found) == {
        top: "/",
        ssh: "/system.slice/ssh.service",
        shell: "/user.slice/user-1.slice/session-2.scope",
    }


def test_what_lies_below_another_cgroup_has_its_whole_path(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "/docker/3f2a")
    app = tree.make("app.service")
    assert told(tree.open().look(ids(app, tree.top.stat().st_ino), 60.0)) == {
        app: "/docker/3f2a/app.service",
        tree.top.stat().st_ino: "/docker/3f2a",
    }


def test_a_cgroup_that_vanished_keeps_its_path_while_it_is_asked_for(tree: Tree) -> None:
    number, other = tree.make("run.service"), tree.make("other.service")
    walker = tree.open()
    first = walker.look(ids(number), 60.0)
    (tree.top / "run.service").rmdir()
    assert walker.look(ids(number, number), 60.0) is first
    assert told(walker.look(ids(other), 60.0)) == {other: "/other.service"}
    assert told(walker.look(ids(), 60.0)) == {}


def test_the_tree_is_walked_only_for_ids_that_are_new(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    number = tree.make("a.service")
    listed: list[str] = []
    below = cgroups._below

    def watched(place: str) -> list[tuple[int, str]]:
        listed.append(place)
        return below(place)

    monkeypatch.setattr(cgroups, "_below", watched)
    walker = tree.open()
    gone = 2**40
    assert told(walker.look(ids(number, gone), 60.0)) == {number: "/a.service"}
    walks = len(listed)
    assert walks
    for _ in range(3):
        walker.look(ids(number, gone), 60.0)
    assert len(listed) == walks
    later = tree.make("b.service")
    found = walker.look(ids(number, gone, later), 60.0)
    assert told(found) == {number: "/a.service", later: "/b.service"}
    assert len(listed) > walks


@given(st.lists(st.integers(0, 39), min_size=1, max_size=40), st.integers(1, 12))
def test_little_time_brings_all_of_it_bit_by_bit(wanted: list[int], patience: int) -> None:
    """However the walk is cut into pieces, and whatever is asked for meanwhile, all is found in the end."""
    home = _BIG
    numbers = [home.numbers[each] for each in wanted]
    ticks = count()
    walker = CgroupTree(str(home.tree.mounts), clock=lambda: float(next(ticks)))
    for place in range(len(numbers)):
        walker.look(ids(*numbers[: place + 1]), float(patience))
    for _ in range(100):
        found = walker.look(ids(*numbers), float(patience))
    assert told(found) == {home.numbers[each]: f"/{home.paths[each]}" for each in wanted}


class _Big:
    def __init__(self) -> None:
        import tempfile  # noqa: PLC0415 - once, for all examples

        self.home = tempfile.TemporaryDirectory()
        self.tree = Tree(Path(self.home.name))
        self.paths = [f"s{each % 5}.slice/a{each % 2}/u{each}.service" for each in range(40)]
        self.numbers = [self.tree.make(path) for path in self.paths]


_BIG = _Big()


def test_no_such_file_system_tells_nothing(tmp_path: Path) -> None:
    nowhere = tmp_path / "mountinfo"
    assert mounted(str(nowhere)) is None
    nowhere.write_text(
        "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\nrubbish\n\n41 - cgroup2\n41 31 - cgroup2 x\n"
    )
    assert mounted(str(nowhere)) is None
    assert told(CgroupTree(str(nowhere)).look(ids(1, 2), 60.0)) == {}


def test_of_several_mounts_the_one_with_most_of_the_tree_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "40 31 0:38 /a/b /inside rw - cgroup2 cgroup2 rw\n41 31 0:38 / /whole rw - cgroup2 cgroup2 rw\n"
    )
    assert mounted(str(mounts)) == ("/whole", "/")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0::/system.slice/ssh.service\n", "/system.slice/ssh.service"),
        ("9:name=systemd:/a.service\n4:memory:/m\n0::/\n", "/a.service"),
        ("9:name=systemd:/a.service\n0::/b.service\n", "/b.service"),
        ("4:memory:/m\n0::/\n", "/"),
        ("4:memory:/m\n", None),
        ("0::/gone.service (deleted)\n", "/gone.service"),
        ("0::/with:colon\n", "/with:colon"),
        ("", None),
        ("rubbish", None),
    ],
)
def test_the_cgroup_of_a_process(tmp_path: Path, text: str, path: str | None) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text(text)
    assert of_process(str(tmp_path), 7) == path
    assert of_process(str(tmp_path), 8) is None
