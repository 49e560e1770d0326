"""Marks of real sockets against ss, and what is left of them without the right to see them."""

from __future__ import annotations

import contextlib
import re
import socket
import struct

import pytest

from sockscope.app.collectors.sockets import SocketsCollector
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

MARKS = {4001: 0x2A, 4002: 0xFFFFFFFF, 4003: 0}
SO_MARK = 36


def collected(wanted: frozenset[str]) -> dict[int, int]:
    """Marks by local port; none where they are not collected."""
    with contextlib.closing(SocketsCollector()) as collector:
        collector.choose(wanted, None)
        tables = collector.collect().tables
    if "marks" not in tables:
        return {}
    ports, marks = tables["sockets"].numbers("local_port"), tables["marks"].numbers("mark")
    assert len(ports) == len(marks)
    return dict(zip(ports.tolist(), marks.tolist(), strict=True))


def test_marks_are_those_that_ss_tells() -> None:
    require_root_and("ss")
    with Namespace() as lab, contextlib.ExitStack() as open_ones:
        for place, (port, mark) in enumerate(MARKS.items()):
            kind = socket.SOCK_STREAM if place % 2 else socket.SOCK_DGRAM
            each = open_ones.enter_context(lab.socket(socket.AF_INET, kind))
            each.setsockopt(socket.SOL_SOCKET, SO_MARK, struct.pack("=I", mark))
            each.bind(("127.0.0.1", port))
            if kind == socket.SOCK_STREAM:
                each.listen()
        with lab.inside():
            assert collected(frozenset({"sockets"})) == {}
            told = collected(frozenset({"sockets", "marks"}))
        said = lab.run(["ss", "-Htuane"])
    assert told == MARKS
    for line in said.splitlines():
        port = int(re.findall(r"127\.0\.0\.1:(\d+)", line)[0])
        shown = re.search(r"fwmark:(0x[0-9a-f]+)", line)
        assert told[port] == (int(shown[1], 16) if shown else 0)
