"""What there is to say of one route, in words."""

from __future__ import annotations

from collections.abc import Iterator

from sockscope.app.frames.table import Table
from sockscope.app.hosts import Address
from sockscope.app.model.namespaces import around
from sockscope.app.model.route_flags import HOP_MEANINGS, MEANINGS, hop_states
from sockscope.app.model.route_names import (
    ANYCAST,
    BLACKHOLE,
    BROADCAST,
    LOCAL_TYPE,
    MULTICAST,
    PROHIBIT,
    REJECTING,
    THROW,
    UNICAST,
    UNREACHABLE,
)
from sockscope.app.model.route_rows import hops_of
from sockscope.app.model.store import Store
from sockscope.app.view import namespaces, route_text, rule_details, ways
from sockscope.app.view.columns import Fact, Section
from sockscope.app.view.format import UNKNOWN, count, duration, short
from sockscope.app.view.route_text import V4, V6

_TYPES = {
    UNICAST: "to other hosts",
    LOCAL_TYPE: "to this machine itself",
    BROADCAST: "to every host on the link",
    ANYCAST: "to this machine, by an address that others have too",
    MULTICAST: "to the members of a group",
    BLACKHOLE: "thrown away without a word",
    UNREACHABLE: "refused, the sender is told: host unreachable",
    PROHIBIT: "refused, the sender is told: administratively prohibited",
    THROW: "not answered by this table: the next rule decides",
}
_PROTOCOLS = {
    1: "learnt from an ICMP redirect",
    2: "made by the kernel itself",
    3: "added without naming an origin",
    4: "added by an administrator",
    9: "told by a router advertisement",
    16: "told by DHCP",
    18: "made by keepalived",
    186: "learnt over BGP",
    187: "learnt over IS-IS",
    188: "learnt over OSPF",
    189: "learnt over RIP",
    192: "learnt over EIGRP",
}
_SCOPES = {
    0: "valid everywhere",
    200: "valid inside this site",
    253: "valid on the attached link",
    254: "valid inside this machine",
    255: "leads nowhere",
}
_PREFERENCES = {0: "medium", 1: "high", 3: "low"}
_ENCAPSULATIONS = {
    1: "mpls", 2: "ip", 3: "ila", 4: "ip6", 5: "seg6", 6: "bpf", 7: "seg6local", 8: "rpl", 9: "ioam6",
    10: "xfrm",
}  # fmt: skip
_HOPS = 64
"""Next hops that are listed one by one."""
_DOWN = frozenset({"dead", "linkdown"})
_RTM_F_OFFLOAD, _RTM_F_TRAP, _RTM_F_OFFLOAD_FAILED = 0x4000, 0x8000, 0x20000000
_HARDWARE = {
    _RTM_F_OFFLOAD: "forwards it",
    _RTM_F_TRAP: "hands its packets to the kernel",
    _RTM_F_OFFLOAD_FAILED: "refused to take it over",
}


def details(store: Store, rows: Table, row: int) -> tuple[Section, ...]:
    """What the kernel answers to an address that was typed; then the route, its letters, every next hop, its
    metrics and the rules that lead to it; of a hop, those of its route; of a title, what leads to the table;
    of a rule, what it does."""
    asked = ways.answers(store)
    store = around(store, rows, row)
    if rows.numbers("heading")[row]:
        return (*asked, *rule_details.heading(store, rows, row))
    parent = rows.integer("parent", row)
    route = row if parent < 0 else parent
    return (
        *asked,
        Section(_title(rows, route), (*_route(rows, route), *namespaces.facts(rows, route))),
        Section("Flags", tuple(_letters(rows, route))),
        Section("Next hops", tuple(_hops(rows, route))),
        Section("Metrics", tuple(_metrics(rows, route))),
        Section("Chosen by", tuple(rule_details.leading(store, rows, route))),
    )


def _title(rows: Table, row: int) -> str:
    version = "IPv4" if rows.integer("family", row) == V4 else "IPv6"
    return f"{version} route to {route_text.destination(rows, row)}"


