"""Which rules lead to a table."""

from __future__ import annotations

import pytest

from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import RouteNames
from sockscope.app.model.rules import Rule, chosen_by_device, leading_to, title
from tests.model.route_tables import rules

NAMES = RouteNames({254: "main", 255: "local", 200: "vpn"}, {}, {})


def test_the_same_rule_of_both_families_is_one() -> None:
    made = rules((2, 32766, 254, ""), (2, 10, 254, "from 10.0.0.0/8"), (10, 32766, 254, ""), (2, 5, 7, ""))
    assert leading_to(made, 254) == [Rule(10, "from 10.0.0.0/8", (2,)), Rule(32766, "", (2, 10))]
    assert leading_to(made, 99) == []


def test_a_rule_that_looks_nothing_up_leads_nowhere() -> None:
    assert leading_to(rules((2, 5, 0, "from 10.0.0.0/8"), action="blackhole"), 0) == []


@pytest.mark.parametrize(
    ("made", "table", "text"),
    [
        (None, 100, "table 100"),
        (rules((2, 32765, 100, "from 10.0.8.0/24")), 100, "table 100 ── rule 32765: from 10.0.8.0/24"),
        (
            rules((2, 5, 200, "fwmark 0x7"), (2, 9, 200, "")),
            200,
            "table vpn ── rules 5: fwmark 0x7; 9: everything",
        ),
        (rules((2, 5, 200, "")), 100, "table 100 ── no rule leads here"),
        (rules((2, 1000, 0, "l3mdev")), 100, "table 100"),
    ],
)
def test_titles(made: Table | None, table: int, text: str) -> None:
    assert title(NAMES, table, made) == text


def test_vrf() -> None:
    assert chosen_by_device(rules((2, 1000, 0, "l3mdev")))
    assert not chosen_by_device(rules((2, 1000, 0, "iif l3mdev0")))
