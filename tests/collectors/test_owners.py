"""The owner scan over a fake /proc: what it finds, what it reads again, and what it says of the rest."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sockscope.app.collectors import procfs
from sockscope.app.collectors.search import FORBIDDEN, GONE, KERNEL, NOT_LOOKED
from tests.collectors.fakeproc import Scene, inodes, owned, reasons


def _number_of_links(root: str, pid: int) -> int:
    return len(os.listdir(f"{root}/{pid}/fd"))  # noqa: PTH208


def _not_told(root: str, pid: int) -> int:
    _number_of_links(root, pid)
    return 0


@pytest.fixture(params=[_number_of_links, _not_told], ids=["kernel 6.2", "older kernel"])
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(procfs, "descriptor_count", request.param)
    return Scene(tmp_path / "proc")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the scan asked the kernel, by system call."""
    made: Counter[str] = Counter()

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **keywords: Any) -> Any:
            made[name] += 1
            return call(*args, **keywords)

        return wrapper

    for name in ("readlink", "scandir", "open"):
        monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
    monkeypatch.setattr(procfs, "descriptor_count", counted("stat", procfs.descriptor_count))
    return made


def _forbid(monkeypatch: pytest.MonkeyPatch, *pids: int) -> None:
    real = os.open

    def refusing(path: str, *rest: Any, **keywords: Any) -> int:
        if any(path.endswith(f"/{pid}/fd") for pid in pids):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **keywords)

    monkeypatch.setattr(os, "open", refusing)


def test_every_holder_of_a_wanted_socket_is_a_row(scene: Scene) -> None:
    scene.proc.spawn(20, [500, 501])
    scene.proc.spawn(10, [501, 502, 503])
    scene.proc.open(10, 9, None)
    got = scene.tick(503, 500, 501, 501, 0)
    assert owned(got) == {(500, 20, 3), (501, 10, 3), (501, 20, 4), (503, 10, 5)}
    assert reasons(got) == {}
    assert got.notes == ()


def test_processes_are_those_that_own(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, [501])
    table = scene.tick(501).tables["processes"]
    assert table.numbers("pid").tolist() == [20]
    assert (table.real("start", 0), table.integer("uid", 0)) == (1e9, 1020)
    assert (table.text("name", 0), table.text("command", 0)) == ("program20", "/bin/program20 -x")


