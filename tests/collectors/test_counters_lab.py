"""The counters against the files themselves and against nstat, in a namespace where nothing moves."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest

from sockscope.app.collectors.counters import CountersCollector
from sockscope.app.collectors.limits import LimitsCollector
from sockscope.app.frames.table import Table
from tests.lab.namespace import Namespace
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

NOT_IN_NSTAT = {
    "IpForwarding",
    "IpDefaultTTL",
    "TcpRtoAlgorithm",
    "TcpRtoMin",
    "TcpRtoMax",
    "TcpMaxConn",
    "TcpCurrEstab",
}
"""What nstat leaves out: settings, and the number of connections."""
NOT_READ_BY_NSTAT = {"Xfrm", "Tls"}


def traffic() -> None:
    """Make many counters move, on the loopback of the namespace one is in."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((address, 0), family=family) as listener:
            for _ in range(5):
                with socket.create_connection(listener.getsockname()[:2]) as client:
                    accepted, _ = listener.accept()
                    accepted.sendall(b"x" * 1000)
                    client.recv(1000)
                    accepted.close()
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            for _ in range(7):
                sender.sendto(b"nobody is there", (address, 9))


def collected(namespace: Namespace) -> tuple[Table, Table]:
    """Counters before and after some traffic, through the same descriptors."""
    with namespace.inside():
        collector = CountersCollector()
        before = collector.collect().tables["counters"]
        traffic()
    after = collector.collect()  # from outside: descriptors stay where they were opened
    collector.close()
    assert after.notes == ()
    return before, after.tables["counters"]


def pairs(table: Table) -> dict[tuple[str, str], int]:
    return {
        (table.text("section", row) or "", table.text("name", row) or ""): table.integer("value", row)
        for row in range(len(table))
    }


def in_files(namespace: Namespace) -> dict[tuple[str, str], int]:
    """The same counters, read in the plainest way."""
    found = {}
    for name in ("snmp", "netstat"):
        lines = namespace.read(f"/proc/net/{name}").splitlines()
        for names, values in zip(lines[0::2], lines[1::2], strict=True):
            section = names.split(":")[0]
            assert values.startswith(f"{section}:")
            for title, value in zip(names.split()[1:], values.split()[1:], strict=True):
                found[section, title] = int(value)
    for line in namespace.read("/proc/net/snmp6").splitlines():
        title, value = line.split()
        found[title[: title.index("6") + 1], title] = int(value)
    for name, section in (("xfrm_stat", "Xfrm"), ("tls_stat", "Tls")):
        with contextlib.suppress(FileNotFoundError):
            for line in namespace.read(f"/proc/net/{name}").splitlines():
                title, value = line.split()
                found[section, title] = int(value)
    return found


def test_the_files(namespace: Namespace) -> None:
    before, after = collected(namespace)
    assert pairs(after) == in_files(namespace)
    moved = {name for name, value in pairs(after).items() if value != pairs(before).get(name, 0)}
    assert {
        ("Tcp", "ActiveOpens"),
        ("Udp", "NoPorts"),
        ("IcmpMsg", "OutType3"),
        ("Icmp6", "Icmp6OutType1"),
        ("Ip6", "Ip6InReceives"),
        ("Udp6", "Udp6NoPorts"),
    } <= moved


def test_nstat(namespace: Namespace, tmp_path: Path) -> None:
    require_root_and("nstat")
    _, after = collected(namespace)
    out = namespace.run(["env", f"NSTAT_HISTORY={tmp_path / 'history'}", "nstat", "-asz"])
    theirs = {line.split()[0]: int(line.split()[1]) for line in out.splitlines() if line[0] != "#"}
    ours = {
        name if section.endswith("6") else f"{section}{name}": value
        for (section, name), value in pairs(after).items()
        if section not in NOT_READ_BY_NSTAT
    }
    assert theirs["UdpNoPorts"] == 7
    assert {name: value for name, value in ours.items() if name not in NOT_IN_NSTAT} == theirs


def test_limits_follow_the_namespace(namespace: Namespace) -> None:
    namespace.sysctl("net/ipv4/tcp_max_tw_buckets", 4711)
    with namespace.inside():
        table = LimitsCollector().collect().tables["limits"]
    found = {table.text("name", row): table.integer("value", row) for row in range(len(table))}
    assert found["tcp_max_tw_buckets"] == 4711
    assert found["tcp_max_orphans"] == -1
