"""Policy rules in words, and which of them stand above a table."""

from __future__ import annotations

import pytest

from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import RouteNames
from sockscope.app.model.rules import NOWHERE, Rule, chosen_by_device, headings, leading_to
from tests.model.route_tables import rules

NAMES = RouteNames({254: "main", 255: "local", 200: "vpn"}, {}, {})


def test_the_same_rule_of_both_families_is_one() -> None:
    made = rules((2, 32766, 254, ""), (2, 10, 254, "from 10.0.0.0/8"), (10, 32766, 254, ""), (2, 5, 7, ""))
    assert leading_to(made, 254) == [
        Rule(10, "from 10.0.0.0/8", (2,), table=254),
        Rule(32766, "", (2, 10), table=254),
    ]
    assert leading_to(made, 99) == []


def test_a_rule_that_looks_nothing_up_leads_nowhere() -> None:
    assert leading_to(rules((2, 5, 0, "from 10.0.0.0/8"), action="blackhole"), 0) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(32766, "", (2, 10), table=254), "rule 32766: from all lookup main"),
        (Rule(32767, "", (2,), table=7), "rule 32767: from all lookup 7 (IPv4)"),
        (Rule(5, "from 10.0.8.0/24", (2,), table=200), "rule 5: from 10.0.8.0/24 lookup vpn"),
        (
            Rule(5, "to fd00::1 tos 0x10", (10,), "blackhole"),
            "rule 5: from all to fd00::1 tos 0x10 blackhole",
        ),
        (Rule(6, "not fwmark 0x1", (2, 10), "goto 9"), "rule 6: not from all fwmark 0x1 goto 9"),
        (Rule(7, "not from 10.1.0.0/16 iif eth0", (2,), "nop"), "rule 7: not from 10.1.0.0/16 iif eth0 nop"),
        (Rule(1000, "l3mdev", (2, 10)), "rule 1000: from all lookup [l3mdev-table]"),
        (
            Rule(8, "suppress_prefixlength 0", (2, 10), table=254),
            "rule 8: from all lookup main suppress_prefixlength 0",
        ),
    ],
)
def test_rules_read_as_in_ip(rule: Rule, text: str) -> None:
    assert rule.text(NAMES.table) == text


@pytest.mark.parametrize(
    ("made", "table", "lines"),
    [
        (None, 100, ["table 100"]),
        (None, 254, []),
        (rules((2, 32766, 254, ""), (10, 32766, 254, "")), 254, ["rule 32766: from all lookup main"]),
        (
            rules((2, 9, 200, "fwmark 0x7")),
            200,
            ["rule 9: from all fwmark 0x7 lookup vpn (IPv4)", "table vpn"],
        ),
        (rules((2, 1000, 0, "l3mdev")), 100, ["table 100"]),
        (rules((2, 5, 200, "")), 100, ["table 100 ── no rule leads here"]),
    ],
)
def test_headings(made: Table | None, table: int, lines: list[str]) -> None:
    assert [heading.text for heading in headings(NAMES, [table], made)[table]] == lines


def test_rules_stand_in_the_order_of_priority_each_above_the_table_it_chooses() -> None:
    made = rules((2, 9, 200, ""), (2, 3, 100, ""), (10, 4, 200, "iif eth0"), (2, 7, 77, ""))
    found = headings(NAMES, [100, 200], made)
    assert {table: [heading.rule for heading in told] for table, told in found.items()} == {
        100: [0, -1],
        200: [1, 3, -1],
        NOWHERE: [-1, 2],
    }


def test_rules_that_choose_no_table_are_told_as_well() -> None:
    found = headings(NAMES, [254], rules((2, 5, 0, "from 10.0.0.0/8"), action="blackhole"))[NOWHERE]
    assert [heading.text for heading in found][1:] == ["rule 5: from 10.0.0.0/8 blackhole"]


def test_vrf() -> None:
    assert chosen_by_device(rules((2, 1000, 0, "l3mdev")))
    assert not chosen_by_device(rules((2, 1000, 0, "iif l3mdev0")))
