"""Namespaces found in a /proc made of files: one inode under several paths is one namespace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.namespaces import AT_ONCE, Namespaces, NamespacesCollector
from sockscope.app.frames.table import Table


class Machine:
    """Processes and names, each in a namespace that is a file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.proc, self.named = root / "proc", root / "named"
        self.named.mkdir()
        (root / "namespaces").mkdir()
        self.run("thread-self", "own")
        self.run("self", "own")

    def inode(self, namespace: str) -> int:
        place = self.root / "namespaces" / namespace
        place.touch()
        return place.stat().st_ino

    def run(self, pid: int | str, namespace: str, comm: str = "sleep") -> None:
        self.inode(namespace)
        (self.proc / str(pid) / "ns").mkdir(parents=True)
        (self.proc / str(pid) / "comm").write_text(f"{comm}\n")
        (self.proc / str(pid) / "cgroup").write_text("0::/system.slice/web.service\n")
        (self.proc / str(pid) / "ns" / "net").hardlink_to(self.root / "namespaces" / namespace)

    def end(self, pid: int) -> None:
        for path in ("comm", "cgroup", "ns/net"):
            (self.proc / str(pid) / path).unlink()
        (self.proc / str(pid) / "ns").rmdir()
        (self.proc / str(pid)).rmdir()

    def name(self, name: str, namespace: str) -> None:
        self.inode(namespace)
        (self.named / name).hardlink_to(self.root / "namespaces" / namespace)

    def found(self, most: int = 256) -> Namespaces:
        return Namespaces(str(self.proc), (str(self.named), "/nowhere"), most)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class Spy:
    """A collector that can only be closed."""

    provides: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.closed = False

    def collect(self) -> Collected:
        return Collected({})

    def close(self) -> None:
        self.closed = True


def looked(machine: Machine) -> Callable[[], dict[int, str]]:
    """The ways into all namespaces but the own one, looked for anew each time."""
    found = machine.found()

    def look() -> dict[int, str]:
        found.look()
        return {inode: place.namespace.path for inode, place in found.places.items()}

    return look


def test_names_and_processes_lead_into_namespaces(machine: Machine) -> None:
    machine.run(1, "own")
    machine.run(5, "web")
    machine.run(6, "web")
    machine.name("db", "db")
    assert looked(machine)() == {
        machine.inode("web"): f"{machine.proc}/5/ns/net",
        machine.inode("db"): f"{machine.named}/db",
    }


def test_another_way_is_taken_when_one_ends(machine: Machine) -> None:
    machine.run(5, "web")
    machine.run(6, "web")
    look = looked(machine)
    assert look() == {machine.inode("web"): f"{machine.proc}/5/ns/net"}
    machine.end(5)
    assert look() == {machine.inode("web"): f"{machine.proc}/6/ns/net"}
    machine.name("web", "web")
    machine.end(6)
    assert look() == {machine.inode("web"): f"{machine.named}/web"}
    (machine.named / "web").unlink()
    assert look() == {}


def test_what_was_opened_in_a_namespace_is_closed_when_it_is_gone(machine: Machine) -> None:
    machine.run(5, "web")
    found = machine.found()
    found.look()
    spy = Spy()
    found.places[machine.inode("web")].collectors["spy"] = spy
    found.look()
    closed = [spy.closed]
    machine.end(5)
    found.look()
    assert [*closed, spy.closed] == [False, True]
    assert found.places == {}


def test_a_number_that_was_given_to_another_process_leads_elsewhere(machine: Machine) -> None:
    machine.run(5, "web")
    look = looked(machine)
    look()
    machine.end(5)
    machine.run(5, "db")
    look()
    assert look() == {machine.inode("db"): f"{machine.proc}/5/ns/net"}


def test_a_process_that_goes_elsewhere_is_noticed_in_its_turn(machine: Machine) -> None:
    machine.run(5, "own")
    look = looked(machine)
    assert look() == {}
    machine.end(5)
    machine.run(5, "web")  # as after unshare(2): the same number, another namespace
    assert look() == {machine.inode("web"): f"{machine.proc}/5/ns/net"}


def test_a_tick_asks_a_bounded_number_of_processes_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def network(_: str, pid: int) -> int:
        asked.append(pid)
        return found.own

    found = machine.found()
    monkeypatch.setattr(
        "sockscope.app.collectors.namespaces.processes", lambda _: dict.fromkeys(range(1, 3 * AT_ONCE), 0)
    )
    monkeypatch.setattr("sockscope.app.collectors.namespaces.network", network)
    found.look()
    assert len(asked) == 3 * AT_ONCE - 1
    for _ in range(3):
        asked.clear()
        found.look()
        assert len(asked) <= AT_ONCE


def test_more_than_can_be_looked_into_are_told(machine: Machine) -> None:
    for pid in range(10, 15):
        machine.run(pid, f"c{pid}")
    found = machine.found(most=3)
    (note,) = NamespacesCollector(found, str(machine.proc)).collect().notes
    assert note.kind == "incomplete"
    assert note.why == "2 network namespaces are left out: 3 are looked into"


def table(machine: Machine) -> Table:
    return NamespacesCollector(machine.found(), str(machine.proc)).collect().tables["namespaces"]


def test_the_table_tells_who_is_where(machine: Machine) -> None:
    machine.run(1, "own", "init")
    machine.run(5, "web", "nginx")
    machine.run(6, "web", "nginx")
    machine.name("db", "db")
    told = table(machine)
    rows = {told.integer("inode", row): row for row in range(len(told))}
    own, web, db = (rows[machine.inode(name)] for name in ("own", "web", "db"))
    assert told.numbers("own").tolist() == [row == own for row in range(len(told))]
    assert (told.text("process", web), told.integer("pid", web)) == ("nginx", 5)
    assert (told.integer("processes", web), told.integer("processes", db)) == (2, 0)
    assert told.text("cgroup", web) == "/system.slice/web.service"
    assert (told.text("name", db), told.integer("pid", db), told.text("process", db)) == ("db", -1, None)


def test_the_table_is_the_same_while_nothing_changes(machine: Machine) -> None:
    machine.run(5, "web")
    collector = NamespacesCollector(machine.found(), str(machine.proc))
    first = collector.collect().tables["namespaces"]
    assert collector.collect().tables["namespaces"] is first
    machine.run(6, "web")
    assert collector.collect().tables["namespaces"] is not first


def test_a_file_that_no_namespace_is_mounted_on_is_none(machine: Machine) -> None:
    (machine.named / "directory").mkdir()
    (machine.named / "dangling").symlink_to("/nowhere/at/all")
    (machine.named / "elsewhere").symlink_to("/proc/version")
    assert looked(machine)() == {}
