"""Rows of the Groups tab."""

from __future__ import annotations

import numpy as np

from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Table
from sockscope.app.model.groups import GroupsModel
from sockscope.app.model.tab import Options
from tests.model.group_tables import addresses, groups, membership, store

SOME = (
    membership("eth10", "224.0.0.1"),
    membership("eth1", "224.0.0.251", 3),
    membership("eth1", "ff02::1:ff00:2"),
    membership("eth1", "239.1.2.3"),
    membership("eth1", "ff01::1"),
    membership("eth1", "ff02::1"),
    membership("eth1", "33:33:00:00:00:01"),
    membership("eth1", "33:33:ff:00:00:02"),
    membership("eth1", "01:00:5e:00:00:05"),
    membership("eth0", "01:80:c2:00:00:0e", static=1),
)


def rows(*switches: str, **more: Table) -> Table:
    made = GroupsModel().rows(store(groups=groups(*SOME), **more), Options(frozenset(switches)))
    assert made is not None
    return made


def texts(table: Table, column: str) -> list[str | None]:
    return [table.text(column, row) for row in range(len(table))]


def name_of(table: Table, group: str) -> str | None:
    return table.text("name", texts(table, "group").index(group))


def test_by_interface_family_and_address() -> None:
    table = rows()
    assert texts(table, "interface") == ["eth0", *["eth1"] * 8, "eth10"]
    assert texts(table, "group")[1:9] == [
        *("224.0.0.251", "239.1.2.3", "ff01::1", "ff02::1", "ff02::1:ff00:2"),
        *("01:00:5e:00:00:05", "33:33:00:00:00:01", "33:33:ff:00:00:02"),
    ]


def test_the_kernels_order_and_without_the_link_layer() -> None:
    assert texts(rows("kernel_order"), "interface")[:2] == ["eth10", "eth1"]
    assert len(rows("hide_link")) == 6
    assert not (rows("hide_link").numbers("family") == 17).any()


def test_a_name_is_known_or_not() -> None:
    table = rows()
    assert name_of(table, "224.0.0.251") == "mDNS"
    assert name_of(table, "239.1.2.3") is None
    assert table.text("about", texts(table, "group").index("239.1.2.3")) == "administrative scope"


def test_solicited_nodes_tell_the_address_they_stand_for() -> None:
    assert name_of(rows(), "ff02::1:ff00:2") == "solicited-node of …00:0002"
    own = addresses({"eth1": "fd00::2", "eth0": "fd00::9:2", "lo": "10.0.0.2"})
    assert name_of(rows(addresses=own), "ff02::1:ff00:2") == "solicited-node of fd00::2"


def test_link_layer_addresses_lead_back_to_groups() -> None:
    own = addresses({"eth1": "fd00::2"})
    table = rows(addresses=own)
    assert name_of(table, "33:33:00:00:00:01") == "ff02::1, all nodes"
    assert name_of(table, "33:33:ff:00:00:02") == "ff02::1:ff00:2, solicited-node of fd00::2"
    assert name_of(table, "01:00:5e:00:00:05") == "IPv4 groups that end in 0.0.5"
    assert name_of(table, "01:80:c2:00:00:0e") == "LLDP, PTP peer delay"


def test_identities_differ_and_stay() -> None:
    one, other = rows(), rows("kernel_order")
    assert len(set(one.numbers("key").tolist())) == len(SOME)
    assert set(one.numbers("key").tolist()) == set(other.numbers("key").tolist())


def test_names_are_made_once_while_nothing_changes() -> None:
    model, told = GroupsModel(), store(groups=groups(*SOME))
    first = model.rows(told, Options(frozenset({"kernel_order"})))
    more = (SOME[0]._replace(users=7), *SOME[1:])
    told.take(Frame(1, 101.0, 101.0, 1.0, tables={"groups": groups(*more, taken=101.0)}))
    second = model.rows(told, Options(frozenset({"kernel_order"})))
    assert first is not None
    assert second is not None
    assert second.integer("users", 0) == 7
    assert second.strings("name").values is first.strings("name").values
    told.take(Frame(2, 102.0, 102.0, 1.0, tables={"groups": groups(*SOME[:1])}))
    third = model.rows(told, Options())
    assert third is not None
    assert texts(third, "group") == ["224.0.0.1"]


def test_nothing_yet_and_nothing_at_all() -> None:
    model = GroupsModel()
    assert model.rows(store(), Options()) is None
    assert model.count(store()) is None
    empty = store(groups=groups())
    made = model.rows(empty, Options())
    assert made is not None
    assert len(made) == model.count(empty) == model.attention(empty) == 0
    assert made.numbers("key").dtype == np.uint64


def test_hostile_names_are_made_printable() -> None:
    hostile = membership("eth0", "224.0.0.1")._replace(interface="\x1b[2J\udcff")
    made = GroupsModel().rows(store(groups=groups(hostile)), Options())
    assert made is not None
    assert made.text("interface", 0) == "^[[2J\\xff"
