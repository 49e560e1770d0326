"""Policy rules, and how they bear on routing tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import MAIN, RouteNames

NOWHERE = -1
V4, V6 = 2, 10
FAMILIES = {V4: "IPv4", V6: "IPv6"}
_LIMITS, _BY_DEVICE = " suppress_", "l3mdev"
_HAS_PREFIX = re.compile(r"\b(from|to) (?!all\b)")


class Rule(NamedTuple):
    """A rule: its priority, what it matches ("" = everything), the address families it holds for, what it
    does (`lookup`, `goto 40000`, `blackhole`, ...), and the table it looks up (0: none)."""

    priority: int
    selector: str
    families: tuple[int, ...]
    action: str = "lookup"
    table: int = 0

    @property
    def by_device(self) -> bool:
        """Whether the device of a packet (its VRF) chooses the table."""
        return self.action == "lookup" and not self.table and _BY_DEVICE in self.selector.split()

    @property
    def matches(self) -> str:
        """What a packet must be like, in the words of ip-rule(8)."""
        words = f" {self.selector}".partition(_LIMITS)[0].strip()
        if self.by_device:
            words = " ".join(word for word in words.split() if word != _BY_DEVICE)
        plain = words.removeprefix("not").strip()
        source = "" if plain.startswith("from ") else "from all "
        return f"{'not ' if plain != words else ''}{source}{plain}".strip()

    def does(self, table_name: Callable[[int], str]) -> str:
        """What becomes of such a packet, in the words of ip-rule(8): `lookup main`."""
        if self.action != "lookup":
            return self.action
        where = "[l3mdev-table]" if self.by_device else table_name(self.table)
        return f"lookup {where}{''.join(f' {self.selector}'.partition(_LIMITS)[1:])}"

    @property
    def only(self) -> str:
        """The one family it holds for, "" where it is both or its addresses tell."""
        if len(self.families) > 1 or _HAS_PREFIX.search(self.selector):
            return ""
        return "".join(FAMILIES.get(family, str(family)) for family in self.families)

    def text(self, table_name: Callable[[int], str]) -> str:
        """The whole rule in one line: `rule 32765: from 10.0.8.0/24 lookup 100`."""
        only = f" ({self.only})" if self.only else ""
        return f"rule {self.priority}: {self.matches} {self.does(table_name)}{only}"


def everything(rules: Table) -> list[Rule]:
    """All rules in the order of priority; the same rule of both families is one."""
    found: dict[tuple[int, str, str, int], tuple[int, ...]] = {}
    for row in range(len(rules)):
        rule = (
            rules.integer("priority", row),
            rules.text("selector", row) or "",
            rules.text("action", row) or "",
            rules.integer("table", row),
        )
        family = rules.integer("family", row)
        if family not in found.get(rule, ()):
            found[rule] = (*found.get(rule, ()), family)
    made = [
        Rule(priority, selector, families, action, table if action == "lookup" else 0)
        for (priority, selector, action, table), families in found.items()
    ]
    return sorted(made, key=lambda rule: rule.priority)


def leading_to(rules: Table, table: int) -> list[Rule]:
    """The rules that look a table up, in the order of priority.

    A rule for VRFs (`l3mdev`) names no table and is not among them.
    """
    return [rule for rule in everything(rules) if rule.table == table and rule.action == "lookup"]


def chosen_by_device(rules: Table) -> bool:
    """Whether a rule leaves the choice of the table to the device (VRF), so that any table may be used."""
    return any(rule.by_device for rule in everything(rules))


class Heading(NamedTuple):
    """A line above routes: a rule that chooses them (its place among all rules), or a title (-1)."""

    text: str
    rule: int = -1


def headings(
    names: RouteNames, tables: Sequence[int], rules: Table | None, where: str = ""
) -> dict[int, list[Heading]]:
    """What stands above the routes of each table: the rules that choose it, then its title, which main goes
    without; and under NOWHERE, if there are such, the rules that choose none of these tables. Titles end in
    `where`, and with that they come first and main has one too."""
    known = [] if rules is None else everything(rules)
    made: dict[int, list[Heading]] = {table: [] for table in tables}
    rest: list[Heading] = []
    for place, rule in enumerate(known):
        heading = Heading(rule.text(names.table), place)
        chosen = made.get(rule.table) if rule.action == "lookup" and rule.table else None
        (rest if chosen is None else chosen).append(heading)
    any_table = rules is None or any(rule.by_device for rule in known)
    for table, above in made.items():
        if not above and not any_table:
            above.append(Heading(f"table {names.table(table)}{where} ── no rule leads here"))
        elif where:
            above.insert(0, Heading(f"table {names.table(table)}{where}"))
        elif table != MAIN:
            above.append(Heading(f"table {names.table(table)}"))
    if rest:
        made[NOWHERE] = [Heading(f"other rules{where} ── to no table, or to one without routes"), *rest]
    return made
