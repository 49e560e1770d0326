"""`-s` and `-g` beside netstat's, row by row.

netstat tells most counters in sentences of its own, which are not repeated here: a row is its section, its
value, and its name where netstat gives the kernel's. In the sections of ICMP, where histograms stand below
everything else, the order of rows is free.
"""

from __future__ import annotations

import contextlib
import io
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from sockscope.app import options
from sockscope.app.collectors.counters import CountersCollector
from sockscope.app.frames.frame import Frame
from sockscope.app.once import Printer
from sockscope.app.settings import Settings
from tests.lab.members import Member, join
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and
from tests.lab.program import ROOT

pytestmark = pytest.mark.lab

Rows = dict[str, list[tuple[int, str]]]
"""By section: values and names, "" where a sentence stands for the name."""

ARGUMENTS = ("-s", "-st", "-su", "-sw", "-sU", "-stu", "-4 -s", "-6 -s", "-6 -st", "-6 -su", "-6 -sw")
_RAW = re.compile(r"([A-Z]\w*): (\d+)")
_OURS = re.compile(r"(\d+) +(\w+)")
_MORE = {"Xfrm", "Tls"}


def sections(text: str) -> dict[str, list[str]]:
    """The lines of each section that has a value in any."""
    found: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if not line.startswith(" "):
            head = line.removesuffix(":")
        elif re.search(r"\b\d+\b", line):
            found.setdefault(head, []).append(line.strip())
    return found


def theirs(text: str) -> Rows:
    rows: Rows = {}
    for head, lines in sections(text).items():
        for line in lines:
            raw = _RAW.fullmatch(line)
            value = raw[2] if raw else re.findall(r"\b\d+\b", line)[0]
            rows.setdefault(head, []).append((int(value), raw[1] if raw else ""))
    return rows


def ours(text: str) -> Rows:
    rows: Rows = {}
    for head, lines in sections(text).items():
        for line in lines:
            found = _OURS.match(line)
            assert found is not None, line
            rows.setdefault(head, []).append((int(found[1]), found[2]))
    return {head: members for head, members in rows.items() if head not in _MORE}


def values(rows: Rows) -> list[tuple[str, list[int]]]:
    """Values by section, in order but for ICMP's."""
    plain = {head: [value for value, _ in members] for head, members in rows.items()}
    return [
        (head, sorted(members) if head.startswith("Icmp") else members) for head, members in plain.items()
    ]


def agree(ours: Rows, theirs: Rows) -> None:
    assert values(ours) == values(theirs)
    for head, members in theirs.items():
        named = {member for member in members if member[1]}
        assert named <= set(ours[head])


