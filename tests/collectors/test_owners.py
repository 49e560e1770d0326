"""The owner scan over a fake /proc: what it finds, and what it reads again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.collectors import procfs
from sockscope.app.collectors.search import NOT_LOOKED
from tests.collectors.fakeproc import Scene, number_of_links, owned, reasons

_digits = st.integers(0, 2**70).map(str)
_links = st.one_of(
    _digits.map(lambda inode: f"socket:[{inode}]"),
    _digits,
    st.text("socket:[]17 ", max_size=24),
    st.sampled_from(["", "/dev/null", "anon_inode:[eventpoll]", "socket:[]", "socket:[5] socket:[6]"]),
).map(str.encode)


@given(st.lists(_links, min_size=1, max_size=5))
def test_links_read_together_are_those_read_one_by_one(links: list[bytes]) -> None:
    together = procfs._sockets(links)
    if together is not None:
        assert together.tolist() == [procfs._inode(link) for link in links]


def test_links_of_sockets_are_read_together() -> None:
    assert procfs._sockets([b"socket:[7]", b"socket:[9999999999999999999]"]) is not None


def test_every_holder_of_a_wanted_socket_is_a_row(made_up: Scene) -> None:
    made_up.proc.spawn(20, [500, 501])
    made_up.proc.spawn(10, [501, 502, 503])
    made_up.proc.open(10, 9, None)
    got = made_up.tick(503, 500, 501, 501, 0)
    assert owned(got) == {(500, 20, 3), (501, 10, 3), (501, 20, 4), (503, 10, 5)}
    assert reasons(got) == {}
    assert got.notes == ()


def test_processes_are_those_that_own(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, [501])
    table = made_up.tick(501).tables["processes"]
    assert table.numbers("pid").tolist() == [20]
    assert (table.real("start", 0), table.integer("uid", 0)) == (1e9, 1020)
    assert (table.text("name", 0), table.text("command", 0)) == ("program20", "/bin/program20 -x")


def test_columns_have_the_declared_types(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    for wanted in ((), (500, 501)):
        tables = made_up.tick(*wanted).tables
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
    made_up: Scene, calls: Counter[str]
) -> None:
    wanted = range(1000, 1600)
    for pid in range(10, 310):
        made_up.proc.spawn(pid, [990 + pid, 1290 + pid])
    first = made_up.tick(*wanted)
    assert calls["readlink"] == 600
    calls.clear()
    for order in (wanted, reversed(wanted)):
        again = made_up.tick(*order)
        assert all(again.tables[name] is first.tables[name] for name in made_up.collector.provides)
    assert calls["readlink"] == 0
    assert calls["open"] == 0
    assert calls["scandir"] == 2
    assert calls["stat"] <= 2 * 301 // 16


def test_a_change_makes_only_the_changed_tables_anew(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500, 501])
    first = made_up.tick(500, 501).tables
    made_up.proc.close(10, 4)
    second = made_up.tick(500).tables
    assert second["owners"] is not first["owners"]
    assert second["processes"] is first["processes"]
    assert second["unowned"] is first["unowned"]


def test_a_new_process_is_read_at_once(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.tick(500)
    made_up.proc.fork(10, 11)
    assert owned(made_up.tick(500)) == {(500, 10, 3), (500, 11, 3)}


def test_a_busy_server_is_read_again_alone_and_only_where_sockets_changed(
    made_up: Scene, calls: Counter[str]
) -> None:
    made_up.proc.spawn(10, range(1000, 1100))
    for pid in range(20, 40):
        made_up.proc.spawn(pid, range(pid * 100, pid * 100 + 20))
    wanted = {inode for inode, _, _ in made_up.proc.holding()}
    made_up.tick(*wanted)
    for fd in (5, 6, 7):
        made_up.proc.close(10, fd)
        made_up.proc.open(10, fd, 5000 + fd)
    wanted = {inode for inode, _, _ in made_up.proc.holding()}
    calls.clear()
    got = made_up.tick(*wanted)
    assert calls["readlink"] == 3
    assert owned(got) == made_up.proc.holding()


def test_a_large_server_is_not_listed_to_find_what_replaced_closed_sockets(
    made_up: Scene, calls: Counter[str]
) -> None:
    made_up.proc.spawn(10, range(10_000, 14_000))
    wanted = {inode for inode, _, _ in made_up.proc.holding()}
    made_up.tick(*wanted)
    for number in range(5):
        for fd in range(100 * number + 3, 100 * number + 23):
            made_up.proc.close(10, fd)
            made_up.proc.open(10, fd, 20_000 + fd)
        for fd in range(4003 + 10 * number, 4013 + 10 * number):
            made_up.proc.open(10, fd, 20_000 + fd)
        wanted = {inode for inode, _, _ in made_up.proc.holding()}
        calls.clear()
        got = made_up.tick(*wanted)
        assert calls["readlink"] < 60
        assert calls["scandir"] == 1 or not procfs.descriptor_count(str(made_up.proc.root), 10)
        assert owned(got) == made_up.proc.holding()


def test_a_large_server_that_opens_before_it_closes_is_found_by_listing(made_up: Scene) -> None:
    made_up.proc.spawn(10, range(10_000, 12_000))
    made_up.tick(*range(10_000, 12_000))
    for fd in range(2003, 2503):
        made_up.proc.open(10, fd, 20_000 + fd)
    for fd in range(3, 503):
        made_up.proc.close(10, fd)
    made_up.proc.open(10, 30_000, 30_000)
    wanted = {inode for inode, _, _ in made_up.proc.holding()}
    assert owned(made_up.tick(*wanted)) == made_up.proc.holding()


def test_a_process_that_never_had_sockets_is_found(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20)
    made_up.tick(500)
    made_up.proc.open(20, 3, 600)
    got = made_up.tick(500, 600)
    assert reasons(got) in ({}, {600: NOT_LOOKED})
    got = made_up.tick(500, 600)
    assert owned(got) == {(500, 10, 3), (600, 20, 3)}


def test_other_network_namespaces_are_left_alone_unless_they_hold_what_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", number_of_links)
    monkeypatch.setattr(procfs, "network", lambda _, pid: 2 if pid in {10, 20} else 1)
    made_up = Scene(tmp_path / "proc")
    made_up.proc.spawn(10, range(1000, 1050))
    made_up.proc.spawn(20, [500, 2000])
    made_up.proc.spawn(30, [600])
    looks: list[int] = []
    real = procfs.Reading

    def noted(root: str, pid: int, *rest: Any) -> procfs.Reading:
        looks.append(pid)
        return real(root, pid, *rest)

    monkeypatch.setattr("sockscope.app.collectors.scan.Reading", noted)
    made_up.tick(500, 600)
    looks.clear()
    made_up.proc.open(10, 90, 1090)
    made_up.proc.open(20, 90, 501)
    assert owned(made_up.tick(500, 501, 600)) == {(500, 20, 3), (501, 20, 90), (600, 30, 3)}
    assert looks == [20]
    made_up.proc.open(10, 91, 502)
    looks.clear()
    made_up.tick(500, 501, 502, 600)
    made_up.tick(500, 501, 502, 600)
    assert 30 in looks
    assert 10 not in looks
    for _ in range(8):
        got = made_up.tick(500, 501, 502, 600)
    assert (502, 10, 91) in owned(got), "a socket may still be of this namespace"
    looks.clear()
    made_up.proc.open(10, 92, 503)
    assert (503, 10, 92) in owned(made_up.tick(500, 501, 502, 503, 600))
    assert looks == [10], "from then on it is a process like any other"


def test_directories_are_given_back(tmp_path: Path) -> None:
    made_up = Scene(tmp_path / "proc")
    made_up.proc.spawn(10, range(10_000, 14_000))
    before = len(list(Path("/proc/self/fd").iterdir()))
    made_up.clock.step = 0.001
    made_up.tick(1, budget=0.003)
    assert len(list(Path("/proc/self/fd").iterdir())) > before
    made_up.collector.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    while made_up.collector.busy:
        made_up.tick(1, budget=0.003)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_names_that_only_look_like_sockets(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    links = made_up.proc.root / "10" / "fd"
    for fd, target in enumerate(
        ("socket:[x]", "socket:[", "socket:[99999999999999999999]", "socket:[٣]"), 10
    ):
        (links / str(fd)).symlink_to(target)
    assert owned(made_up.tick(500, 3)) == {(500, 10, 3)}


def test_memory_is_bounded_by_what_is_open(made_up: Scene) -> None:
    made_up.proc.spawn(10)
    for number in range(40):
        made_up.proc.spawn(100 + number, [number + 5000])
        made_up.proc.open(10, 3, 1000 + number)
        made_up.tick(1000 + number, 5000 + number)
        made_up.proc.close(10, 3)
        made_up.proc.exit(100 + number)
    for _ in range(70):
        got = made_up.tick()
    assert owned(got) == set()
    assert len(got.tables["unowned"]) == 0
    assert len(made_up.collector._scan.holders.inodes) == 0
    assert set(made_up.collector._scan._processes) == {1, 10}
    assert not made_up.collector._facts._known