def test_columns_have_the_declared_types(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    for wanted in ((), (500, 501)):
        tables = scene.tick(*wanted).tables
        kinds = {
            (table, name): tables[table].numbers(name).dtype.str[1:]
            for table, names in (
                ("owners", ("inode", "pid", "fd")),
                ("processes", ("pid", "start", "uid")),
                ("unowned", ("inode", "reason")),
            )
            for name in names
        }
        assert list(kinds.values()) == ["u8", "u4", "u4", "u4", "f8", "u4", "u8", "u1"]


def test_an_unchanged_tick_reads_nothing_and_returns_the_same_tables(
    scene: Scene, calls: Counter[str]
) -> None:
    wanted = range(1000, 1600)
    for pid in range(10, 310):
        scene.proc.spawn(pid, [990 + pid, 1290 + pid])
    first = scene.tick(*wanted)
    assert calls["readlink"] == 600
    calls.clear()
    for order in (wanted, reversed(wanted)):
        again = scene.tick(*order)
        assert all(again.tables[name] is first.tables[name] for name in scene.collector.provides)
    assert calls["readlink"] == 0
    assert calls["open"] == 0
    assert calls["scandir"] == 2
    assert calls["stat"] <= 2 * 301 // 16


def test_a_change_makes_only_the_changed_tables_anew(scene: Scene) -> None:
    scene.proc.spawn(10, [500, 501])
    first = scene.tick(500, 501).tables
    scene.proc.close(10, 4)
    second = scene.tick(500).tables
    assert second["owners"] is not first["owners"]
    assert second["processes"] is first["processes"]
    assert second["unowned"] is first["unowned"]


def test_a_new_process_is_read_at_once(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.tick(500)
    scene.proc.fork(10, 11)
    assert owned(scene.tick(500)) == {(500, 10, 3), (500, 11, 3)}


def test_a_busy_server_is_read_again_alone_and_only_where_sockets_changed(
    scene: Scene, calls: Counter[str]
) -> None:
    scene.proc.spawn(10, range(1000, 1100))
    for pid in range(20, 40):
        scene.proc.spawn(pid, range(pid * 100, pid * 100 + 20))
    wanted = {inode for inode, _, _ in scene.proc.holding()}
    scene.tick(*wanted)
    for fd in (5, 6, 7):
        scene.proc.close(10, fd)
        scene.proc.open(10, fd, 5000 + fd)
    wanted = {inode for inode, _, _ in scene.proc.holding()}
    calls.clear()
    got = scene.tick(*wanted)
    assert calls["readlink"] == 3
    assert owned(got) == scene.proc.holding()


def test_a_large_server_is_not_listed_to_find_what_replaced_closed_sockets(
    scene: Scene, calls: Counter[str]
) -> None:
    scene.proc.spawn(10, range(10_000, 14_000))
    wanted = {inode for inode, _, _ in scene.proc.holding()}
    scene.tick(*wanted)
    for number in range(5):
        for fd in range(100 * number + 3, 100 * number + 23):
            scene.proc.close(10, fd)
            scene.proc.open(10, fd, 20_000 + fd)
        for fd in range(4003 + 10 * number, 4013 + 10 * number):
            scene.proc.open(10, fd, 20_000 + fd)
        wanted = {inode for inode, _, _ in scene.proc.holding()}
        calls.clear()
        got = scene.tick(*wanted)
        assert calls["readlink"] < 60
        assert calls["scandir"] == 1 or not procfs.descriptor_count(str(scene.proc.root), 10)
        assert owned(got) == scene.proc.holding()


def test_a_large_server_that_opens_before_it_closes_is_found_by_listing(scene: Scene) -> None:
    scene.proc.spawn(10, range(10_000, 12_000))
    scene.tick(*range(10_000, 12_000))
    for fd in range(2003, 2503):
        scene.proc.open(10, fd, 20_000 + fd)
    for fd in range(3, 503):
        scene.proc.close(10, fd)
    scene.proc.open(10, 30_000, 30_000)
    wanted = {inode for inode, _, _ in scene.proc.holding()}
    assert owned(scene.tick(*wanted)) == scene.proc.holding()


def test_a_process_that_never_had_sockets_is_found(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20)
    scene.tick(500)
    scene.proc.open(20, 3, 600)
    got = scene.tick(500, 600)
    assert reasons(got) in ({}, {600: NOT_LOOKED})
    got = scene.tick(500, 600)
    assert owned(got) == {(500, 10, 3), (600, 20, 3)}


def test_a_vanished_process_is_said_to_be_gone_until_everything_was_read(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, [501])
    scene.tick(500, 501)
    scene.proc.exit(10)
    got = scene.tick(500, 501)
    assert owned(got) == {(501, 20, 3)}
    assert reasons(got) == {500: GONE}
    assert got.tables["processes"].numbers("pid").tolist() == [20]
    for _ in range(8):
        got = scene.tick(500, 501)
    assert reasons(got) == {500: KERNEL}


def test_a_number_used_again_is_another_process(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, [500])
    scene.tick(500, 501)
    scene.proc.exit(10)
    scene.proc.root.joinpath("other").mkdir()  # keeps the inode of the directory from being used again
    scene.proc.spawn(10, [501])
    assert owned(scene.tick(500, 501)) == {(500, 20, 3), (501, 10, 3)}


def test_a_number_used_again_with_the_same_directory_inode_is_known_by_its_start_time(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.tick(500)
    (scene.proc.root / "10" / "stat").write_text(f"10 (x) S {'0 ' * 18} 77 0\n")
    scene.proc.close(10, 3)
    scene.proc.open(10, 3, 501)
    scene.tick(500, 501)
    assert owned(scene.tick(500, 501)) == {(501, 10, 3)}, (
        "what was known of the other process is not presumed"
    )


def test_a_number_used_again_within_one_clock_tick(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.tick(500, 600)
    (scene.proc.root / "10").rename(scene.proc.root / "other")
    scene.proc.spawn(10, [600])
    (scene.proc.root / "other" / "stat").rename(scene.proc.root / "10" / "stat")
    got = scene.tick(500, 600)
    assert owned(got) == {(600, 10, 3)}
    assert reasons(got) == {500: NOT_LOOKED}


def test_other_directory_inodes_after_the_kernel_dropped_its_caches(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    first = scene.tick(500)
    (scene.proc.root / "10").rename(scene.proc.root / "old")
    (scene.proc.root / "10").mkdir()
    for name in ("fd", "stat"):
        (scene.proc.root / "old" / name).rename(scene.proc.root / "10" / name)
    assert scene.tick(500).tables["owners"] is first.tables["owners"]


def test_a_server_that_forks_for_every_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", _number_of_links)
    scene = Scene(tmp_path / "proc")
    scene.proc.spawn(10, [500, 1000])
    scene.tick(500, 1000)
    for number in range(10):
        scene.proc.fork(10, 100 + number)
        scene.proc.close(100 + number, 3)
        scene.proc.close(10, 4)
        scene.proc.open(10, 4, 1001 + number)
        scene.proc.open(10, 5 + number, None)
        assert owned(scene.tick(500, *range(1000, 1002 + number))) == scene.proc.holding()


def test_other_network_namespaces_are_left_alone_unless_they_hold_what_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", _number_of_links)
    monkeypatch.setattr(procfs, "network", lambda _, pid: 2 if pid in {10, 20} else 1)
    scene = Scene(tmp_path / "proc")
    scene.proc.spawn(10, range(1000, 1050))
    scene.proc.spawn(20, [500, 2000])
    scene.proc.spawn(30, [600])
    looks: list[int] = []
    real = procfs.Reading

    def noted(root: str, pid: int, *rest: Any) -> procfs.Reading:
        looks.append(pid)
        return real(root, pid, *rest)

    monkeypatch.setattr("sockscope.app.collectors.scan.Reading", noted)
    scene.tick(500, 600)
    looks.clear()
    scene.proc.open(10, 90, 1090)
    scene.proc.open(20, 90, 501)
    assert owned(scene.tick(500, 501, 600)) == {(500, 20, 3), (501, 20, 90), (600, 30, 3)}
    assert looks == [20]
    scene.proc.open(10, 91, 502)
    looks.clear()
    scene.tick(500, 501, 502, 600)
    scene.tick(500, 501, 502, 600)
    assert 30 in looks
    assert 10 not in looks
    for _ in range(8):
        got = scene.tick(500, 501, 502, 600)
    assert (502, 10, 91) in owned(got), "a socket may still be of this namespace"
    looks.clear()
    scene.proc.open(10, 92, 503)
    assert (503, 10, 92) in owned(scene.tick(500, 501, 502, 503, 600))
    assert looks == [10], "from then on it is a process like any other"


def test_a_connection_closed_in_one_tick_and_opened_in_the_next(scene: Scene) -> None:
    scene.proc.spawn(10, [500, 1000])
    scene.tick(500, 1000)
    scene.proc.close(10, 4)
    scene.tick(500)
    scene.proc.open(10, 4, 1001)
    assert owned(scene.tick(500, 1001)) == scene.proc.holding()


def test_a_descriptor_passed_on_and_its_number_used_again(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, [700])
    scene.tick(500, 700)
    scene.proc.open(20, 4, 500)
    scene.proc.close(10, 3)
    scene.proc.open(10, 3, 501)
    for _ in range(8):
        got = scene.tick(500, 501, 700)
    assert owned(got) == scene.proc.holding()


def test_a_copy_closed_while_the_number_of_descriptors_stays(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.fork(10, 20)
    scene.tick(500)
    scene.proc.close(20, 3)
    scene.proc.open(20, 3, None)
    for _ in range(70):
        got = scene.tick(500)
    assert owned(got) == {(500, 10, 3)}


def test_a_copy_replaced_by_a_socket_is_read_in_the_same_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", _number_of_links)
    scene = Scene(tmp_path / "proc")
    scene.proc.spawn(20, [500, 501])
    scene.proc.fork(20, 10)
    assert owned(scene.tick(500, 501)) == scene.proc.holding()
    scene.proc.close(20, 3)
    scene.proc.open(20, 3, 600)
    scene.proc.open(20, 5, 601)
    assert owned(scene.tick(500, 501, 600, 601)) == scene.proc.holding()


def test_a_copy_received_is_seen_by_the_number_of_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", _number_of_links)
    scene = Scene(tmp_path / "proc", recheck=1e9)
    for pid in range(10, 500):
        scene.proc.spawn(pid)
    scene.proc.open(400, 3, 500)
    scene.tick(500)
    scene.proc.open(200, 3, 500)
    for _ in range(17):
        got = scene.tick(500)
    assert owned(got) == {(500, 200, 3), (500, 400, 3)}


def test_a_socket_passed_on_before_its_process_ended_is_never_the_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", _not_told)
    scene = Scene(tmp_path / "proc")
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, range(700, 800))
    scene.proc.spawn(30, [900])
    wanted = (500, *range(700, 800), 900)
    for _ in range(3):
        scene.tick(*wanted)
    scene.proc.open(30, 9, 700)
    scene.proc.close(20, 3)
    scene.proc.open(20, 3, 500)
    scene.proc.exit(10)
    for seconds in (1.0, 0.02, 0.3, 0.3, *[1.0] * 8):
        got = scene.tick(*wanted, seconds=seconds)
        assert reasons(got).get(500) in {None, GONE}
    assert owned(got) == scene.proc.holding()


def test_the_search_for_a_kernels_socket_ends_while_others_come_and_go(scene: Scene) -> None:
    scene.proc.spawn(10, [1000])
    scene.tick(1000)
    for number in range(10):
        scene.proc.close(10, 3)
        scene.proc.open(10, 3, 1001 + number)
        got = scene.tick(1001 + number, 900)
    assert reasons(got).get(900) == KERNEL


def test_a_socket_wanted_later_is_known_already(scene: Scene, calls: Counter[str]) -> None:
    scene.proc.spawn(10, [500, 501])
    scene.tick(500)
    calls.clear()
    assert owned(scene.tick(500, 501)) == {(500, 10, 3), (501, 10, 4)}
    assert calls["readlink"] == 0


def test_a_socket_nobody_holds_is_the_kernels_after_a_complete_pass(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    assert reasons(scene.tick(500, 900)) == {900: KERNEL}
    first = scene.tick(500, 900, 901)
    assert reasons(first) == {900: KERNEL, 901: NOT_LOOKED}
    for _ in range(3):
        got = scene.tick(500, 900, 901)
    assert reasons(got) == {900: KERNEL, 901: KERNEL}


def test_a_search_that_is_over_costs_nothing(scene: Scene, calls: Counter[str]) -> None:
    scene.proc.spawn(10, range(500, 550))
    for _ in range(4):
        scene.tick(*range(500, 550), 900)
    calls.clear()
    scene.tick(*range(500, 550), 900)
    assert calls["readlink"] == 0


def test_a_socket_received_from_a_message_gets_its_owner(scene: Scene) -> None:
    scene.proc.spawn(10)
    assert reasons(scene.tick(900)) == {900: KERNEL}
    scene.proc.open(10, 3, 900)
    for _ in range(70):
        got = scene.tick(900)
    assert owned(got) == {(900, 10, 3)}


def test_processes_that_may_not_be_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, [501])
    scene.proc.spawn(21, [502])
    _forbid(monkeypatch, 20, 21)
    got = scene.tick(500, 501, 502)
    assert owned(got) == {(500, 10, 3)}
    assert reasons(got) == {501: FORBIDDEN, 502: FORBIDDEN}
    assert [(note.table, note.kind) for note in got.notes] == [("owners", "forbidden")]
    assert "2 processes" in got.notes[0].why


def test_a_process_that_hides_later_is_read_no_more_and_shows_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.proc.spawn(10, [500, 501])
    scene.tick(500, 501)
    with monkeypatch.context() as patch:
        _forbid(patch, 10)
        for _ in range(70):
            got = scene.tick(500, 501)
        assert reasons(got) == {500: FORBIDDEN, 501: FORBIDDEN}
    for _ in range(70):
        got = scene.tick(500, 501)
    assert owned(got) == {(500, 10, 3), (501, 10, 4)}
    assert got.notes == ()


def test_links_that_may_not_be_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.proc.spawn(10, [500])

    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "readlink", refuse)
    got = scene.tick(500)
    assert reasons(got) == {500: FORBIDDEN}
    assert "1 process " in got.notes[0].why


def test_hidden_processes_make_it_a_lack_of_permission(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.exit(1)
    got = scene.tick(500, 501)
    assert reasons(got) == {501: FORBIDDEN}
    assert "hid" in got.notes[0].why


def test_no_proc_at_all(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "proc")
    scene.proc.exit(1)
    scene.proc.root.rmdir()
    got = scene.tick(500)
    assert reasons(got) == {500: NOT_LOOKED}
    assert [note.kind for note in got.notes] == ["missing"]


def test_a_process_that_ends_between_listing_and_reading(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.proc.spawn(10, [500])
    scene.proc.spawn(20, [501])
    real = procfs.start_ticks

    def late(root: str, pid: int) -> int:
        if pid == 20 and 20 in scene.proc.pids():
            scene.proc.exit(20)
        return real(root, pid)

    monkeypatch.setattr(procfs, "start_ticks", late)
    assert reasons(scene.tick(500, 501)) == {501: GONE}
    assert reasons(scene.tick(500, 501, seconds=0.02)) == {501: GONE}, "the same dump of sockets"
    assert reasons(scene.tick(500, 501)) == {501: KERNEL}


def test_a_large_process_that_ends_in_the_middle(tmp_path: Path, calls: Counter[str]) -> None:
    scene = Scene(tmp_path / "proc")
    scene.proc.spawn(10, range(100_000, 120_000))
    scene.proc.spawn(20, [500])
    wanted = (500, *range(100_000, 120_000))
    scene.clock.step = 0.0005
    for _ in range(12):
        got = scene.tick(*wanted, budget=0.01)
    assert 1000 < len(owned(got)) < 19_000, "the first part shows while the rest is being read"
    assert set(reasons(got).values()) == {NOT_LOOKED}
    scene.proc.exit(10)
    calls.clear()
    got = scene.tick(*wanted, budget=100.0)
    assert owned(got) == {(500, 20, 3)}
    assert calls["readlink"] < 600, "the rest of a process that ended is not tried"
    assert reasons(scene.tick(500)) == {}


def test_a_search_over_several_ticks_ends_while_others_come_and_go(scene: Scene) -> None:
    for pid in range(10, 14):
        scene.proc.spawn(pid, range(pid * 1000, pid * 1000 + 600))
    known = [inode for inode, _, _ in scene.proc.holding()]
    scene.tick(*known)
    scene.clock.step = 0.0005
    for number in range(60):
        got = scene.tick(*known[number % 2 :], 900, budget=0.002)
    assert reasons(got) == {900: KERNEL}


@pytest.mark.parametrize("budget", [0.0, 0.004, 0.02])
def test_a_small_budget_spreads_the_scan_over_ticks_and_it_ends(
    scene: Scene, calls: Counter[str], budget: float
) -> None:
    scene.proc.spawn(10, range(10_000, 13_000))
    for pid in range(20, 60):
        scene.proc.spawn(pid, range(pid * 100, pid * 100 + 10))
    wanted = {inode for inode, _, _ in scene.proc.holding()} | {1}
    scene.clock.step = 0.0005
    ticks = 0
    while scene.collector.busy:
        calls.clear()
        before = scene.clock.now
        got = scene.collector.collect(inodes(*wanted), budget)
        assert calls["readlink"] <= 256 * 2 + 256 * (scene.clock.now - before) / scene.clock.step
        assert calls["readlink"] < 3000
        scene.clock.now += 0.05
        ticks += 1
        assert ticks < 500
        if owned(got) != scene.proc.holding():
            assert reasons(got)[1] == NOT_LOOKED
    assert ticks > 3
    assert owned(got) == scene.proc.holding()
    assert reasons(got) == {1: KERNEL}


def test_even_without_a_budget_many_small_processes_are_read(scene: Scene) -> None:
    for pid in range(10, 110):
        scene.proc.spawn(pid, [1000 + pid])
    scene.clock.step = 0.00001
    assert len(owned(scene.tick(*range(1010, 1110), budget=0.0))) > 20


def test_a_huge_process_does_not_keep_others_waiting(scene: Scene) -> None:
    scene.proc.spawn(10, range(10_000, 18_000))
    wanted = list(range(10_000, 18_000))
    scene.clock.step = 0.0005
    scene.tick(*wanted, budget=0.01)
    scene.proc.spawn(20, [500])
    got = scene.tick(*wanted, 500, budget=0.01)
    assert (500, 20, 3) in owned(got)
    assert set(reasons(got).values()) == {NOT_LOOKED}


def test_directories_are_given_back(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "proc")
    scene.proc.spawn(10, range(10_000, 14_000))
    before = len(list(Path("/proc/self/fd").iterdir()))
    scene.clock.step = 0.001
    scene.tick(1, budget=0.003)
    assert len(list(Path("/proc/self/fd").iterdir())) > before
    scene.collector.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    while scene.collector.busy:
        scene.tick(1, budget=0.003)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_names_that_only_look_like_sockets(scene: Scene) -> None:
    scene.proc.spawn(10, [500])
    links = scene.proc.root / "10" / "fd"
    for fd, target in enumerate(
        ("socket:[x]", "socket:[", "socket:[99999999999999999999]", "socket:[٣]"), 10
    ):
        (links / str(fd)).symlink_to(target)
    assert owned(scene.tick(500, 3)) == {(500, 10, 3)}


def test_memory_is_bounded_by_what_is_open(scene: Scene) -> None:
    scene.proc.spawn(10)
    for number in range(40):
        scene.proc.spawn(100 + number, [number + 5000])
        scene.proc.open(10, 3, 1000 + number)
        scene.tick(1000 + number, 5000 + number)
        scene.proc.close(10, 3)
        scene.proc.exit(100 + number)
    for _ in range(70):
        got = scene.tick()
    assert owned(got) == set()
    assert len(got.tables["unowned"]) == 0
    assert len(scene.collector._scan.holders.inodes) == 0
    assert set(scene.collector._scan._processes) == {1, 10}
    assert not scene.collector._facts._known


def test_facts_come_late_when_time_is_short(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "proc")
    for pid in range(10, 60):
        scene.proc.spawn(pid, [pid + 1000])
    scene.clock.step = 0.001
    seen = 0
    for _ in range(100):
        table = scene.tick(*range(1010, 1060), budget=0.0).tables["processes"]
        named = sum(table.text("name", row) is not None for row in range(len(table)))
        assert named >= seen
        seen = named
        for row in range(len(table)):
            if table.text("name", row) is None:
                assert math.isnan(table.real("start", row))
                assert table.integer("uid", row) == 2**32 - 1
    assert seen == 50