@pytest.fixture(scope="module", params=["every value its own", "every value 0", "every other 0"])
def made_up(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something to stand for /proc, with every counter of this kernel."""
    require_root_and("netstat", "unshare", "mount")
    numbers = count(1000)
    keep = {"every value its own": 1, "every value 0": 0, "every other 0": 2}[request.param]

    def value() -> int:
        number = next(numbers)
        return number if keep and number % keep == 0 else 0

    proc = tmp_path_factory.mktemp("proc")
    net = proc / "net"
    net.mkdir()
    for name in ("snmp", "netstat"):
        lines = Path("/proc/net", name).read_text(encoding="ascii").splitlines()
        told = []
        for line in lines[::2]:
            head, *names = line.split()
            if head == "IcmpMsg:":
                continue
            told += [line, f"{head} {' '.join(str(value()) for _ in names)}"]
        if name == "snmp":
            told += ["IcmpMsg: InType3 InType99 OutType8", f"IcmpMsg: {value()} {value()} {value()}"]
        (net / name).write_text("\n".join(told) + "\n")
    six = Path("/proc/net/snmp6").read_text(encoding="ascii").splitlines()
    listed = [line.split()[0] for line in six if "Type" not in line] + ["Icmp6InType1", "Icmp6OutType135"]
    (net / "snmp6").write_text("".join(f"{name:32}\t{value()}\n" for name in listed))
    return proc


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_every_counter_there_is(made_up: Path, arguments: str) -> None:
    script = f"mount --bind {made_up} /proc && exec netstat {arguments}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], check=True, capture_output=True, text=True)
    out = io.StringIO()
    collector = CountersCollector(str(made_up / "net"))
    collected = collector.collect()
    collector.close()
    settings = options.apply(options.parse([*arguments.split(), "--once"]), Settings())
    Printer(settings, out).print(Frame(0, 0.0, 0.0, 1.0, tables=collected.tables))
    agree(ours(out.getvalue()), theirs(done.stdout))


@pytest.fixture(scope="module")
def busy() -> Iterator[Namespace]:
    """A namespace in which much has happened and nothing happens any more."""
    require_root_and("netstat")
    with contextlib.ExitStack() as held:
        one, other = (held.enter_context(Namespace()) for _ in range(2))
        pair(one, other, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        with one.inside():
            for group in (
                Member("224.0.0.251", "eth0"),
                Member("ff02::fb", "eth0"),
                Member("224.0.0.5", "lo"),
            ):
                held.enter_context(join(group))
            _traffic()
        yield one


def _traffic() -> None:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((address, 0), family=family) as listener:
            with socket.create_connection(listener.getsockname()[:2]) as client:
                accepted, _ = listener.accept()
                accepted.sendall(b"x" * 1000)
                client.recv(1000)
                accepted.close()
            nobody = listener.getsockname()[:2]
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(nobody)
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"nobody is there", (address, 9))
    _ask(socket.AF_INET, socket.IPPROTO_ICMP, b"\x08\x00\xf7\xff" + bytes(4), "10.0.0.2")
    _ask(socket.AF_INET6, socket.IPPROTO_ICMPV6, b"\x80" + bytes(7), "fd00::2")


def _ask(family: int, protocol: int, request: bytes, host: str) -> None:
    """An echo request, answered."""
    with socket.socket(family, socket.SOCK_RAW, protocol) as asking:
        asking.settimeout(5)
        asking.sendto(request, (host, 0))
        asking.recv(100)


def _sockscope(namespace: Namespace, arguments: str) -> str:
    command = [sys.executable, "-P", "-m", "sockscope.app", *arguments.split()]
    return namespace.run(command, cwd=ROOT, timeout=60)


def _at_one_moment(namespace: Namespace, arguments: str) -> tuple[str, str]:
    """What both print, with nothing having happened in between: the kernel sends on its own now and then."""
    for _ in range(20):
        before = namespace.run(["netstat", *arguments.split()])
        mine = _sockscope(namespace, arguments)
        if namespace.run(["netstat", *arguments.split()]) == before:
            return mine, before
    raise AssertionError("the namespace never rests")


@pytest.mark.parametrize("arguments", ["-s", "-st", "-su", "-sw", "-6 -s"])
def test_a_namespace_where_much_has_happened(busy: Namespace, arguments: str) -> None:
    mine, netstats = _at_one_moment(busy, arguments)
    agree(ours(mine), theirs(netstats))
    assert sum(map(len, theirs(netstats).values())) > 5


def test_groups(busy: Namespace) -> None:
    assert _sockscope(busy, "-g").splitlines() == busy.run(["netstat", "-g"]).splitlines()
    six = busy.run(["netstat", "-g", "-6"]).splitlines()
    assert _sockscope(busy, "-g6").splitlines() == six[six.index("IPv6/IPv4 Group Memberships") :]


def test_groups_with_names_and_the_link_layer(busy: Namespace) -> None:
    told = [" ".join(line.split()) for line in _sockscope(busy, "-ge").splitlines()]
    assert told[1] == "Interface RefCnt Group Name"
    assert "eth0 1 224.0.0.251 mDNS" in told
    assert "eth0 1 33:33:00:00:00:fb ff02::fb, mDNS" in told
    assert "eth0 1 ff02::1:ff00:1 solicited-node of fd00::1" in told


def test_counters_of_each_interface(busy: Namespace) -> None:
    told = _sockscope(busy, "-6sw --per-interface")
    heads = [line[:-1] for line in told.splitlines() if not line.startswith(" ")]
    assert {"Ip6", "Icmp6", "Ip6 lo", "Icmp6 lo", "Ip6 eth0", "Icmp6 eth0"} == set(heads)
