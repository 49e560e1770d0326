"""What is printed once, where netstat is wrong, cut or silent, and to the byte where it is right.

Whole tables are compared row by row in test_netstat_lab.py.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import routes
from tests.lab.names import from_files
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
    return namespace.run(from_files(command), cwd=ROOT, timeout=60)


def netstat(namespace: Namespace, arguments: str) -> str:
    return namespace.run(from_files(["netstat", "-W", *arguments.split()]), timeout=60)


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def rows(text: str, heads: int = 2) -> list[Row]:
    return [tuple(line.split()) for line in text.splitlines()[heads:]]


LISTENER_SEND_Q = re.compile(r"^(tcp6? +\d+ +)\d+( .* LISTEN\b)")


def without_backlog(line: str) -> str:
    """netstat has 0 where a listener's backlog belongs."""
    return LISTENER_SEND_Q.sub(r"\1-\2", line)


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
    every = {pid for each in sockets(scene.server, "-a") for pid in each["pids"] or ()}
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
    r"^(?P<start>tcp6? .*?) (?P<user>\S+) (?P<inode>\d+)"
    r" (?P<timer>\w+) \((?P<seconds>[\d.]+)/(?P<counts>\d+/\d+)\)$"
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


def sockets(namespace: Namespace, arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sockscope(namespace, f"--json {arguments}").splitlines()]


