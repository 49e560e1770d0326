"""struct tcp_info of real connections, against what ss makes of it."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator

import pytest

from sockscope.app.collectors.sockets import SocketsCollector
from sockscope.app.collectors.tcpinfo import FIELDS
from sockscope.app.frames.table import Table
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

WAIT = 0.25
"""Seconds until delayed acknowledgements are sent and nothing moves any more."""


@pytest.fixture
def talk() -> Iterator[tuple[Namespace, SocketsCollector]]:
    """Connections of both families that have sent different amounts, one with a peer that reads nothing."""
    require_root_and("ss")
    with Namespace() as namespace, contextlib.ExitStack() as held:
        with namespace.inside():
            collector = held.enter_context(contextlib.closing(SocketsCollector()))
            for place, (family, host) in enumerate(
                ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")), 1
            ):
                listener = held.enter_context(socket.create_server((host, 0), family=family))
                for size in (0, 10 * place, 30_000 * place):
                    client = held.enter_context(socket.create_connection(listener.getsockname()[:2]))
                    server = held.enter_context(listener.accept()[0])
                    client.sendall(bytes(size))
                    if size:
                        server.recv(size, socket.MSG_WAITALL)
                        server.send(b"thanks" * place)
            stuck = held.enter_context(socket.create_connection(listener.getsockname()[:2]))
            stuck.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    stuck.send(bytes(65536))
        time.sleep(WAIT)
        yield namespace, collector


def info(collector: SocketsCollector) -> tuple[Table, Table]:
    collector.choose(frozenset({"sockets", "tcp_info"}), None)
    tables = collector.collect().tables
    return tables["tcp_info"], tables["sockets"]


def told_by_ss(namespace: Namespace) -> dict[int, dict[str, int]]:
    """By cookie; what ss does not print is zero."""
    found = {}
    for line in namespace.run(["ss", "-HtniOe", "state", "established"]).splitlines():
        words = dict(word.split(":", 1) for word in line.split() if ":" in word)
        rate = re.search(r"delivery_rate (\d+)bps", line)
        found[int(words["sk"], 16)] = {
            "rtt": round(float(words["rtt"].split("/")[0]) * 1000),
            "min_rtt": round(float(words.get("minrtt", 0)) * 1000),
            "snd_cwnd": int(words["cwnd"]),
            "delivery_rate": int(rate[1]) // 8 if rate else 0,
            "total_retrans": int(words.get("retrans", "0/0").split("/")[1]),
            "notsent": int(words.get("notsent", 0)),
            **{
                name: int(words.get(name, 0))
                for name in (
                    "bytes_sent", "bytes_acked", "bytes_received", "bytes_retrans", "segs_out", "segs_in",
                    "unacked",
                )
            },
        }  # fmt: skip
    return found


def test_every_connection_reads_as_ss_reads_it(talk: tuple[Namespace, SocketsCollector]) -> None:
    namespace, collector = talk
    ours, _ = info(collector)
    theirs = told_by_ss(namespace)
    again, _ = info(collector)
    assert set(ours.numbers("cookie").tolist()) == theirs.keys()
    assert len(ours) == 14
    compared = 0
    for row, cookie in enumerate(ours.numbers("cookie").tolist()):
        for name, value in theirs[cookie].items():
            bounds = sorted((ours.integer(name, row), again.integer(name, row)))
            assert bounds[0] <= value <= bounds[1], (name, cookie)
            compared += value > 0
    assert compared > 6 * len(ours)
    assert max(ours.numbers("notsent")) > 0
    assert set(ours.numbers("ca_state").tolist()) == {0}


def test_every_algorithm_is_the_one_that_ss_names(talk: tuple[Namespace, SocketsCollector]) -> None:
    namespace, collector = talk
    ours, _ = info(collector)
    theirs = dict(
        re.findall(
            r"sk:(\w+).*? (\w+) (?:wscale|rto)", namespace.run(["ss", "-HtniOe", "state", "established"])
        )
    )
    named = {
        f"{cookie:x}": ours.text("congestion", row)
        for row, cookie in enumerate(ours.numbers("cookie").tolist())
    }
    assert named == theirs


def test_time_since_the_last_data_passes(talk: tuple[Namespace, SocketsCollector]) -> None:
    _, collector = talk
    before, _ = info(collector)
    time.sleep(0.05)
    after, _ = info(collector)
    passed = after.numbers("last_data_recv") >= before.numbers("last_data_recv") + 45
    assert passed.sum() >= len(passed) - 2  # the one that is stuck may still be probed
    assert set(before.columns) == {"cookie", "congestion", *FIELDS}


def test_rows_are_the_same_with_and_without(talk: tuple[Namespace, SocketsCollector]) -> None:
    _, collector = talk
    _, rows = info(collector)
    collector.choose(frozenset({"sockets"}), None)
    plain = collector.collect().tables["sockets"]
    for name in ("cookie", "state", "family", "local_port", "remote_port", "inode", "v6only"):
        assert rows.numbers(name).tolist() == plain.numbers(name).tolist()
