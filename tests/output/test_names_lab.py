"""Names of hosts as printed, beside netstat's, with files of names that only these commands see."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.names import from_files
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and
from tests.lab.program import ROOT

pytestmark = pytest.mark.lab

HOSTS = "127.0.0.1 localhost\n127.0.0.9 db-nine.example db\n::1 ip6-localhost\n10.9.0.7 router-7.example\n"


class Names:
    """A namespace with connections between named and nameless ends."""

    def __init__(self, namespace: Namespace, hosts: Path) -> None:
        self._namespace, self._hosts = namespace, hosts
        self._hosts.write_text(HOSTS, "ascii")

    def run(self, *command: str) -> str:
        return self._namespace.run(from_files(command, self._hosts), cwd=ROOT, timeout=60)

    def ours(self, *arguments: str) -> str:
        return self.run(sys.executable, "-P", "-m", "sockscope.app", *arguments)

    def netstat(self, *arguments: str) -> str:
        return self.run("netstat", "-W", *arguments)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Names]:
    require_root_and("netstat", "unshare")
    with Namespace() as namespace, ExitStack() as held:
        for family, where, port in (
            (socket.AF_INET, "127.0.0.9", 5432),
            (socket.AF_INET, "127.0.0.77", 8080),
            (socket.AF_INET6, "::1", 80),
        ):
            server = held.enter_context(namespace.socket(family, socket.SOCK_STREAM))
            server.bind((where, port))
            server.listen()
            client = held.enter_context(namespace.socket(family, socket.SOCK_STREAM))
            client.connect((where, port))
        for family, where in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):
            anywhere = held.enter_context(namespace.socket(family, socket.SOCK_DGRAM))
            anywhere.bind((where, 53 if family == socket.AF_INET else 5353))
        namespace.ip("link", "add", "d0", "type", "veth", "peer", "name", "d1")
        namespace.ip("address", "add", "10.9.0.1/24", "dev", "d0")
        namespace.ip("link", "set", "d0", "up")
        namespace.ip("route", "add", "10.5.0.0/16", "via", "10.9.0.7")
        namespace.ip("route", "add", "10.9.0.7/32", "dev", "d0")
        namespace.ip("route", "add", "10.9.0.8/32", "dev", "d0")
        yield Names(namespace, tmp_path_factory.mktemp("names") / "hosts")


def ends(text: str) -> list[tuple[str, ...]]:
    """Protocol, both ends and state of every line: netstat has no backlog."""
    rows = (line.split() for line in text.splitlines()[2:])
    return sorted((row[0], *row[3:]) for row in rows)


@pytest.mark.parametrize(
    "arguments",
    ["-ta", "-ua", "-t", "-tl", "-tan", "-ta --numeric-hosts", "-ta --numeric-ports", "-ua --numeric-hosts"],
)
def test_names_are_netstats(names: Names, arguments: str) -> None:
    theirs = ends(names.netstat(*arguments.split()))
    assert theirs
    assert ends(names.ours("--once", *arguments.split())) == theirs


def cut(text: str) -> list[list[str]]:
    """Destination and gateway of every line, which netstat cuts at 15 characters."""
    return sorted([word[:15] for word in line.split()[:2]] for line in text.splitlines()[2:])


@pytest.mark.parametrize("arguments", ["-r", "-rn"])
def test_routes_are_netstats(names: Names, arguments: str) -> None:
    theirs = cut(names.netstat(arguments))
    assert cut(names.ours("--once", arguments)) == theirs
    assert (["router-7.exampl", "0.0.0.0"] in theirs) == (arguments == "-r")


def test_what_is_compared_has_names(names: Names) -> None:
    printed = names.ours("--once", "-ta")
    for named in ("db-nine.example:postgresql", "ip6-localhost:http", "127.0.0.77:http-alt"):
        assert named in printed


def test_programs_get_addresses(names: Names) -> None:
    rows = [json.loads(line) for line in names.ours("--json", "-tl").splitlines()]
    assert {row["local_address"] for row in rows} == {"127.0.0.9", "127.0.0.77", "::1"}
