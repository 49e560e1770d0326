"""What there is to say of policy rules, and of the headings above routes, in words."""

from __future__ import annotations

from collections.abc import Iterator

from sockscope.app.frames.table import Table
from sockscope.app.model.route_names import LOCAL, names
from sockscope.app.model.rules import FAMILIES, Rule, chosen_by_device, everything, leading_to
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import UNKNOWN
from sockscope.app.view.route_text import V4, V6

_ACTIONS = {
    "lookup": "looks for a route there; without one the next rule is tried",
    "goto": "goes on with that rule",
    "nop": "does nothing: the next rule is tried",
    "blackhole": "thrown away without a word",
    "unreachable": "refused, the sender is told: network unreachable",
    "prohibit": "refused, the sender is told: administratively prohibited",
}


def heading(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """Of a rule what it matches and does, of a table what leads there, of other titles what stands below."""
    place = rows.integer("rule", row)
    rules = store.now("rules")
    if place >= 0:
        known = [] if rules is None else everything(rules)
        where = tuple(namespaces.facts(rows, row))
        return tuple(_rule(known[place], where)) if place < len(known) else ()
    if rows.integer("table", row):
        facts = (*leading(store, rows, row), *namespaces.facts(rows, row))
        return (Section(f"Table {rows.text('table_name', row)}", facts),)
    what, _, more = (rows.text("title", row) or UNKNOWN).partition(" ── ")
    return (Section(what.capitalize(), (Fact("what", more), *namespaces.facts(rows, row))),)


def _rule(rule: Rule, where: tuple[Fact, ...]) -> Iterator[Section]:
    facts = [
        Fact("priority", f"{rule.priority} (the lowest is tried first)"),
        Fact("packets", rule.matches, "strong"),
        Fact("then", rule.does(names().table), "strong"),
    ]
    meaning = _ACTIONS.get(rule.action.partition(" ")[0])
    if rule.by_device:
        meaning = "looks in the table of the VRF to which the packet's device belongs"
    if meaning:
        facts.append(Fact("", meaning))
    facts.append(Fact("holds for", " and ".join(FAMILIES.get(each, str(each)) for each in rule.families)))
    yield Section(f"Rule {rule.priority}", (*facts, *where))


def leading(store: Store, rows: Table, row: int) -> Iterator[Fact]:
    """The rules that choose the table of a route or of a title."""
    rules = store.now("rules")
    table = rows.integer("table", row)
    if rules is None or ("netns" in rules and not len(rules)):
        yield Fact("rules", "not read yet")
        return
    family = rows.integer("family", row)
    either = bool(rows.numbers("heading")[row])
    found = [rule for rule in leading_to(rules, table) if either or family in rule.families]
    for rule in found:
        only = "" if {V4, V6} <= set(rule.families) else f" ({'IPv4' if V4 in rule.families else 'IPv6'})"
        yield Fact(f"rule {rule.priority}", (rule.selector or "every packet") + (only if either else ""))
    if chosen_by_device(rules) and table != LOCAL:
        yield Fact("VRF", "also where a packet's device belongs to a VRF with this table")
    elif not found:
        yield Fact("rules", "none leads to this table: the route is never used", "warn")
