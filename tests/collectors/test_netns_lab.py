"""Going over to real namespaces: who does, and what stays where it was."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sockscope.app.collectors import netns
from sockscope.app.collectors.netns import HeldCollector
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control
from sockscope.app.sources.child import sampler
from sockscope.app.sources.local import LocalSampler
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.program import ROOT, Port, Program
from tests.lab.sockets import Sockets
from tests.lab.start import started

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def _rights() -> None:
    require_root_and("ss", "setpriv")


def _own() -> int:
    return Path("/proc/thread-self/ns/net").stat().st_ino


def test_only_the_thread_inside_is_inside() -> None:
    before = _own()
    with Namespace() as there:
        found = netns.find(there.name)
        assert netns.inside(found, _own) == found.inode != before
        names = netns.inside(found, socket.if_nameindex)
        assert [name for _, name in names] == ["lo"]
    assert _own() == before


def test_a_namespace_that_loses_its_name_is_told() -> None:
    with Namespace() as there:
        watch = HeldCollector(there.name)
        assert watch.collect().notes == ()
        there.close()
        (note,) = watch.collect().notes
        assert note.why == f"netns {there.name} is gone: this is what is left"


def _once(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-P", "-m", "sockscope.app", "--once", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_printing_looks_into_the_namespace_by_name_and_by_process() -> None:
    with Namespace() as there, Sockets(there) as sockets:
        listener = sockets.listen("127.0.0.1")
        port = listener.getsockname()[1]
        sleeper = there.popen(["sleep", "60"])
        ss = there.run(["ss", "-Htln"]).split()
        assert f"127.0.0.1:{port}" in ss
        for target in (there.name, str(sleeper.pid)):
            printed = _once("--netns", target, "-tln").stdout.splitlines()[2:]
            assert [line.split()[3] for line in printed] == [f"127.0.0.1:{port}"]
        assert _once("--netns", there.name, "-i").stdout.splitlines()[2].split()[0] == "lo"
        here = _once("-tln").stdout
        assert f"127.0.0.1:{port} " not in here
        sleeper.kill()
        sleeper.wait()


def test_a_refusal_is_one_line_and_status_1() -> None:
    with Namespace() as there:
        refused = _once("--netns", there.name, before=("setpriv", "--bounding-set=-sys_admin"))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"sockscope: network namespace '{there.name}': operation not permitted (looking into it takes root)\n"
    )


def test_a_name_that_nobody_has_is_one_line_and_status_1() -> None:
    refused = _once("--netns", "nobody-has-this-name")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "sockscope: there is no network namespace 'nobody-has-this-name' in /run/netns\n"
    )


def _frames(source: LocalSampler, wanted: set[str]) -> Frame:
    source.order(Control(frozenset(wanted), 0.1))
    return source.next()


def _names(links: Table) -> set[str]:
    return set(links.strings("name").values)


def _indices(links: Table) -> set[int]:
    return {0, *links.numbers("index").tolist()}


def test_every_collector_of_the_sampler_is_inside() -> None:
    wanted = {"sockets", "links", "routes", "counters", "groups", "protocols", "rules", "owners"}
    with Namespace() as there, Sockets(there) as sockets:
        there.ip("link", "add", "only-there", "type", "veth", "peer", "name", "its-peer")
        there.ip("link", "set", "only-there", "up")
        there.ip("route", "add", "10.99.0.0/16", "dev", "only-there")
        there.ip("rule", "add", "priority", "77", "to", "10.98.0.0/16", "lookup", "99")
        listener = sockets.listen("127.0.0.1")
        source = LocalSampler(sampler(10.0, there.name))
        try:
            frame = _frames(source, wanted)
            assert frame.host.netns == there.name
            assert frame.host.namespace == netns.find(there.name).inode
            tables = frame.tables
            assert tables["sockets"].numbers("local_port").tolist() == [listener.getsockname()[1]]
            assert _names(tables["links"]) == {"lo", "only-there", "its-peer"}
            assert set(tables["routes"].numbers("device").tolist()) <= _indices(tables["links"])
            assert 77 in tables["rules"].numbers("priority")
            while not frame.tables.get("owners"):
                frame = source.next()
            inode = os.fstat(listener.fileno()).st_ino
            assert inode in frame.tables["owners"].numbers("inode")
            subprocess.run(["ip", "netns", "del", there.name], check=True)
            while not any(note.table == "netns" for note in frame.notes):
                frame = source.next()
        finally:
            source.close()


def test_a_sampler_that_may_not_go_in_says_so() -> None:
    source = LocalSampler(sampler(10.0, "nobody-has-this-name"))
    try:
        with pytest.raises(Exception, match="no network namespace 'nobody-has-this-name'"):
            _frames(source, {"sockets"})
    finally:
        source.close()


@pytest.mark.everywhere
def test_printing_everything_tells_the_namespace_and_the_process_of_each_socket() -> None:
    with Namespace() as one, Namespace() as other:
        expected = set()
        for namespace in (one, other):
            program = Program("web", ports=(Port("127.0.0.1", 8080),))
            server = started(namespace, program, 60)
            expected.add(("127.0.0.1:8080", f"{server.pid}/web", namespace.name))
        text = [line.split() for line in _once("--netns", "all", "-tlnp").stdout.splitlines()[1:]]
        assert text[0][-1] == "Namespace"
        names = {one.name, other.name}
        assert {(row[3], row[6], row[7]) for row in text[1:] if row[7] in names} == expected
        answers = [json.loads(line) for line in _once("--netns", "all", "-tl", "--json").stdout.splitlines()]
        told = {
            (row["netns"], row["netns_inode"], row["process"]) for row in answers if row["netns"] in names
        }
        assert told == {(each.name, netns.find(each.name).inode, "web") for each in (one, other)}
        chosen = _once("--netns", "all", "-tln", "--filter", f"ns = {one.name}").stdout.splitlines()[2:]
        assert [line.split()[3] for line in chosen] == ["127.0.0.1:8080"]


def test_looking_everywhere_takes_root() -> None:
    refused = _once("--netns", "all", before=("setpriv", "--bounding-set=-sys_admin"))
    assert refused.returncode == 1
    assert "'all': operation not permitted (looking into it takes root)" in refused.stderr
