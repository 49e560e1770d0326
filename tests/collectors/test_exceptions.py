"""Cached exceptions: what the kernel refuses, and how many are told."""

from __future__ import annotations

import errno

import pytest

from sockscope.app.collectors import exceptions
from sockscope.app.collectors.exceptions import RTM_F_CLONED, ExceptionsCollector
from sockscope.app.collectors.netlink import Dump, failed
from sockscope.app.view import route_text
from tests.collectors import route_messages as made
from tests.collectors.netlink_messages import attribute


class Kernel:
    """Answers every dump with what it was given for the family, and notes what was asked."""

    def __init__(self, answers: dict[int, Dump]) -> None:
        self.answers = answers
        self.asked: list[bytes] = []
        self.closed = False

    def dump(self, message_type: int, payload: bytes) -> Dump:
        self.asked.append(payload)
        return self.answers[payload[0]]

    def close(self) -> None:
        self.closed = True


def exception(address: str, flags: int = RTM_F_CLONED) -> bytes:
    parts = [attribute(made.DST, made.packed(address))]
    return made.route(
        parts, family=10 if ":" in address else 2, length=128 if ":" in address else 32, flags=flags
    )


def collector(four: Dump, six: Dump) -> tuple[ExceptionsCollector, Kernel]:
    kernel = Kernel({2: four, 10: six})
    return ExceptionsCollector(lambda _: kernel), kernel  # type: ignore[arg-type,return-value]


def test_only_exceptions_are_told_and_ipv4_comes_first() -> None:
    four = made.dump([exception("10.0.0.9"), exception("10.0.0.8", flags=0)])
    it, kernel = collector(four, made.dump([exception("fd00::9")]))
    collected = it.collect()
    table = collected.tables["exceptions"]
    assert [route_text.destination(table, row) for row in range(len(table))] == ["10.0.0.9/32", "fd00::9/128"]
    assert all(payload[8:12] == RTM_F_CLONED.to_bytes(4, "little") for payload in kernel.asked)
    assert not collected.notes
    it.close()
    assert kernel.closed


def test_a_refusal_is_a_note_and_the_other_family_stays() -> None:
    it, _ = collector(failed(errno.EPERM), made.dump([exception("fd00::9")]))
    collected = it.collect()
    assert len(collected.tables["exceptions"]) == 1
    assert [note.why for note in collected.notes] == [
        "netlink refuses the cached IPv4 exceptions: operation not permitted"
    ]


def test_no_netlink_at_all() -> None:
    def refuse(_: int) -> Kernel:
        raise OSError(errno.EPROTONOSUPPORT, "no netlink")

    collected = ExceptionsCollector(refuse).collect()  # type: ignore[arg-type]
    assert not len(collected.tables["exceptions"])
    assert len(collected.notes) == 2


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exceptions, "MOST", 2)
    four = made.dump([exception(f"10.0.0.{number}") for number in range(5)])
    collected = collector(four, made.dump([]))[0].collect()
    assert len(collected.tables["exceptions"]) == 2
    assert [note.why for note in collected.notes] == ["2 of 5 cached IPv4 exceptions are told"]
