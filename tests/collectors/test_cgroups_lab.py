"""Sockets opened in cgroups that the test makes, beside what `ss --cgroup` says of the same sockets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sockscope.app.collectors.cgroups import mounted
from tests.lab.namespace import Namespace
from tests.lab.need import do_without, require_root_and

SERVICE = "lab-units.slice/lab-web.service"
DOCKER = "lab-units.slice/docker-" + "3f2a" * 16 + ".scope"

_WORK = """
import os, socket, sys, time
with open(sys.argv[1] + "/cgroup.procs", "w") as file:
    file.write(str(os.getpid()))
listener = socket.socket()
listener.bind(("127.0.0.1", int(sys.argv[2])))
listener.listen()
client = socket.create_connection(listener.getsockname())
taken, _ = listener.accept()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("127.0.0.1", int(sys.argv[2])))
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def _cgroup(path: str) -> Iterator[Path]:
    """A cgroup, removed with all above it that the test made."""
    found = mounted()
    if found is None:
        do_without("needs a mounted cgroup2 file system")
    top = Path(found[0])
    try:
        (top / path).mkdir(parents=True)
    except OSError as refused:
        do_without(f"needs cgroups that can be made: {refused}")
    try:
        yield top / path
    finally:
        for each in (top / path, *(top / path).parents):
            if each == top or any(child.is_dir() for child in each.iterdir()):
                break
            each.rmdir()


@contextmanager
def _work(namespace: Namespace, cgroup: Path, port: int) -> Iterator[None]:
    """A process in the cgroup, with sockets in the namespace; `ip netns exec` would hide the cgroups."""
    with namespace.inside():
        process = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(cgroup), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield
    finally:
        process.communicate()


_LOOK = """
import json, os, sys
from sockscope.app.collectors.sockets import SocketsCollector
if len(sys.argv) > 1:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
collector = SocketsCollector()
collector.choose(frozenset({"sockets", "cgroups", "cgroup_paths"}), None)
tables = collector.collect().tables
known = tables["cgroup_paths"]
paths = {int(number): known.text("path", row) for row, number in enumerate(known.numbers("id"))}
rows, ids = tables["sockets"], tables["cgroups"].numbers("id")
assert len(rows) == len(ids)
names = ("protocol", "state", "local_port", "remote_port")
columns = [rows.numbers(name).tolist() for name in names]
print(json.dumps([[*row, paths.get(number)] for *row, number in zip(*columns, ids.tolist())]))
"""


def _looked(namespace: Namespace, *who: str) -> list[list[int | str | None]]:
    with namespace.inside():
        told = subprocess.run([sys.executable, "-c", _LOOK, *who], check=True, capture_output=True, text=True)
    rows: list[list[int | str | None]] = json.loads(told.stdout)
    return rows


def _ss(namespace: Namespace) -> dict[tuple[str, str], str]:
    """The cgroup of each socket by its local and remote end, as ss says."""
    with namespace.inside():
        text = subprocess.run(["ss", "-tuanH", "--cgroup"], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in text.splitlines():
        words = line.split()
        path = re.search(r"cgroup:(\S+)", line)
        found[f"{words[0]} {words[4].rpartition(':')[2]}", words[5].rpartition(":")[2]] = (
            path[1] if path else ""
        )
    return found


@pytest.mark.lab
@pytest.mark.parametrize("who", [(), ("nobody",)])
def test_every_socket_tells_its_cgroup_to_everybody(namespace: Namespace, who: tuple[str, ...]) -> None:
    require_root_and("ss")
    with (
        _cgroup(SERVICE) as service,
        _cgroup(DOCKER) as container,
        _work(namespace, service, 8001),
        _work(namespace, container, 8002),
    ):
        mine, theirs = _looked(namespace, *who), _ss(namespace)
    protocols = {6: "tcp", 17: "udp"}
    assert len(mine) == len(theirs) == 8
    for protocol, _, local, remote, path in mine:
        assert isinstance(protocol, int)
        ends = f"{protocols[protocol]} {local}", str(remote or "*")
        assert path == theirs[ends]
    paths = {str(path) for *_, path in mine}
    assert paths == {f"/{SERVICE}", f"/{DOCKER}"}


@pytest.mark.lab
def test_a_cgroup_that_was_removed_is_not_looked_for_for_ever(namespace: Namespace) -> None:
    """The process has moved on, and its cgroup is gone; the sockets still name it."""
    require_root_and("ss")
    found = mounted()
    with _cgroup(SERVICE) as service, _work(namespace, service, 8003):
        assert found is not None
        pid = (service / "cgroup.procs").read_text()
        Path(found[0], "cgroup.procs").write_text(pid)
        service.rmdir()
        try:
            paths = {path for *_, path in _looked(namespace)}
        finally:
            service.mkdir()
    assert paths == {None}
