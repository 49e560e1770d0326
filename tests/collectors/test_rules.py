"""Policy rules as pyroute2 decodes them become a table."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Any

import pytest
from pyroute2.netlink.exceptions import NetlinkError

from sockscope.app.collectors.rules import Rule, RulesCollector, table
from sockscope.app.frames.table import Table

EVERYTHING = ("FRA_SUPPRESS_PREFIXLEN", 0xFFFFFFFF)


def rule(*attrs: tuple[str, Any], family: int = 2, action: int = 1, **header: int) -> Rule:
    """As `IPRoute.get_rules` yields them."""
    fields = {"family": family, "src_len": 0, "dst_len": 0, "tos": 0, "table": 254, "flags": 0}
    return {**fields, "action": action, **header, "attrs": [EVERYTHING, *attrs]}


def only(made: Table) -> tuple[int, int, str | None, str | None]:
    assert len(made) == 1
    return (
        made.integer("priority", 0),
        made.integer("table", 0),
        made.text("action", 0),
        made.text("selector", 0),
    )


@pytest.mark.parametrize(
    ("given", "selector"),
    [
        (rule(), ""),
        (rule(("FRA_SRC", "10.0.8.0"), src_len=24), "from 10.0.8.0/24"),
        (rule(("FRA_SRC", "10.0.8.1"), src_len=32), "from 10.0.8.1"),
        (rule(("FRA_SRC", "fd00::1"), src_len=32, family=10), "from fd00::1/32"),
        (rule(("FRA_IIFNAME", "eth9"), flags=8), "iif eth9 [detached]"),
        (rule(("FRA_DST", "10.9.0.0"), dst_len=16, flags=2), "not to 10.9.0.0/16"),
        (rule(tos=0x10), "tos 0x10"),
        (rule(("FRA_FWMARK", 1), ("FRA_FWMASK", 0xFF)), "fwmark 0x1/0xff"),
        (rule(("FRA_FWMARK", 7), ("FRA_FWMASK", 0xFFFFFFFF)), "fwmark 0x7"),
        (rule(("FRA_FWMASK", 1)), "fwmark 0x0/0x1"),
        (rule(("FRA_IIFNAME", "eth0"), ("FRA_OIFNAME", "eth1")), "iif eth0 oif eth1"),
        (rule(("FRA_IIFNAME", b"e\xff\x1b\0")), "iif e\udcff\x1b"),
        (rule(("FRA_UID_RANGE", "0:5")), "uidrange 0-5"),
        (rule(("FRA_SPORT_RANGE", "5:5"), ("FRA_DPORT_RANGE", "80:90")), "sport 5 dport 80-90"),
        (rule(("FRA_IP_PROTO", 6)), "ipproto tcp"),
        (rule(("FRA_IP_PROTO", 99)), "ipproto 99"),
        (rule(("FRA_L3MDEV", 1)), "l3mdev"),
        (rule(("FRA_SUPPRESS_PREFIXLEN", 0)), "suppress_prefixlength 0"),
        (rule(("FRA_SUPPRESS_IFGROUP", 5)), "suppress_ifgroup 5"),
        (rule(("FRA_TUN_ID", 5)), "tun_id 5"),
        (rule(("UNKNOWN", {"header": {"length": 6, "type": 28}})), ""),
        (rule(("UNKNOWN", {"header": {"length": 6, "type": 26}})), "and more"),
    ],
)
def test_selectors(given: Rule, selector: str) -> None:
    assert only(table([given]))[3] == selector


@pytest.mark.parametrize(
    ("number", "action"),
    [(2, "goto 40000"), (3, "nop"), (6, "blackhole"), (7, "unreachable"), (8, "prohibit"), (77, "action 77")],
)
def test_actions(number: int, action: str) -> None:
    assert only(table([rule(("FRA_GOTO", 40000), action=number)]))[2] == action


def test_priority_and_table() -> None:
    assert only(table([rule(("FRA_PRIORITY", 32765), ("FRA_TABLE", 99999), table=252)])) == (
        32765,
        99999,
        "lookup",
        "",
    )
    assert only(table([rule(table=255)]))[:2] == (0, 255)


class Asked:
    """Stands for pyroute2's socket."""

    def __init__(self, answers: dict[int, list[Rule] | Exception]) -> None:
        self.answers = answers
        self.closed = False

    def get_rules(self, family: int) -> Iterable[Rule]:
        answer = self.answers[family]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


def test_both_families_in_order() -> None:
    asked = Asked({2: [rule(table=255), rule()], 10: [rule(family=10)]})
    collector = RulesCollector(lambda: asked)
    collected = collector.collect()
    assert collected.tables["rules"].numbers("family").tolist() == [2, 2, 10]
    assert collected.notes == ()
    collector.close()
    assert asked.closed


def test_a_kernel_without_ipv6_or_without_rules_lacks_nothing() -> None:
    others = [rule()]  # what rtnetlink answers for a family that it has not
    collected = RulesCollector(lambda: Asked({2: others, 10: others})).collect()
    assert collected.tables["rules"].numbers("family").tolist() == [2]
    refused = NetlinkError(errno.EAFNOSUPPORT, "no")
    collected = RulesCollector(lambda: Asked({2: refused, 10: refused})).collect()
    assert len(collected.tables["rules"]) == 0
    assert collected.notes == ()


@pytest.mark.parametrize("failure", [NetlinkError(errno.EPERM, "no"), OSError(errno.EPERM, "no")])
def test_a_refusal_is_a_note(failure: Exception) -> None:
    collected = RulesCollector(lambda: Asked({2: [rule()], 10: failure})).collect()
    assert len(collected.tables["rules"]) == 1
    (note,) = collected.notes
    assert (note.table, note.kind) == ("rules", "forbidden")
    assert "IPv6" in note.why
    assert "operation not permitted" in note.why


def test_no_socket_at_all() -> None:
    def closed() -> Any:
        raise OSError(errno.EMFILE, "no")

    collected = RulesCollector(closed).collect()
    assert len(collected.tables["rules"]) == 0
    assert len(collected.notes) == 2


def test_this_machine() -> None:
    collector = RulesCollector()
    collected = collector.collect()
    collector.close()
    assert collected.notes == ()
    assert {255, 254} <= set(collected.tables["rules"].numbers("table").tolist())