def _route(rows: Table, row: int) -> Iterator[Fact]:
    if rows.numbers("cached")[row]:
        yield Fact("cached", "an exception of a route, until it expires", "strong")
        why = (
            "an ICMP redirect"
            if route_text.redirected(rows, row)
            else "ICMP: a packet was too big on its way"
        )
        yield Fact("learnt from", why)
    kind = rows.integer("type", row)
    rejects = kind in REJECTING
    yield Fact("type", _explained(rows.text("type_name", row), _TYPES.get(kind)), "warn" if rejects else "")
    number = rows.integer("table", row)
    name = rows.text("table_name", row) or UNKNOWN
    yield Fact("table", name if name == str(number) else f"{name} ({number})")
    yield Fact("metric", f"{count(rows.integer('metric', row))} (the lowest of equal routes is used)")
    protocol = rows.integer("protocol", row)
    if not rows.numbers("cached")[row]:
        yield Fact("protocol", _explained(rows.text("protocol_name", row), _PROTOCOLS.get(protocol)))
    if rows.integer("family", row) == V4 and not rows.numbers("cached")[row]:
        scope = rows.integer("scope", row)
        yield Fact("scope", _explained(rows.text("scope_name", row), _SCOPES.get(scope)))
    yield Fact("source", route_text.preferred_source(rows, row) or "chosen by the kernel for each packet")
    prefix = route_text.source_prefix(rows, row)
    if prefix is not None:
        yield Fact("only from", prefix)
    tos = rows.integer("tos", row)
    if tos:
        yield Fact("only for tos", f"{tos:#04x}")
    mask = route_text.genmask(rows, row)
    if mask is not None:
        yield Fact("genmask", mask)
    yield from _lifetime(rows, row)
    for bit, words in _HARDWARE.items():
        if rows.integer("flags", row) & bit:
            yield Fact("hardware", words, "warn" if bit == _RTM_F_OFFLOAD_FAILED else "")


def _explained(name: str | None, meaning: str | None) -> str:
    return f"{name}: {meaning}" if meaning else name or UNKNOWN


def _lifetime(rows: Table, row: int) -> Iterator[Fact]:
    expires = rows.integer("expires", row)
    if expires > 0:
        yield Fact("expires", f"in {duration(expires / route_text.TICKS)}")
    elif expires < 0:
        yield Fact("expires", "run out, or not told when", "warn")
    if rows.integer("family", row) != V6:
        return
    preference = _PREFERENCES.get(rows.integer("pref", row))
    if preference and (rows.integer("protocol", row) == 9 or preference != "medium"):
        yield Fact("preference", f"{preference}, among routers that advertise the same")


def _letters(rows: Table, row: int) -> Iterator[Fact]:
    shown, plain = rows.text("shown_letters", row) or "", rows.text("letters", row)
    for letter in shown:
        yield Fact(letter, MEANINGS[letter], "warn" if letter == "!" else "")
    if shown != plain:
        yield Fact("", f"netstat prints {plain} for it", "dim")


def _hops(rows: Table, row: int) -> Iterator[Fact]:
    hops = hops_of(rows, row)
    if hops:
        total = sum(rows.integer("weight", hop) for hop in hops)
        for number, hop in enumerate(hops[:_HOPS], 1):
            weight = rows.integer("weight", hop)
            yield Fact(
                f"{number} of {len(hops)}",
                f"{_way(rows, hop)}, weight {weight} of {total} ({weight / total:.0%})",
                "strong",
                _gateway_host(rows, hop),
            )
            yield from _states(rows, hop)
        if len(hops) > _HOPS:
            yield Fact("", f"and {len(hops) - _HOPS} more")
    elif rows.integer("hops", row):
        yield Fact("hops", f"{rows.integer('hops', row)}, no longer known")
    elif rows.integer("type", row) not in REJECTING or rows.integer("device", row):
        yield Fact("way", _way(rows, row), "strong", _gateway_host(rows, row))
        yield from _states(rows, row)
    else:
        yield Fact("way", "none")
    if rows.integer("nexthop_id", row):
        yield Fact("object", f"next-hop object {rows.integer('nexthop_id', row)}")
    encapsulation = rows.integer("encapsulation", row)
    if encapsulation:
        yield Fact("packed in", _ENCAPSULATIONS.get(encapsulation, str(encapsulation)))


def _gateway_host(rows: Table, row: int) -> tuple[Address, ...]:
    family = rows.integer("gateway_family", row)
    return ((family, rows.numbers("gateway")[row].tobytes()),) if family else ()


def _way(rows: Table, row: int) -> str:
    gateway = route_text.gateway(rows, row)
    device = rows.text("interface", row)
    if gateway is None:
        return f"directly on {device}" if device else "no device"
    return f"via {gateway} on {device}" if device else f"via {gateway}"


def _states(rows: Table, row: int) -> Iterator[Fact]:
    for word in hop_states(rows.integer("flags", row)):
        yield Fact(word, HOP_MEANINGS[word], "warn" if word in _DOWN else "")


def _metrics(rows: Table, row: int) -> Iterator[Fact]:
    mtu, advmss = rows.integer("mtu", row), rows.integer("advmss", row)
    window, rtt = rows.integer("window", row), rows.integer("rtt", row)
    yield Fact("MTU", f"{count(mtu)} bytes" if mtu else "the interface's")
    yield Fact("MSS", f"{count(advmss)} bytes advertised" if advmss else "from the MTU")
    yield Fact("window", f"at most {count(window)} bytes" if window else "not limited")
    yield Fact("irtt", f"{short(rtt / 8)} ms assumed at first" if rtt else "not set")
