"""Questions about single sockets: their bytes, and what is made of the answers."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence

import pytest

from sockscope.app.collectors import onesocket
from sockscope.app.collectors.inetdiag import INET_DIAG_CGROUP_ID, INET_DIAG_INFO, INET_DIAG_MARK
from sockscope.app.collectors.netlink import Dump
from sockscope.app.collectors.onesocket import MOST, WHOLE, OneSocketCollector, request_of
from sockscope.app.collectors.questions import OneSocket
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control, decode
from tests.collectors.test_netlink import attribute, dump_of
from tests.collectors.test_sockets import message, row

TCP, UDP, MPTCP = socket.IPPROTO_TCP, socket.IPPROTO_UDP, 262
V4, V6 = socket.AF_INET, socket.AF_INET6
PEER = OneSocket(V4, TCP, "10.0.0.5", 443, "198.51.100.7", 50001, 3, 0x1_0000_0007)
LISTENER = OneSocket(V6, TCP, "::", 443, "::", 0, 0, 8, state=10)
INFO_AND_CONGESTION = 0b1010


def test_a_socket_with_a_peer_is_named_exactly() -> None:
    asked = request_of(PEER, info=True)
    assert len(asked) == 56
    assert struct.unpack_from("=BBBx", asked) == (V4, TCP, INFO_AND_CONGESTION)
    assert struct.unpack_from("!HH", asked, 8) == (443, 50001)
    assert asked[12:16] == bytes([10, 0, 0, 5])
    assert asked[28:32] == bytes([198, 51, 100, 7])
    assert struct.unpack_from("=IQ", asked, 44) == (3, 0x1_0000_0007)
    assert request_of(PEER, info=False)[2] == 0


@pytest.mark.parametrize("protocol", [UDP, TCP])
def test_one_without_a_peer_is_looked_for_at_its_port_in_its_state(protocol: int) -> None:
    question = LISTENER._replace(protocol=protocol, state=7)
    asked = request_of(question, info=True)
    assert not question.alone
    assert struct.unpack_from("=BB", asked) == (V6, protocol)
    assert struct.unpack_from("=I", asked, 4) == (1 << 7,)
    assert struct.unpack_from("!HH", asked, 8) == (443, 0)
    assert asked[12:44] == bytes(32)
    assert asked[48:] == b"\xff" * 8


def test_only_tcp_is_asked_for_its_tcp_info() -> None:
    assert request_of(OneSocket(V4, UDP, "10.0.0.5", 53, "10.0.0.6", 53, 0, 9), info=True)[2] == 0
    asked = request_of(PEER._replace(protocol=MPTCP), info=True)
    assert asked[2] == 0
    assert struct.unpack_from("=HHI", asked, 56) == (8, 3, MPTCP)


def test_questions_travel_to_the_sampler() -> None:
    order = Control(frozenset({"asked_sockets"}), questions=(PEER, LISTENER))
    assert decode(order.encode().strip()) == order
    assert order.asks(Control(questions=(LISTENER,)))
    assert not Control(questions=(LISTENER,)).asks(order)
    assert not order.widens(Control())  # an answer needs no tick


@pytest.mark.parametrize(
    "question",
    [
        ["sockets", 2],
        ["asked_sockets", 2, 6],
        ["asked_sockets", "two", 6, "::", 1, "::", 2, 0, 7],
        ["asked_sockets", *range(11)],
        [],
        5,
    ],
)
def test_what_is_no_question_is_refused(question: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(json.dumps({"questions": [question]}).encode())


class Kernel:
    """Answers with made-up messages, and keeps what it was asked."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = list(messages)
        self.asked: list[tuple[str, bytes]] = []

    def __call__(self, _: int) -> Kernel:
        return self

    def ask(self, kind: int, payload: bytes) -> Dump:
        assert kind == 20
        self.asked.append(("one", payload))
        return dump_of(self.messages[:1])

    def dump(self, kind: int, payload: bytes) -> Dump:
        assert kind == 20
        self.asked.append(("dump", payload))
        return dump_of(self.messages)

    def close(self) -> None:
        pass


def told(number: int, state: int = 1, info: int = 280) -> bytes:
    attributes = attribute(INET_DIAG_MARK, struct.pack("=I", 7)) if number % 2 else b""
    attributes += attribute(INET_DIAG_CGROUP_ID, struct.pack("=Q", 2**63))
    return message(
        row(number, state), 20, attributes + (attribute(INET_DIAG_INFO, bytes(info)) if info else b"")
    )


def answers(
    kernel: Kernel,
    monkeypatch: pytest.MonkeyPatch,
    questions: Sequence[OneSocket],
    wanted: frozenset[str] = frozenset(),
) -> tuple[Table, Table]:
    monkeypatch.setattr(onesocket, "NetlinkSocket", kernel)
    collector = OneSocketCollector()
    collector.choose(wanted, None)
    collector.ask(questions)
    collected = collector.collect()
    assert not collected.notes
    return collected.tables["asked_sockets"], collected.tables["asked_tcp_info"]


def test_an_answer_has_mark_cgroup_and_tcp_info(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(told(5))
    found, info = answers(kernel, monkeypatch, [PEER._replace(cookie=5)])
    assert [how for how, _ in kernel.asked] == ["one"]
    assert {name: found.numbers(name).tolist() for name in ("cookie", "mark", "cgroup")} == {
        "cookie": [5],
        "mark": [7],
        "cgroup": [2**63],
    }
    assert found.text("path", 0) is None  # there is no such cgroup
    assert info.numbers("cookie").tolist() == [5]
    assert info.taken == found.taken > 0


def test_of_several_at_a_port_the_cookie_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(told(4, 10), told(8, 10), told(9, 10))
    found, info = answers(kernel, monkeypatch, [LISTENER])
    assert [how for how, _ in kernel.asked] == ["dump"]
    assert found.numbers("cookie").tolist() == [8]
    assert found.numbers("mark").tolist() == [-1]
    assert len(info) == 0


def test_what_another_socket_answers_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    found, info = answers(Kernel(told(5)), monkeypatch, [PEER])
    assert len(found) == len(info) == 0


@pytest.mark.parametrize(
    "broken",
    [
        PEER._replace(local_address="::1"),
        PEER._replace(local_port=70_000),
        PEER._replace(cookie=2**64),
        PEER._replace(family=77),
        LISTENER._replace(state=-1),
    ],
)
def test_what_cannot_be_asked_has_no_answer(monkeypatch: pytest.MonkeyPatch, broken: OneSocket) -> None:
    kernel = Kernel(told(5))
    found, _ = answers(kernel, monkeypatch, [broken, PEER._replace(cookie=5)])
    assert found.numbers("cookie").tolist() == [5]
    assert len(kernel.asked) == 1


def test_what_is_collected_of_all_is_not_asked_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(told(5, info=0))
    found, info = answers(kernel, monkeypatch, [PEER._replace(cookie=5)], frozenset({"tcp_info"}))
    assert kernel.asked[0][1][2] == 0
    assert (len(found), len(info)) == (1, 0)
    kernel.asked.clear()
    answers(kernel, monkeypatch, [PEER], WHOLE | {"sockets"})
    assert not kernel.asked


def test_questions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    found, info = answers(kernel, monkeypatch, [PEER._replace(cookie=number) for number in range(2 * MOST)])
    assert len(kernel.asked) == MOST
    assert len(found) == len(info) == 0
