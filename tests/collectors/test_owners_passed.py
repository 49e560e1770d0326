"""Sockets that are opened, copied and passed on, and those that no process holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sockscope.app.collectors import procfs
from sockscope.app.collectors.search import GONE, KERNEL, NOT_LOOKED
from tests.collectors.fakeproc import Scene, not_told, number_of_links, owned, reasons


def test_a_connection_closed_in_one_tick_and_opened_in_the_next(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500, 1000])
    made_up.tick(500, 1000)
    made_up.proc.close(10, 4)
    made_up.tick(500)
    made_up.proc.open(10, 4, 1001)
    assert owned(made_up.tick(500, 1001)) == made_up.proc.holding()


def test_a_descriptor_passed_on_and_its_number_used_again(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, [700])
    made_up.tick(500, 700)
    made_up.proc.open(20, 4, 500)
    made_up.proc.close(10, 3)
    made_up.proc.open(10, 3, 501)
    for _ in range(8):
        got = made_up.tick(500, 501, 700)
    assert owned(got) == made_up.proc.holding()


def test_a_copy_closed_while_the_number_of_descriptors_stays(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    made_up.proc.fork(10, 20)
    made_up.tick(500)
    made_up.proc.close(20, 3)
    made_up.proc.open(20, 3, None)
    for _ in range(70):
        got = made_up.tick(500)
    assert owned(got) == {(500, 10, 3)}


def test_a_copy_replaced_by_a_socket_is_read_in_the_same_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", number_of_links)
    made_up = Scene(tmp_path / "proc")
    made_up.proc.spawn(20, [500, 501])
    made_up.proc.fork(20, 10)
    assert owned(made_up.tick(500, 501)) == made_up.proc.holding()
    made_up.proc.close(20, 3)
    made_up.proc.open(20, 3, 600)
    made_up.proc.open(20, 5, 601)
    assert owned(made_up.tick(500, 501, 600, 601)) == made_up.proc.holding()


def test_a_copy_received_is_seen_by_the_number_of_descriptors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", number_of_links)
    made_up = Scene(tmp_path / "proc", recheck=1e9)
    for pid in range(10, 500):
        made_up.proc.spawn(pid)
    made_up.proc.open(400, 3, 500)
    made_up.tick(500)
    made_up.proc.open(200, 3, 500)
    for _ in range(17):
        got = made_up.tick(500)
    assert owned(got) == {(500, 200, 3), (500, 400, 3)}


def test_a_socket_passed_on_before_its_process_ended_is_never_the_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "descriptor_count", not_told)
    made_up = Scene(tmp_path / "proc")
    made_up.proc.spawn(10, [500])
    made_up.proc.spawn(20, range(700, 800))
    made_up.proc.spawn(30, [900])
    wanted = (500, *range(700, 800), 900)
    for _ in range(3):
        made_up.tick(*wanted)
    made_up.proc.open(30, 9, 700)
    made_up.proc.close(20, 3)
    made_up.proc.open(20, 3, 500)
    made_up.proc.exit(10)
    for seconds in (1.0, 0.02, 0.3, 0.3, *[1.0] * 8):
        got = made_up.tick(*wanted, seconds=seconds)
        assert reasons(got).get(500) in {None, GONE}
    assert owned(got) == made_up.proc.holding()


def test_the_search_for_a_kernels_socket_ends_while_others_come_and_go(made_up: Scene) -> None:
    made_up.proc.spawn(10, [1000])
    made_up.tick(1000)
    for number in range(10):
        made_up.proc.close(10, 3)
        made_up.proc.open(10, 3, 1001 + number)
        got = made_up.tick(1001 + number, 900)
    assert reasons(got).get(900) == KERNEL


def test_a_socket_wanted_later_is_known_already(made_up: Scene, calls: Counter[str]) -> None:
    made_up.proc.spawn(10, [500, 501])
    made_up.tick(500)
    calls.clear()
    assert owned(made_up.tick(500, 501)) == {(500, 10, 3), (501, 10, 4)}
    assert calls["readlink"] == 0


def test_a_socket_nobody_holds_is_the_kernels_after_a_complete_pass(made_up: Scene) -> None:
    made_up.proc.spawn(10, [500])
    assert reasons(made_up.tick(500, 900)) == {900: KERNEL}
    first = made_up.tick(500, 900, 901)
    assert reasons(first) == {900: KERNEL, 901: NOT_LOOKED}
    for _ in range(3):
        got = made_up.tick(500, 900, 901)
    assert reasons(got) == {900: KERNEL, 901: KERNEL}


def test_a_search_that_is_over_costs_nothing(made_up: Scene, calls: Counter[str]) -> None:
    made_up.proc.spawn(10, range(500, 550))
    for _ in range(4):
        made_up.tick(*range(500, 550), 900)
    calls.clear()
    made_up.tick(*range(500, 550), 900)
    assert calls["readlink"] == 0


def test_a_socket_received_from_a_message_gets_its_owner(made_up: Scene) -> None:
    made_up.proc.spawn(10)
    assert reasons(made_up.tick(900)) == {900: KERNEL}
    made_up.proc.open(10, 3, 900)
    for _ in range(70):
        got = made_up.tick(900)
    assert owned(got) == {(900, 10, 3)}