@pytest.fixture(scope="module")
def routed() -> Iterator[Namespace]:
    require_root_and("netstat")
    with Namespace() as host, Namespace() as router:
        pair(host, router, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        routes.add(host)
        routes.advertise(router, host)
        yield host


REFUSING = ("10.8.0.0", "10.10.0.0")
"""Destinations of a blackhole and a throw route, which netstat prints as if they led somewhere."""
SECOND_HOP = ("10.9.0.0", "10.0.0.3")
OTHER_FAMILY = "10.11.0.0"
"""Destination with an IPv6 gateway, which netstat prints as 0.0.0.0."""


@pytest.mark.parametrize("arguments", ["-rn", "-ren", "-reen", "-r --numeric-ports", "-4rn"])
def test_ipv4_routes(routed: Namespace, arguments: str) -> None:
    ours = rows(sockscope(routed, arguments), heads=0)
    theirs = rows(netstat(routed, arguments), heads=0)
    assert ours[:2] == theirs[:2]
    hops = [row for row in ours if row[:2] == SECOND_HOP]
    assert len(hops) == 1
    assert hops[0][3] == "UG"
    expected = Counter(theirs) - Counter(row for row in theirs if row[0] in (*REFUSING, OTHER_FAMILY))
    shared = (
        Counter(ours) - Counter(row for row in ours if row[0] in (*REFUSING, OTHER_FAMILY)) - Counter(hops)
    )
    assert shared == expected
    assert len(shared) > 12
    refused = [row for row in ours if row[0] in REFUSING]
    assert [(row[1], row[3]) for row in refused] == [("-", "!")] * 2
    assert all("-" in row[-4:] for row in refused)
    assert [row[1] for row in ours if row[0] == OTHER_FAMILY] == ["fd00::2"]


def test_ipv6_routes(routed: Namespace) -> None:
    ours = rows(sockscope(routed, "-6 -rn"), heads=0)
    theirs = rows(netstat(routed, "-6 -rn"), heads=0)
    assert ours[:2] == theirs[:2]
    null_entry = ("::/0", "::", "!n", "-1")
    expected = Counter(without_reference(row) for row in theirs if row[:4] != null_entry)
    assert Counter(without_reference(row) for row in ours) == expected
    assert ("table", "100") in [row[-2:] for row in ours]
    assert {"UGDAe", "UGAe", "UAe", "UGe", "Un", "!n"} <= {row[2] for row in ours}


def without_reference(row: Row) -> Row:
    """Without the kernel's own count of references, and without the table that netstat does not tell."""
    return (*row[:4], *row[5:7])


def test_both_families_of_routes(routed: Namespace) -> None:
    separate = sockscope(routed, "-rn") + sockscope(routed, "-6rn")
    assert sockscope(routed, "-46rn") == separate


def test_json_of_routes_is_every_table(routed: Namespace) -> None:
    told = [json.loads(line) for line in sockscope(routed, "--json -r").splitlines()]
    assert {"main", "local", "100"} <= {each["table"] for each in told}
    assert {each["family"] for each in told} == {"inet", "inet6"}
    (multipath,) = [each for each in told if each["destination"] == "10.9.0.0/16"]
    assert len(multipath["nexthops"]) == 2
    assert list(multipath) == [
        *("family", "destination", "gateway", "genmask", "flags", "metric", "mss", "window", "irtt"),
        *("interface", "table", "protocol", "scope", "type", "source", "nexthops"),
        *("mtu", "cached", "expires", "netns", "netns_inode"),
    ]
    listed = sum(
        len(json.loads(routed.ip(*family, "-j", "route", "show", "table", "all")))
        for family in (("-4",), ("-6",))
    )
    assert len(told) == listed
    assert all(
        each["family"] == "inet6" for each in map(json.loads, sockscope(routed, "--json -r6").splitlines())
    )


def test_a_filter_of_routes_keeps_hops_together(routed: Namespace) -> None:
    assert [row[1] for row in rows(sockscope(routed, "-rn --filter 10.9.0.0"))] == ["10.0.0.2", "10.0.0.3"]


def test_point_to_point_is_not_promiscuous(routed: Namespace) -> None:
    routed.ip("tuntap", "add", "point0", "mode", "tun")
    try:
        (row,) = [row for row in rows(sockscope(routed, "-ia")) if row[0] == "point0"]
    finally:
        routed.ip("link", "delete", "point0")
    assert row[-1] == "MOp"


def test_statistics_are_what_the_files_say(routed: Namespace) -> None:
    told = {
        (each["section"], each["name"]): each["value"]
        for each in map(json.loads, sockscope(routed, "--json -s").splitlines())
    }
    words = [line.split() for line in routed.read("/proc/net/snmp").splitlines()]
    assert words
    for names, values in zip(words[::2], words[1::2], strict=True):
        for name, value in zip(names[1:], values[1:], strict=True):
            assert told[(names[0].rstrip(":"), name)] == int(value)


def test_the_width_of_routes_and_interfaces(routed: Namespace) -> None:
    for arguments, same in (
        ("-rn", "10.2.0.0 "),
        ("-ren", "10.3.3.3 "),
        ("-reen", "10.5.0.0 "),
        ("-ia", "eth0 "),
        ("-6rn", ""),
    ):
        ours, theirs = sockscope(routed, arguments).splitlines(), netstat(routed, arguments).splitlines()
        assert ours[:2] == theirs[:2]
        if same:
            assert [line for line in ours if line.startswith(same)] == [
                line for line in theirs if line.startswith(same)
            ]


def test_without_ipv6(namespace: Namespace) -> None:
    namespace.sysctl("net/ipv6/conf/all/disable_ipv6", 1)
    assert len(rows(sockscope(namespace, "-6 -rn"))) == 0
    assert sockscope(namespace, "-6an").splitlines()[2:] == []
    assert sockscope(namespace, "-i").splitlines()[2:]


def test_an_ordinary_user_sees_everything_but_owners(namespace: Namespace) -> None:
    with namespace.socket(2, 1) as listener:
        listener.bind(("127.0.0.1", 7654))
        listener.listen(9)
        with namespace.inside():
            status, out, err = as_nobody(["-tlnp"])
    assert status == 0
    assert rows(out) == [("tcp", "0", "9", "127.0.0.1:7654", "0.0.0.0:*", "LISTEN", "-")]
    assert err.startswith("sockscope: owners: ")
    assert err.count("\n") == 1


def as_nobody(arguments: list[str]) -> tuple[int, str, str]:
    """Run the command in a child that gives up being root: status, output and complaints.

    The interpreter itself may lie where only root can read, so everything is imported before.
    """
    from sockscope.app import cli, gather, once  # noqa: F401, PLC0415
    from sockscope.app.collectors import owners  # noqa: F401, PLC0415

    pipes = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        status = 99
        try:
            for number, (_, writing) in enumerate(pipes, 1):
                os.dup2(writing, number)
            sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
            os.closerange(3, 4096)  # what it has inherited would be its own
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            status = cli.main(arguments)
        finally:
            os._exit(status)
    texts = []
    for reading, writing in pipes:
        os.close(writing)
        with os.fdopen(reading) as told:
            texts.append(told.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), texts[0], texts[1]
