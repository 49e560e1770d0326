"""The collector of routes: netlink first, files where it is refused, and a word about what is missing."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sockscope.app.collectors.netlink import Dump, failed
from sockscope.app.collectors.routes import RoutesCollector
from tests.collectors.netlink_messages import attribute
from tests.collectors.route_messages import DST, MULTIPATH, OIF, dump, hop, packed, route, u32
from tests.collectors.test_procroute import IPV6_ROUTE, LINES_6, ROUTE, index_of
from tests.collectors.test_rtmsg import has_promised_columns

FOUR = [route([u32(OIF, 2)]), route([attribute(MULTIPATH, hop(3) + hop(4))])]
PREFIX = route([attribute(DST, packed("fd20::")), u32(OIF, 2)], family=10, length=64, protocol=2)
SIX = [route([u32(OIF, 5)], family=10), PREFIX]

Answer = Callable[[int, int], Dump]
"""From address family and rtm_flags of a request."""


class Kernel:
    """Answers dumps as a netlink socket does, and keeps what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[int, int]] = []
        self.closed = False

    def __call__(self, _: int) -> Any:
        return self

    def dump(self, message_type: int, payload: bytes) -> Dump:
        assert (message_type, len(payload)) == (26, 12)
        request = (payload[0], int.from_bytes(payload[8:], "little"))
        self.asked.append(request)
        return self.answer(*request)

    def close(self) -> None:
        self.closed = True


def willing(family: int, flags: int) -> Dump:
    if flags:
        return dump([PREFIX])
    return dump(FOUR if family == 2 else SIX)


def refusing(family: int, flags: int) -> Dump:
    return failed(errno.EPERM)


@pytest.fixture
def proc_net(tmp_path: Path) -> Path:
    (tmp_path / "route").write_text(ROUTE)
    (tmp_path / "ipv6_route").write_text(IPV6_ROUTE)
    (tmp_path / "if_inet6").touch()
    return tmp_path


def collector(answer: Answer, proc_net: Path) -> tuple[RoutesCollector, Kernel]:
    kernel = Kernel(answer)
    return RoutesCollector(str(proc_net), index_of, kernel), kernel


def test_both_families_in_one_table(proc_net: Path) -> None:
    asked, kernel = collector(willing, proc_net)
    collected = asked.collect()
    routes, nexthops = collected.tables["routes"], collected.tables["nexthops"]
    assert set(collected.tables) == set(asked.provides)
    assert collected.notes == ()
    assert routes.numbers("family").tolist() == [2, 2, 10, 10]
    assert nexthops.numbers("route").tolist() == [1, 1]
    assert routes.numbers("advertised").tolist() == [0, 0, 0, 1]
    assert kernel.asked == [(2, 0), (10, 0), (10, 0x800)]
    assert routes.taken > 0
    has_promised_columns(routes, "routes")
    asked.close()
    assert kernel.closed


def test_refused_netlink_falls_back_to_the_files(proc_net: Path) -> None:
    collected = collector(refusing, proc_net)[0].collect()
    routes = collected.tables["routes"]
    has_promised_columns(routes, "routes")
    has_promised_columns(collected.tables["nexthops"], "nexthops")
    assert routes.numbers("family").tolist() == [2] * 6 + [10] * (len(LINES_6) - 1)
    assert [(note.table, note.kind) for note in collected.notes] == [("routes", "fallback")] * 2
    assert "operation not permitted" in collected.notes[0].why


def test_a_socket_that_cannot_be_opened_is_a_refusal(proc_net: Path) -> None:
    def closed(_: int) -> Any:
        raise OSError(errno.EPROTONOSUPPORT, "no")

    collected = RoutesCollector(str(proc_net), index_of, closed).collect()
    assert len(collected.tables["routes"]) == 6 + len(LINES_6) - 1
    assert {note.kind for note in collected.notes} == {"fallback"}


def test_one_family_refused(proc_net: Path) -> None:
    asked, _ = collector(
        lambda family, flags: (refusing if family == 2 else willing)(family, flags), proc_net
    )
    collected = asked.collect()
    assert collected.tables["routes"].numbers("family").tolist() == [2] * 6 + [10, 10]
    assert [note.kind for note in collected.notes] == ["fallback"]


@pytest.mark.parametrize("refused", [True, False])
def test_a_kernel_without_ipv6_lacks_nothing(proc_net: Path, refused: bool) -> None:
    for name in ("ipv6_route", "if_inet6"):
        (proc_net / name).unlink()

    def answer(family: int, flags: int) -> Dump:
        if family == 10 and refused:
            return failed(errno.EAFNOSUPPORT)
        return dump(FOUR)  # rtnetlink answers for every family that it has

    collected = collector(answer, proc_net)[0].collect()
    assert collected.tables["routes"].numbers("family").tolist() == [2, 2]
    assert collected.notes == ()


def test_nothing_to_be_had(tmp_path: Path) -> None:
    (tmp_path / "if_inet6").touch()
    collected = collector(refusing, tmp_path)[0].collect()
    assert collected.tables == {}
    assert [note.kind for note in collected.notes] == ["missing", "missing"]


def test_files_that_may_not_be_read(proc_net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "read_bytes", denied)
    collected = collector(refusing, proc_net)[0].collect()
    assert collected.tables == {}
    assert [note.kind for note in collected.notes] == ["forbidden", "forbidden"]
    assert "permission denied" in collected.notes[0].why


def interrupted(times: int) -> Answer:
    left = [times]

    def answer(family: int, flags: int) -> Dump:
        whole = willing(family, flags)
        left[0] -= 1
        return Dump(whole.buffer, whole.offsets, whole.lengths, interrupted=left[0] >= 0)

    return answer


def test_a_dump_that_was_interrupted_is_asked_for_again(proc_net: Path) -> None:
    asked, kernel = collector(interrupted(2), proc_net)
    assert asked.collect().notes == ()
    assert kernel.asked[:3] == [(2, 0)] * 3


def test_a_dump_that_is_always_interrupted_says_so(proc_net: Path) -> None:
    collected = collector(interrupted(99), proc_net)[0].collect()
    assert len(collected.tables["routes"]) == 4
    assert {(note.table, note.kind) for note in collected.notes} == {("routes", "incomplete")}


def test_this_machine() -> None:
    asked = RoutesCollector()
    collected = asked.collect()
    asked.close()
    assert collected.notes == ()
    assert len(collected.tables["routes"]) > 0
