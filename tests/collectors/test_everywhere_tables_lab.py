"""Tables of every namespace against what ip(8) and the kernel's files say in each of them."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sockscope.app.collectors.questions import Lookup, Question
from sockscope.app.frames.frame import Note
from sockscope.app.frames.table import Table
from sockscope.app.sampler.control import Control
from sockscope.app.sampler.tasks import Task, plan
from tests.lab import states
from tests.lab.namespace import Namespace, pair
from tests.lab.need import require_root_and
from tests.lab.sockets import Sockets, wait_for

pytestmark = [pytest.mark.lab, pytest.mark.everywhere]


class Looked:
    """The tasks of `--netns all`, those of some tables run on demand."""

    def __init__(self) -> None:
        self.tasks = plan("all")

    def __call__(self, *wanted: str, questions: tuple[Question, ...] = ()) -> dict[str, Table]:
        control = Control(frozenset(wanted) | {"namespaces"}, questions=questions)
        tables: dict[str, Table] = {}
        for task in self._of(control):
            task.run(0.0, control)
            tables |= task.tables
        return tables

    def notes(self, wanted: str) -> tuple[Note, ...]:
        return tuple(note for task in self._of(Control(frozenset({wanted}))) for note in task.notes)

    def _of(self, control: Control) -> list[Task]:
        return [task for task in self.tasks if task.on_screen(control.wanted)]

    def close(self) -> None:
        for task in self.tasks:
            task.close()


@pytest.fixture
def look() -> Iterator[Looked]:
    require_root_and("ip")
    with contextlib.closing(Looked()) as made:
        yield made


@pytest.fixture
def two() -> Iterator[tuple[Namespace, Namespace]]:
    """Two containers with a wire between them, whose ends have the same index and other names."""
    require_root_and("ip")
    with Namespace() as one, Namespace() as other:
        pair(one, other, ["10.0.0.1/24", "fd00::1/64"], ["10.0.0.2/24"], device="up0", their_device="down0")
        one.ip("route", "add", "10.9.0.0/16", "nexthop", "via", "10.0.0.2", "nexthop", "via", "10.0.0.3")
        other.ip("route", "add", "10.9.0.0/16", "nexthop", "via", "10.0.0.1", "nexthop", "via", "10.0.0.4")
        other.ip("route", "add", "10.8.0.0/16", "via", "10.0.0.1", "table", "77")
        other.ip("rule", "add", "from", "10.0.0.2", "lookup", "77", "priority", "5")
        for namespace in (one, other):  # what the kernel makes of a carrier it makes late
            _settle(namespace)
        yield one, other


def _settle(namespace: Namespace) -> None:
    wait_for(lambda: "fe80" in namespace.ip("-6", "route", "show", "table", "local"), "its own address")


def within(table: Table, namespace: Namespace) -> Table:
    return table.take(table.numbers("netns") == np.uint64(namespace.inode))


def ip(namespace: Namespace, *arguments: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(namespace.ip("-j", *arguments) or "[]")
    return told


def own_sockets() -> set[int]:
    return {path.stat().st_ino for path in Path("/proc/self/fd").iterdir() if path.is_socket()}


def address(raw: bytes, family: int) -> str:
    return socket.inet_ntop(family, raw[: 4 if family == socket.AF_INET else 16])


def test_interfaces_and_addresses(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    told = look("links")
    for namespace in two:
        listed = ip(namespace, "address", "show")
        links, addresses = within(told["links"], namespace), within(told["addresses"], namespace)
        ours = {links.integer("index", row): links.text("name", row) for row in range(len(links))}
        assert ours == {each["ifindex"]: each["ifname"] for each in listed}
        found = {
            (
                addresses.integer("index", row),
                address(addresses.numbers("address")[row].tobytes(), addresses.integer("family", row)),
            )
            for row in range(len(addresses))
        }
        assert found == {(each["ifindex"], own["local"]) for each in listed for own in each["addr_info"]}


def test_routes_hops_and_rules(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    for _ in range(2):  # the second time the parts are the same
        told = look("routes", "rules")
        routes, hops = told["routes"], told["nexthops"]
        for namespace in two:
            here = within(routes, namespace)
            listed = [
                *ip(namespace, "-4", "route", "show", "table", "all"),
                *ip(namespace, "-6", "route", "show", "table", "all"),
            ]
            assert len(here) == len(listed)
            rules = [*ip(namespace, "-4", "rule"), *ip(namespace, "-6", "rule")]
            ours = within(told["rules"], namespace).numbers("priority").tolist()
            assert sorted(ours) == sorted(each["priority"] for each in rules)
            place = np.flatnonzero(
                (routes.numbers("netns") == namespace.inode) & (routes.numbers("hops") == 2)
            )
            (row,) = place.tolist()
            mine = np.flatnonzero(hops.numbers("route") == row)
            assert int(mine[0]) == routes.integer("first_hop", row)
            (multipath,) = [each for each in listed if "nexthops" in each]
            assert [
                address(hops.numbers("gateway")[each].tobytes(), socket.AF_INET) for each in mine.tolist()
            ] == [each["gateway"] for each in multipath["nexthops"]]


def test_counters(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    one, other = two
    with Sockets(one) as near, Sockets(other) as far:
        listener = far.listen("10.0.0.2", 8080)
        for _ in range(3):
            near.connect(("10.0.0.2", 8080))
            far.accept(listener)
        told = look("counters")["counters"]
        for namespace, name, opened in ((one, "ActiveOpens", 3), (other, "PassiveOpens", 3)):
            here = within(told, namespace)
            names = [here.text("name", row) for row in range(len(here))]
            assert here.integer("value", names.index(name)) == opened
            file = namespace.read("/proc/thread-self/net/snmp").splitlines()
            heads, values = (line.split()[1:] for line in file if line.startswith("Tcp:"))
            kernels = dict(zip(heads, values, strict=True))
            assert int(kernels[name]) == opened


def test_memberships_unix_and_other_sockets(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    one, other = two
    with one.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        bound.bind("\0sockscope-lab")
        told = look("groups", "unix", "netlink")
        assert "sockscope-lab" in [
            within(told["unix"], one).text("path", row) for row in range(len(within(told["unix"], one)))
        ]
        assert len(within(told["unix"], other)) == 0
    for namespace in two:
        listed = ip(namespace, "maddress", "show")
        groups = within(told["groups"], namespace)
        assert len(groups) == sum(len(each["maddr"]) for each in listed)
        assert not set(within(told["netlink"], namespace).numbers("inode").tolist()) & own_sockets()
    with one.socket(socket.AF_NETLINK, socket.SOCK_RAW) as heard:
        heard.bind((0, 0))
        again = look("netlink")["netlink"]
        assert os.fstat(heard.fileno()).st_ino not in again.numbers("inode")  # of the process that looks


def test_a_question_is_asked_in_its_namespace(look: Looked, two: tuple[Namespace, Namespace]) -> None:
    asked = tuple(Lookup(socket.AF_INET, "10.9.0.1", netns=each.inode) for each in two)
    nowhere = Lookup(socket.AF_INET, "10.9.0.1", netns=1)
    told = look("lookups", questions=(*asked, nowhere))["lookups"]
    answers = {told.text("asked", row): row for row in range(len(told))}
    for question, namespace in zip(asked, two, strict=True):
        (way,) = ip(namespace, "route", "get", "10.9.0.1")
        row = answers[question.name]
        gateways = {"10.0.0.2", "10.0.0.3"} if namespace is two[0] else {"10.0.0.1", "10.0.0.4"}
        assert way["gateway"] in gateways
        assert address(told.numbers("gateway")[row].tobytes(), socket.AF_INET) in gateways
        assert told.integer("netns", row) == namespace.inode
    assert told.integer("error", answers[nowhere.name]) > 0


def test_closes_of_all_namespaces_are_numbered_throughout(
    look: Looked, two: tuple[Namespace, Namespace]
) -> None:
    look("destroyed")
    heard: list[Table] = []

    def each_closed(times: int) -> bool:
        heard.append(look("destroyed")["destroyed"])
        return all(sum(len(within(part, each)) for part in heard) >= 2 * times for each in two)

    for times in (1, 2):
        for namespace in two:
            with Sockets(namespace) as here:
                states.established(here.listen("127.0.0.1"), here, here)
        wait_for(partial(each_closed, times), "the kernel to tell of the closes, from a queue of its own")
    numbers = np.concatenate([part.numbers("number") for part in heard])
    assert (np.diff(numbers) == 1).all()


def test_tables_of_a_namespace_that_is_gone_are_without_it(look: Looked) -> None:
    wanted = ("links", "routes", "counters", "groups", "rules", "netlink", "destroyed", "unix")
    with Namespace() as going:
        gone = going.inode
        assert gone in look(*wanted)["links"].numbers("netns")
    told = look(*wanted)
    for name, table in told.items():
        assert "netns" not in table or gone not in table.numbers("netns"), name
    assert all(not look.notes(name) for name in wanted)
