"""Multicast memberships beside `ip maddr` and `netstat -g`, in namespaces of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from sockscope.app.collectors.multicast import GroupsCollector
from sockscope.app.frames.table import Table
from sockscope.app.model.groups import raw, read
from tests.lab.members import Member, join
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and

pytestmark = pytest.mark.lab

MEMBERS = (
    Member("224.0.0.251", "eth0"),
    Member("224.0.0.251", "eth0"),
    Member("239.1.2.3", "eth0"),
    Member("224.0.0.5", "lo"),
    Member("ff02::fb", "eth0"),
    Member("ff05::1:3", "eth0"),
    Member("ff15::1234:5678", "lo"),
)


class Joined(NamedTuple):
    """A membership as every tool tells it."""

    interface: str
    family: str
    group: str
    users: int


@pytest.fixture(scope="module")
def member() -> Iterator[Namespace]:
    require_root_and("netstat")
    with contextlib.ExitStack() as held:
        one, other = (held.enter_context(Namespace()) for _ in range(2))
        pair(one, other, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24", "fd00::2/64"])
        one.ip("link", "add", "a-long-name-15c", "type", "bridge")
        one.ip("link", "set", "a-long-name-15c", "up")
        one.ip("maddress", "add", "01:80:c2:00:00:0e", "dev", "eth0")
        with one.inside():
            for told in MEMBERS:
                held.enter_context(join(told))
        yield one


def collected(namespace: Namespace) -> Table:
    with namespace.inside():
        found = GroupsCollector().collect()
    assert found.notes == ()
    return found.tables["groups"]


def ours(table: Table) -> list[Joined]:
    families = {2: "inet", 10: "inet6", 17: "link"}
    return [
        Joined(
            table.text("interface", row) or "",
            families[table.integer("family", row)],
            read(table.integer("family", row), raw(table, row)),
            table.integer("users", row),
        )
        for row in range(len(table))
    ]


def test_ip_maddress_says_the_same(member: Namespace) -> None:
    theirs, interface = [], ""
    for line in member.ip("maddress", "show").splitlines():
        words = line.split()
        if not line.startswith("\t"):
            interface = words[1]
            continue
        users = int(words[words.index("users") + 1]) if "users" in words else 1
        theirs.append(Joined(interface, words[0], words[1], users))
    assert sorted(ours(collected(member))) == sorted(theirs)
    assert Joined("eth0", "inet", "224.0.0.251", 2) in theirs


def test_netstat_says_the_same_in_the_same_order(member: Namespace) -> None:
    theirs = [tuple(line.split()) for line in member.run(["netstat", "-gn"]).splitlines()[3:]]
    mine = ours(collected(member))
    assert [(row.interface, str(row.users), row.group) for row in mine if row.family != "link"] == theirs


def test_what_an_administrator_added_is_static(member: Namespace) -> None:
    table = collected(member)
    static = [read(17, raw(table, row)) for row in range(len(table)) if table.integer("static", row) > 0]
    assert static == ["01:80:c2:00:00:0e"]


def test_a_group_that_is_left_is_gone(member: Namespace) -> None:
    with member.inside():
        joined = join(Member("239.9.9.9", "eth0"))
    with joined:
        assert ("eth0", "239.9.9.9") in {row[::2] for row in ours(collected(member))}
    assert ("eth0", "239.9.9.9") not in {row[::2] for row in ours(collected(member))}
