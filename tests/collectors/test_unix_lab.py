"""Unix sockets of a real namespace against ss and the kernel's own files."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import pytest

from sockscope.app.collectors import procunix, unix
from sockscope.app.collectors.base import Collected
from sockscope.app.collectors.protocols import ProtocolsCollector
from sockscope.app.frames.table import Table
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.unixscene import BACKLOG, HOSTILE, WAITING, UnixScene

pytestmark = pytest.mark.lab

KINDS = {"u_str": 1, "u_dgr": 2, "u_seq": 5}
STATES = {"ESTAB": 1, "UNCONN": 7, "LISTEN": 10}


@pytest.fixture(scope="module")
def scene() -> Iterator[UnixScene]:
    require_root_and("ss")
    with UnixScene() as made:
        yield made


@pytest.fixture(scope="module")
def hostile() -> Iterator[UnixScene]:
    require_root_and("ss")
    with UnixScene(hostile=True) as made:
        yield made


def collect(namespace: Namespace) -> Collected:
    with namespace.inside(), contextlib.closing(unix.UnixCollector()) as collector:
        return collector.collect()


def by_inode(table: Table) -> dict[int, dict[str, object]]:
    names = [name for name in table.columns if name != "path"]
    return {
        table.integer("inode", row): {
            "path": table.text("path", row),
            **{name: table.integer(name, row) for name in names},
        }
        for row in range(len(table))
    }


def test_every_socket_is_as_ss_tells_it(scene: UnixScene) -> None:
    ours = by_inode(collect(scene.namespace).tables["unix"])
    lines = [line.split() for line in scene.namespace.run(["ss", "-Hxane"]).splitlines()]
    assert {int(words[5]) for words in lines} == ours.keys()
    assert len(ours) == len(scene.sockets)
    for netid, state, received, sent, name, inode, _, peer, *more in lines:
        row = ours[int(inode)]
        assert (row["type"], row["state"]) == (KINDS[netid], STATES[state])
        assert (row["rx_queue"], row["tx_queue"]) == (int(received), int(sent))
        assert max(0, int(str(row["peer"]))) == int(peer)
        assert _as_ss(row) == name
        assert _arrows(int(str(row["shutdown"]))) in more


def _as_ss(row: dict[str, object]) -> str:
    return "*" if row["path"] is None else f"{'@' if row['abstract'] else ''}{row['path']}"


def _arrows(shutdown: int) -> str:
    return f"{'-' if shutdown & 1 else '<'}-{'-' if shutdown & 2 else '>'}"


def test_who_waits_is_who_ss_says(scene: UnixScene) -> None:
    waiting = collect(scene.namespace).tables["unix_waiting"]
    pairs = zip(waiting.numbers("listener").tolist(), waiting.numbers("client").tolist(), strict=True)
    text = scene.namespace.run(["ss", "-Hxlne"])
    (told,) = re.findall(r"@full \d+ .* peers:((?: \d+)+)", text)
    assert list(pairs) == [(scene.inode("full"), int(client)) for client in told.split()]
    assert {int(client) for client in told.split()} == {
        scene.inode(f"waiting {number}") for number in range(WAITING)
    }


def test_queues_and_ends(scene: UnixScene) -> None:
    ours = by_inode(collect(scene.namespace).tables["unix"])
    full = ours[scene.inode("full")]
    assert (full["rx_queue"], full["tx_queue"]) == (WAITING, BACKLOG)
    assert ours[scene.inode("pair's other")]["rx_queue"] == 50
    assert ours[scene.inode("client")]["peer"] == scene.inode("accepted")
    assert ours[scene.inode("left alone")]["peer"] == 0
    assert ours[scene.inode("left alone")]["shutdown"] == 3
    assert ours[scene.inode("waiting 0")]["peer"] == 0
    assert ours[scene.inode("lone")]["peer"] == unix.NO_PEER
    assert ours[scene.inode("sender")]["peer"] == scene.inode("log")
    assert {row["uid"] for row in ours.values()} == {os.getuid()}


def test_listeners_alone(scene: UnixScene) -> None:
    with scene.namespace.inside(), contextlib.closing(unix.UnixListenersCollector()) as collector:
        listeners = collector.collect().tables["unix_listeners"]
    every = collect(scene.namespace).tables["unix"]
    listening = every.take(every.numbers("state") == unix.LISTEN)
    for name in ("inode", "rx_queue", "tx_queue"):
        assert sorted(listeners.numbers(name).tolist()) == sorted(listening.numbers(name).tolist())


def test_the_file_tells_the_same_where_it_tells_anything(scene: UnixScene) -> None:
    netlink = by_inode(collect(scene.namespace).tables["unix"])
    with scene.namespace.inside():
        file = by_inode(unix.from_file(procunix.read()))
    assert file.keys() == netlink.keys()
    for inode, row in file.items():
        for name in ("path", "abstract", "type", "state"):
            assert row[name] == netlink[inode][name], name


def test_the_kernels_count_holds_what_is_not_accepted_too(scene: UnixScene) -> None:
    with scene.namespace.inside():
        counts = ProtocolsCollector().collect().tables["protocols"]
        listed = procunix.read()
    names = counts.strings("name")
    number = sum(counts.integer("sockets", row) for row in range(len(counts)) if "UNIX" in str(names[row]))
    assert len(listed) == len(scene.sockets) + WAITING
    assert number == len(listed) + 1, "and the closed end that its peer still refers to"
    late = listed.take(listed.numbers("inode") == 0)
    assert [late.text("path", row) for row in range(len(late))] == ["full"] * WAITING
    assert set(late.numbers("condition").tolist()) == {procunix.CONNECTING}


def test_sockets_of_another_namespace_do_not_show(scene: UnixScene) -> None:
    with Namespace() as other:
        assert len(collect(other).tables["unix"]) == 0
    assert len(collect(scene.namespace).tables["unix"]) == len(scene.sockets)


def test_hostile_names_come_as_they_are(hostile: UnixScene) -> None:
    ours = by_inode(collect(hostile.namespace).tables["unix"])
    for number, name in enumerate(HOSTILE):
        row = ours[hostile.inode(f"hostile {number}")]
        assert str(row["path"]).encode("utf-8", "surrogateescape") == name[1:]
        assert row["abstract"] == 1
    assert ours[hostile.inode("line end")]["path"] == hostile.broken
    assert str(ours[hostile.inode("longest")]["path"]).encode() == hostile.longest
    with hostile.namespace.inside():
        listed = by_inode(procunix.read())
    assert ours.keys() == listed.keys() - {0}
    assert listed[hostile.inode("line end")]["path"] == hostile.broken
