"""Policy rules as they bear on a routing table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import RouteNames


class Rule(NamedTuple):
    """A rule that sends packets to a table: its priority, what it matches ("" = everything), and the address
    families it holds for."""

    priority: int
    selector: str
    families: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.priority}: {self.selector or 'everything'}"


def leading_to(rules: Table, table: int) -> list[Rule]:
    """The rules that look a table up, in the order of priority; the same rule of both families is one.

    A rule for VRFs (`l3mdev`) names no table and is not among them.
    """
    found: dict[tuple[int, str], tuple[int, ...]] = {}
    for row in np.flatnonzero(rules.numbers("table") == table).tolist():
        if rules.text("action", row) == "lookup":
            rule = (rules.integer("priority", row), rules.text("selector", row) or "")
            family = rules.integer("family", row)
            if family not in found.get(rule, ()):
                found[rule] = (*found.get(rule, ()), family)
    return sorted(Rule(*rule, families) for rule, families in found.items())


def chosen_by_device(rules: Table) -> bool:
    """Whether a rule leaves the choice of the table to the device (VRF), so that any table may be used."""
    selectors = rules.strings("selector")
    return any("l3mdev" in value.split() for value in selectors.values)


def title(names: RouteNames, table: int, rules: Table | None) -> str:
    """What stands above a table: `table 100 ── rule 32765: from 10.0.8.0/24`."""
    what = f"table {names.table(table)}"
    if rules is None:
        return what
    found = leading_to(rules, table)
    if found:
        word = "rule" if len(found) == 1 else "rules"
        return f"{what} ── {word} {'; '.join(map(str, found))}"
    return what if chosen_by_device(rules) else f"{what} ── no rule leads here"
