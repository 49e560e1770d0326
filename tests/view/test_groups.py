"""How the Groups tab reads."""

from __future__ import annotations

import numpy as np
import pytest

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.model.filters.match import Word
from sockscope.app.model.groups import GroupsModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view.cells import Cell
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.groups import GROUPS
from sockscope.app.view.layout import place
from tests.model.group_tables import addresses, groups, membership, store

COLUMNS = {column.id: column for column in GROUPS.columns}
SOME = (
    membership("eth0", "224.0.0.251", 2, timer=2.5),
    membership("eth0", "239.1.2.3", reporter=1),
    membership("eth0", "ff15::1"),
    membership("eth0", "ff02::1:ff00:2"),
    membership("eth0", "01:00:5e:00:00:fb"),
    membership("eth0", "01:80:c2:00:00:0e", static=1),
    membership("eth1", "224.0.0.251"),
    membership("eth1", "33:33:00:00:00:07"),
)


@pytest.fixture
def told() -> Store:
    return store(groups=groups(*SOME), addresses=addresses({"eth0": "fd00::2"}))


@pytest.fixture
def rows(told: Store) -> Table:
    made = GroupsModel().rows(told, Options(frozenset({"kernel_order"})))
    assert made is not None
    return made


def cells(rows: Table, column: str) -> list[str]:
    return [COLUMNS[column].cell(rows, row).text for row in range(len(rows))]


def facts(told: Store, rows: Table, row: int) -> dict[str, dict[str, str]]:
    return {
        section.title: {fact.label: fact.value for fact in section.facts}
        for section in GROUPS.details(told, rows, row)
    }


def test_cells(rows: Table) -> None:
    assert cells(rows, "refcnt") == ["2", *"1111111"]
    assert cells(rows, "family") == ["IPv4", "IPv4", "IPv6", "IPv6", "link", "link", "IPv4", "link"]
    assert cells(rows, "report")[:5] == ["in 2.5 s", "reported", "none due", "none due", "-"]
    assert cells(rows, "name") == [
        *("mDNS", "administrative scope", "site-local scope", "solicited-node of fd00::2"),
        *("224.0.0.251, mDNS", "LLDP, PTP peer delay", "mDNS", "IPv6 groups that end in 0000:0007"),
    ]
    assert COLUMNS["name"].cell(rows, 1) == Cell("administrative scope", "dim")


def test_details_of_a_group(told: Store, rows: Table) -> None:
    said = facts(told, rows, 0)
    assert said["224.0.0.251"] == {
        "name": "mDNS",
        "kind": "IPv4 group",
        "reach": "local network control",
        "frames to": "01:00:5e:00:00:fb",
    }
    assert said["Membership"]["joined"] == "2 times"
    assert said["Membership"]["report"] == "due in 2.5 s"
    assert said["Membership"]["speaks"] == "IGMPv3"
    assert said["Membership"]["by whom"].startswith("not told")
    assert said["Also joined on"] == {"eth1": "once"}


def test_details_in_words(told: Store, rows: Table) -> None:
    assert facts(told, rows, 1)["Membership"]["report"].endswith("the last to tell the routers")
    transient = facts(told, rows, 2)["ff15::1"]
    assert transient["name"] == "not a well-known group"
    assert transient[""].startswith("not assigned for good")
    assert facts(told, rows, 3)["ff02::1:ff00:2"]["use"].endswith("that end in 00:0002")
    assert facts(told, rows, 4)["01:00:5e:00:00:fb"]["frames of"] == "224.0.0.251, mDNS"
    assert facts(told, rows, 5)["Membership"][""].startswith("kept because an administrator")
    assert facts(told, rows, 7)["33:33:00:00:00:07"]["frames of"] == "IPv6 groups that end in 0000:0007"


def test_search(rows: Table) -> None:
    def found(word: str) -> list[int]:
        hits = np.zeros(len(rows), dtype=np.bool_)
        for column in GROUPS.columns:
            assert column.search is not None
            hits |= column.search(rows, Word(word))
        return [int(row) for row in np.flatnonzero(hits)]

    assert found("mdns") == [0, 4, 6]
    assert found("link") == [4, 5, 7]
    assert found("eth1") == [6, 7]
    assert found("239.1") == [1]
    assert found("site-local") == [2]
    assert found("2.5") == []


def test_every_column_sorts(rows: Table) -> None:
    for column in GROUPS.columns:
        assert len(column.order(rows)) == len(rows)


def test_machine_readable_values(rows: Table) -> None:
    def told(row: int) -> dict[str, object]:
        return {field.name: field.value(rows, row) for field in GROUPS.fields}

    assert told(0) == {
        "interface": "eth0",
        "refcnt": 2,
        "group": "224.0.0.251",
        "family": "inet",
        "name": "mDNS",
        "timer_seconds": 2.5,
        "reporter": False,
        "static": None,
        "netns": "own",
        "netns_inode": None,
    }
    assert told(1)["name"] is None
    assert (told(5)["family"], told(5)["static"], told(5)["reporter"]) == ("link", True, None)
    assert told(2)["timer_seconds"] is None


@pytest.mark.parametrize(
    ("room", "shown"),
    [
        (78, "interface refcnt group family name"),
        (118, "interface refcnt group family name report"),
    ],
)
def test_what_fits(room: int, shown: str) -> None:
    assert [placed.column.id for placed in place(Chosen().columns(GROUPS), room)] == shown.split()


def test_why_there_is_nothing() -> None:
    assert GROUPS.empty(store()) == "the groups have not been read yet"
    assert GROUPS.empty(store(groups=groups())) == "no interface has joined a group"
    refused = Store()
    note = Note("groups", "missing", "/proc/net/igmp: Permission denied")
    refused.take(Frame(0, 1.0, 1.0, 1.0, notes=(note,)))
    assert GROUPS.empty(refused) == "/proc/net/igmp: Permission denied"
