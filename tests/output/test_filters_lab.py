"""A filter leaves the rows that ss leaves for the same expression."""

from __future__ import annotations

import io
import json
import socket
from collections import Counter
from collections.abc import Iterator

import pytest

from sockscope.app.frames.frame import Frame
from sockscope.app.gather import Gatherer
from sockscope.app.once import Printer
from sockscope.app.options import apply, parse
from sockscope.app.settings import Settings
from tests.lab.need import require_root_and
from tests.lab.scene import CLIENT, CLIENT_V6, SERVER, SERVER_V6, Scene

pytestmark = pytest.mark.lab

Row = tuple[str, str, str, str, str]

MARK = 0x2A
EXPRESSIONS = (
    "state all",
    "state established",
    "state time-wait",
    "state syn-recv",
    "state listening",
    "state connected",
    "state synchronized",
    "state bucket",
    "state big",
    "state time-wait state close-wait",
    "exclude listening",
    "exclude connected",
    "state all exclude time-wait exclude unconnected",
    f"src {SERVER}",
    f"dst {CLIENT}",
    f"dst = {CLIENT}/24",
    "dst 10.0.0.0/8",
    "src 127.0.0.0/8",
    "src ::/0",
    f"dst {CLIENT_V6}/64",
    f"not dst {CLIENT}/24",
    "src *:7000",
    "sport = :7000",
    "sport != :7000",
    "sport ge :1024 and sport lt :40000",
    "dport gt :40000",
    "dport = :0",
    "( sport = :7000 or dport = :7000 )",
    "not ( sport = :7000 or dst 127.0.0.0/8 )",
    f"state established ( src {SERVER} and ( dport gt :1024 or dport eq :53 ) )",
    f"state connected not src {SERVER}/32",
    f"( src {SERVER} and not dst {CLIENT} ) or ( dst 127.0.0.0/8 and sport gt :1 )",
    "dev = eth0",
    "dev != eth0",
    "dev = 2",
    f"dst inet:{CLIENT}",
    f"src inet6:[{SERVER_V6}]",
    "sport = inet:7000",
    "sport gt inet6::1024",
    "fwmark = 0x2a",
    "fwmark = 40/0xf8",
    "not fwmark = 42",
    "fwmark != 42",
)
"""With parentheses wherever ss's precedence differs from the usual one."""


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    require_root_and("ss")
    with Scene() as made:
        made.plain.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        yield made


@pytest.fixture(scope="module")
def frame(scene: Scene) -> Frame:
    with scene.server.inside():
        gatherer = Gatherer(chosen("all"), frozenset({"marks"}))
        try:
            return gatherer.frame()
        finally:
            gatherer.close()


def chosen(expression: str) -> Settings:
    return apply(parse(["-tuan", "--json", "--filter", expression]), Settings())


def ours(expression: str, frame: Frame) -> Counter[Row]:
    out = io.StringIO()
    Printer(chosen(expression), out).print(frame)
    told = map(json.loads, out.getvalue().splitlines())
    return Counter(
        (
            row["proto"].removesuffix("6"),
            row["local_address"],
            str(row["local_port"]),
            row["remote_address"],
            str(row["remote_port"]),
        )
        for row in told
    )


def theirs(expression: str, scene: Scene) -> Counter[Row]:
    words = ["ss", "-Hntua", *expression.split()]
    lines = (line.split() for line in scene.server.run(words).splitlines())
    return Counter((line[0], *end(line[-2]), *end(line[-1])) for line in lines)


def end(text: str) -> tuple[str, str]:
    host, _, port = text.rpartition(":")
    host = host.partition("%")[0].strip("[]")
    return ("::" if host == "*" else host).removeprefix("::ffff:"), "0" if port == "*" else port


def usual(rows: Counter[Row]) -> Counter[Row]:
    """Mapped addresses as IPv4; ss has one word for every peer that is not told."""
    every = ("0.0.0.0", "::")
    short: Counter[Row] = Counter()
    for (proto, here, port, there, peer), number in rows.items():
        short[
            proto,
            here.removeprefix("::ffff:"),
            port,
            "*" if there in every else there.removeprefix("::ffff:"),
            peer,
        ] += number
    return short


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same_rows_as_ss(expression: str, scene: Scene, frame: Frame) -> None:
    mine = usual(ours(expression, frame))
    assert mine == usual(theirs(expression, scene))
    assert mine
