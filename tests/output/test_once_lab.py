"""What is printed once, beside netstat's output on the same namespace: row by row, blanks evened out.

Every difference that is allowed is a rule here; the help text tells them to the user.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.lab import routes
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and
from tests.lab.program import ROOT
from tests.lab.scene import Scene

pytestmark = pytest.mark.lab

NOBODY = 65534
Row = tuple[str, ...]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    require_root_and("netstat")
    with Scene() as made:
        yield made


def sockscope(namespace: Namespace, arguments: str) -> str:
    command = [sys.executable, "-P", "-m", "sockscope.app", *arguments.split()]
    return namespace.run(command, cwd=ROOT, timeout=60)


def netstat(namespace: Namespace, arguments: str) -> str:
    return namespace.run(["netstat", "-W", *arguments.split()], timeout=60)


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def rows(text: str, heads: int = 2) -> list[Row]:
    return [tuple(line.split()) for line in text.splitlines()[heads:]]


LISTENER_SEND_Q = re.compile(r"^(tcp6? +\d+ +)\d+( .* LISTEN\b)")


def without_backlog(line: str) -> str:
    """netstat has 0 where a listener's backlog belongs."""
    return LISTENER_SEND_Q.sub(r"\1-\2", line)


@pytest.mark.parametrize(
    "arguments", ["-tan", "-uan", "-wan", "-tuan", "-n", "-ln", "-4an", "-6an", "-tn", "-ltn"]
)
def test_sockets(scene: Scene, arguments: str) -> None:
    family = {"-n": "-tuw", "-ln": "-tuw"}.get(arguments, "")  # netstat would add unix sockets
    theirs = lines(netstat(scene.server, f"{arguments} {family}"))
    ours = lines(sockscope(scene.server, arguments))
    assert ours[:2] == theirs[:2]
    assert Counter(map(without_backlog, ours)) == Counter(map(without_backlog, theirs))
    assert len(ours) > 2


def test_the_width_of_columns(scene: Scene) -> None:
    """Not only the words: lines of plain IPv4 are the same to the byte."""
    theirs, ours = (tool(scene.server, "-tanoe").splitlines() for tool in (netstat, sockscope))
    assert ours[1] == theirs[1]
    plain = [line for line in theirs if " ESTABLISHED " in line and " off " in line]
    assert plain
    assert set(plain) <= set(ours)


def test_a_listeners_send_queue_is_its_backlog(scene: Scene) -> None:
    printed = {row[3]: row[2] for row in rows(sockscope(scene.server, "-tln"))}
    asked = {row[3]: row[2] for row in rows(scene.server.run(["ss", "-Htln"]), heads=0)}
    told = {
        where.removeprefix("[").replace("]", "").removeprefix("*:"): limit for where, limit in asked.items()
    }
    for where, limit in printed.items():
        assert told[where if where in told else where.rpartition(":")[2]] == limit
    assert len(printed) > 5


@pytest.mark.parametrize("arguments", ["-tulpn", "-pantu"])
def test_programs(scene: Scene, arguments: str) -> None:
    ours, theirs = (
        {key(row): row for row in rows(tool(scene.server, arguments))} for tool in (sockscope, netstat)
    )
    assert ours.keys() == theirs.keys()
    holders = {(entry["proto"], entry["inode"]): entry["pids"] for entry in sockets(scene.server, "-a")}
    every = {pid for pids in holders.values() for pid in pids or ()}
    owned = 0
    for where, row in ours.items():
        assert row[1] == theirs[where][1]
        program, their_program = owner(row), owner(theirs[where])
        if program is None or their_program is None:
            assert program == their_program
            continue
        owned += 1
        assert {int(program[0]), int(their_program[0])} <= every
        if program[2] == 0:
            assert program[0] == their_program[0]
    assert owned > 10
    (prefork,) = [row for row in ours.values() if row[3] == "127.0.0.1:7000"]
    assert prefork[-2:] == (f"{scene.prefork.pid}/prefork", "+3")


def key(row: Row) -> Row:
    return (row[0], row[3], row[4])


def owner(row: Row) -> tuple[str, str, int] | None:
    """Process number, name, and how many more hold the socket; None if nobody is named."""
    words = row[5:]
    if "/" not in "".join(words):
        return None
    words = words if "/" in words[0] else words[1:]
    more = int(words[-1]) if words[-1].startswith("+") else 0
    pid, _, name = words[0].partition("/")
    return pid, name, more


EXTENDED = re.compile(
    r"^(?P<start>tcp6? .*?) (?P<user>\S+) (?P<inode>\d+) (?P<timer>\w+) \((?P<seconds>[\d.]+)/(?P<counts>\d+/\d+)\)$"
)


def test_users_inodes_and_timers(scene: Scene) -> None:
    before, ours, after = (
        {found["start"]: found for found in map(EXTENDED.match, map(without_backlog, lines(text))) if found}
        for text in (
            netstat(scene.server, "-taoen"),
            sockscope(scene.server, "-taoen"),
            netstat(scene.server, "-taoen"),
        )
    )
    steady = before.keys() & after.keys()  # what is sent again now and then may change its queue
    assert len(steady) > 400
    unknown = 0
    for start in steady:
        our, first, last = ours[start], before[start], after[start]
        assert our["inode"] == first["inode"]
        if our["user"] == "-":  # netstat has root, who has nothing to do with it
            assert (first["user"], our["inode"]) == ("0", "0")
            unknown += 1
        elif our["inode"] != "0":
            assert our["user"] == first["user"]
        if first["timer"] != last["timer"] or first["counts"] != last["counts"]:
            continue  # went off in between
        assert our["timer"] == first["timer"]
        if float(last["seconds"]) <= float(first["seconds"]):  # netstat counts in hundredths of its own clock
            assert float(last["seconds"]) - 0.02 <= float(our["seconds"]) <= float(first["seconds"]) + 0.02
        if our["timer"] in ("off", "timewait", "keepalive"):
            assert our["counts"] == first["counts"]
    assert unknown >= 200


def test_ports_and_users_have_names_without_n(scene: Scene) -> None:
    here = scene.here
    listener = here.listen("127.0.0.1", 5432)
    asked = netstat(scene.server, "-tle --numeric-hosts")
    printed = sockscope(scene.server, "-tle --numeric-hosts")
    listener.close()
    assert "127.0.0.1:postgresql" in printed
    assert Counter(map(without_backlog, lines(printed))) == Counter(map(without_backlog, lines(asked)))


def test_a_filter_leaves_what_holds_every_word(scene: Scene) -> None:
    waiting = [
        line for line in lines(sockscope(scene.server, "-tan")) if "TIME_WAIT" in line and "10.0.0.2" in line
    ]
    filtered = lines(sockscope(scene.server, "-tan --filter time_wait"))
    assert filtered[2:]
    assert set(filtered[2:]) >= set(waiting)
    assert all("TIME_WAIT" in line for line in filtered[2:])
    nothing = lines(sockscope(scene.server, "-tan --filter nosuchword"))
    assert len(nothing) == 2


def sockets(namespace: Namespace, arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in sockscope(namespace, f"--json {arguments}").splitlines()]
