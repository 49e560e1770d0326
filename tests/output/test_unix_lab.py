"""Unix sockets printed once, beside netstat's and ss's output on the same namespace.

Blanks are evened out; what else may differ is a rule here.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.need import require_root_and
from tests.lab.program import ROOT
from tests.lab.unixscene import BACKLOG, WAITING, UnixScene

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def scene() -> Iterator[UnixScene]:
    require_root_and("netstat", "ss")
    with UnixScene() as made:
        yield made


def sockscope(scene: UnixScene, arguments: str) -> str:
    command = [sys.executable, "-P", "-m", "sockscope.app", *arguments.split()]
    return scene.namespace.run(command, cwd=ROOT, timeout=60)


def netstat(scene: UnixScene, arguments: str) -> str:
    return scene.namespace.run(["netstat", "-W", *arguments.split()], timeout=60)


def objects(scene: UnixScene, arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sockscope(scene, f"{arguments} --json").splitlines()]


def even(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.parametrize("arguments", ["-xan", "-xn", "-xln", "-xaen"])
def test_every_line_is_netstats(scene: UnixScene, arguments: str) -> None:
    ours, theirs = even(sockscope(scene, arguments)), even(netstat(scene, arguments))
    assert ours[:2] == theirs[:2]
    assert Counter(ours) == Counter(theirs)
    assert len(ours) > 4


def test_to_the_byte(scene: UnixScene) -> None:
    """But for blanks at the ends of lines."""
    ours, theirs = (
        Counter(line.rstrip() for line in tool(scene, "-xan").splitlines()) for tool in (sockscope, netstat)
    )
    assert ours == theirs


@pytest.mark.parametrize("arguments", ["-xlnp", "-xanp"])
def test_programs(scene: UnixScene, arguments: str) -> None:
    """netstat cuts names; the processes are the same."""
    ours, theirs = (
        Counter(_without_name(line.split()) for line in tool(scene, arguments).splitlines()[2:])
        for tool in (sockscope, netstat)
    )
    assert ours == theirs
    assert any(f"{os.getpid()}/" in words for words in ours)


def _without_name(words: list[str]) -> tuple[str, ...]:
    return tuple(
        word.partition("/")[0] + "/" if word[0].isdigit() and "/" in word else word for word in words
    )


def test_internet_sockets_come_first(scene: UnixScene) -> None:
    for arguments in ("-an", "-xtan"):
        ours, theirs = even(sockscope(scene, arguments)), even(netstat(scene, arguments))
        assert [line for line in ours if line.startswith("Active")] == [
            line for line in theirs if line.startswith("Active")
        ]
        assert Counter(ours) == Counter(theirs)
    assert not any("UNIX" in line for line in even(sockscope(scene, "-tan")))


def test_json_tells_peers_and_queues_as_ss_does(scene: UnixScene) -> None:
    rows = {row["inode"]: row for row in objects(scene, "-xa") if row["inode"]}
    lines = [line.split() for line in scene.namespace.run(["ss", "-Hxanp"]).splitlines()]
    assert {int(words[5]) for words in lines} == rows.keys()
    for _, state, received, sent, _, inode, _, peer, *more in lines:
        row = rows[int(inode)]
        assert row["peer_inode"] == (int(peer) or None)
        assert (row["recv_q"], row["send_q"]) == (int(received), int(sent))
        queue = (int(received), int(sent)) if state == "LISTEN" else (None, None)
        assert (row["accept_queue"], row["backlog"]) == queue
        assert f"pid={row['pid']}," in more[0]
        assert row["pids"] == [row["pid"]]
        if int(peer):
            assert row["peer_pid"] == os.getpid()
    full = rows[scene.inode("full")]
    assert (full["accept_queue"], full["backlog"], full["path"]) == (WAITING, BACKLOG, "@full")
    assert rows[scene.inode("client")]["peer_path"] == str(scene.directory / "server.sock")
    assert {row["proto"] for row in rows.values()} == {"unix"}
    assert {row["refcnt"] for row in rows.values()} >= {2, 3}


def test_what_is_not_accepted_yet(scene: UnixScene) -> None:
    late = [row for row in objects(scene, "-xa") if row["state"] == "CONNECTING"]
    assert [(row["path"], row["inode"], row["pid"]) for row in late] == [("@full", None, None)] * WAITING
    waiting = [row for row in objects(scene, "-xa") if row["inode"] == scene.inode("waiting 0")]
    assert waiting[0]["peer_pid"] == os.getpid(), "its listener's process"


def test_one_table_of_both_kinds(scene: UnixScene) -> None:
    made = list(csv.DictReader(sockscope(scene, "-a --csv").splitlines()))
    kinds = Counter(row["proto"] for row in made)
    assert kinds == Counter(row["proto"] for row in objects(scene, "-a"))
    assert kinds["unix"] == len(scene.sockets) + WAITING
    assert all(row["local_address"] == "" for row in made if row["proto"] == "unix")


def test_a_filter(scene: UnixScene) -> None:
    paths = {row["path"] for row in objects(scene, "-xa --filter packets")}
    assert paths == {"@packets", None}, "the client has no name, but leads to one that has"


def test_hostile_names_take_one_line_each() -> None:
    require_root_and("netstat")
    with UnixScene(hostile=True) as made:
        text = sockscope(made, "-xan")
        rows = objects(made, "-xa")
    assert not set(map(ord, text)) & ({*range(32), *range(127, 160)} - {ord("\n")})
    assert len(text.splitlines()) == 2 + len(made.sockets) + WAITING
    paths = {row["path"] for row in rows}
    assert paths >= {"@two^@parts^@^@", "@^[[2J^Jfoo", "@", "@\\xff\\xfe", made.longest.decode()}
    assert f"{made.directory}/line^Jend ^[]0;x^G" in paths
