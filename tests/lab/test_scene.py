"""The quiet scene shows what it promises, as ss and the kernel's files see it."""

from __future__ import annotations

import os
import socket
from collections import Counter

import pytest

from tests.lab import scene as told
from tests.lab.guard import NAMESPACES
from tests.lab.need import require_root_and
from tests.lab.scene import Scene
from tests.lab.sockets import inode
from tests.lab.states import NAMES, states

pytestmark = pytest.mark.lab


def rows(scene: Scene, *options: str) -> list[list[str]]:
    """Words of every line of `ss -Hn` on the server."""
    return [line.split() for line in scene.server.run(["ss", "-HnO", *options]).splitlines()]


def test_every_state_is_there_as_often_as_promised(scene: Scene) -> None:
    assert states(scene.server) == scene.expected
    assert set(scene.expected) == {*NAMES} - {"CLOSE"}


def test_ss_counts_the_same(scene: Scene) -> None:
    names = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2"}
    seen = Counter(names.get(row[0], row[0].replace("-", "_")) for row in rows(scene, "-ta"))
    assert seen == scene.expected


def test_ends_are_held_and_given_up(scene: Scene) -> None:
    for state in ("fin-wait-1", "fin-wait-2", "last-ack", "closing"):
        inodes = [
            word for row in rows(scene, "-te", "state", state) for word in row if word.startswith("ino:")
        ]
        assert len(inodes) == 2
        assert inodes.count("ino:0") == 1, state


def test_time_wait_stays_with_who_closed_first(scene: Scene) -> None:
    local = Counter(row[2] for row in rows(scene, "-t", "state", "time-wait"))
    remote = Counter(row[3] for row in rows(scene, "-t", "state", "time-wait"))
    assert local[f"{told.SERVER}:{scene.v4.getsockname()[1]}"] == told.TIME_WAITS
    assert remote[f"{told.CLIENT}:{scene.outgoing.getsockname()[1]}"] == told.TIME_WAITS
    assert local[f"[::ffff:{told.SERVER}]:{scene.dual.getsockname()[1]}"] == 3


def test_half_open_connections_wait_at_their_listener(scene: Scene) -> None:
    found = Counter(row[2] for row in rows(scene, "-t", "state", "syn-recv"))
    assert found[f"{told.SERVER}:{scene.v4.getsockname()[1]}"] == told.HALF_OPEN
    assert found[f"[{told.SERVER_V6}]:{scene.v6.getsockname()[1]}"] == 3


def test_accept_queue_is_full_and_its_connections_have_no_owner(scene: Scene) -> None:
    port = scene.full.getsockname()[1]
    listening = [row for row in rows(scene, "-tl") if row[3].endswith(f":{port}")]
    assert [row[1:3] for row in listening] == [["5", "4"]]
    waiting = rows(scene, "-te", "state", "established", "sport", "=", f":{port}")
    assert [word for row in waiting for word in row if word.startswith("ino:")] == ["ino:0"] * 5


def test_listeners_of_every_reach(scene: Scene) -> None:
    found = {row[3]: row for row in rows(scene, "-tle")}
    assert "v6only:0" in found[f"*:{scene.dual.getsockname()[1]}"]
    assert "v6only:1" in found[f"[::]:{scene.only.getsockname()[1]}"]
    assert f"127.0.0.1:{scene.local.getsockname()[1]}" in found


def test_timers_of_every_kind_run(scene: Scene) -> None:
    timers = {
        word.split("(")[1].split(",")[0] for row in rows(scene, "-tao") for word in row if "timer:" in word
    }
    assert timers == {"on", "keepalive", "timewait", "persist"}


def test_bound_sockets_are_in_no_file_but_hold_their_port(scene: Scene) -> None:
    listed = {line.split()[9] for line in scene.server.read("/proc/net/tcp").splitlines()[1:]}
    assert str(inode(scene.bound[0])) not in listed
    with pytest.raises(OSError, match="in use"):
        scene.here.open(told.SERVER, socket.SOCK_STREAM).bind(scene.bound[0].getsockname())


def test_udp_lost_what_it_could_not_hold(scene: Scene) -> None:
    lost = {
        words[9]: words[-1] for words in map(str.split, scene.server.read("/proc/net/udp").splitlines()[1:])
    }
    assert lost[str(inode(scene.dropping))] == "7"
    assert lost[str(inode(scene.plain))] == "0"


def test_raw_sockets_show_their_protocol(scene: Scene) -> None:
    assert scene.server.read("/proc/net/raw").splitlines()[1].split()[1] == "0100007F:00FD"
    assert scene.server.read("/proc/net/raw6").splitlines()[1].split()[1].endswith(":00FE")


def test_forked_server_has_all_its_processes_as_holders(scene: Scene) -> None:
    (listener,) = [row for row in rows(scene, "-tlp") if row[3] == "127.0.0.1:7000"]
    assert listener[-1].count('"prefork"') == told.WORKERS + 1
    assert f"pid={scene.prefork.pid}," in listener[-1]


def test_some_sockets_belong_to_another_user(scene: Scene) -> None:
    owned = [row for row in rows(scene, "-tuae") if f"uid:{told.STRANGER}" in row]
    assert {row[0] for row in owned} == {"tcp", "udp"}


def test_nothing_is_left_behind() -> None:
    require_root_and("ss")
    with Scene() as made:
        places = [NAMESPACES / made.server.name, NAMESPACES / made.client.name]
        assert all(place.exists() for place in places)
    made.prefork.wait(timeout=5)
    assert not any(place.exists() for place in places)
    with pytest.raises(ProcessLookupError):
        os.kill(made.prefork.pid, 0)
