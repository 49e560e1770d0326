"""Tracked connections through the whole dashboard and printed once, from made-up frames."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from sockscope.app import once
from sockscope.app.frames.frame import Frame, Note
from sockscope.app.frames.table import Table
from sockscope.app.gather import Gatherer
from sockscope.app.once import Printer
from sockscope.app.options import apply, parse
from sockscope.app.settings import Settings
from tests.collectors.conntrack_messages import EVERY
from tests.fake import frame
from tests.model.conntrack_tables import addresses, conntrack, conntrack_use
from tests.test_dashboard import ROWS, Stage, stage

OWN = addresses("10.2.0.1", "fd02::1")
REFUSED = Note("conntrack", "forbidden", "listing tracked connections needs root (CAP_NET_ADMIN)")


def settings(arguments: str) -> Settings:
    return apply(parse(arguments.split()), Settings())


def printed(arguments: str) -> str:
    out = io.StringIO()
    tables = {"conntrack": conntrack(EVERY), "addresses": OWN}
    assert Printer(settings(arguments), out).print(Frame(0, 1.7e9, 1000.0, 1.0, tables=tables))
    return out.getvalue()


def lines(arguments: str) -> list[str]:
    return [" ".join(line.split()) for line in printed(arguments).splitlines()]


def test_printed_as_netstat_did() -> None:
    assert printed("-Mn").splitlines()[:3] == [
        "IP masquerading entries",
        "prot       expire source               destination          ports",
        "tcp       5:00.00 10.1.0.2             10.2.0.2             50001 -> 443 (61001)",
    ]
    assert lines("-Mn")[3:] == [
        "tcp 5:00.00 10.1.0.2 10.1.0.1 50002 -> 8080 (50002) => 10.2.0.2:80",
        "udp 5:00.00 10.1.0.2 10.1.0.1 50003 -> 8443 (50003) => 10.2.0.2:443",
        "icmp 0:29.00 10.1.0.2 10.2.0.2 echo request (type 8, code 0), id 77",
        "tcp 5:00.00 fd01::2 fd02::2 50004 -> 443 (50004)",
    ]


@pytest.mark.parametrize(
    ("arguments", "rows"), [("-M", 5), ("-Ma", 6), ("-M4", 4), ("-M6", 1), ("-Mu", 1), ("-Mta", 4)]
)
def test_what_is_printed_narrows(arguments: str, rows: int) -> None:
    assert len(lines(arguments)) == 2 + rows


def test_names_of_ports_unless_numbers_are_asked_for() -> None:
    assert lines("-M")[2].endswith("50001 -> https (61001)")


def test_json_is_one_object_a_connection() -> None:
    objects = [json.loads(line) for line in printed("-M --json").splitlines()]
    assert [each["proto"] for each in objects] == ["tcp", "tcp", "udp", "icmp", "tcp"]
    assert objects[0]["translation"] == "masqueraded as 10.2.0.1:61001"


def test_a_refusal_is_one_line_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Frame(0, 1.7e9, 1000.0, 1.0, tables={"addresses": OWN}, notes=(REFUSED,))
    monkeypatch.setattr(Gatherer, "frame", lambda _: refused)
    out, err = io.StringIO(), io.StringIO()
    assert once.run(settings("-M"), out, err) == 1
    assert out.getvalue() == ""
    assert err.getvalue() == f"sockscope: conntrack: {REFUSED.why}\n"


def test_the_options_open_the_tab() -> None:
    assert settings("-M").tab == "nat"
    assert settings("--masq").tab == "nat"


def tables(**use: int) -> dict[str, Table]:
    return {
        "conntrack": conntrack(EVERY, 1001.0),
        "addresses": OWN,
        "conntrack_use": conntrack_use(1001.0, **use),
    }


async def shown(it: Stage, number: int, more: dict[str, Table], **changes: Any) -> None:
    it.source.push(frame(number, ROWS, more, **changes))
    await it.pilot.pause()


async def test_only_translated_then_all_and_nothing_of_it_is_new() -> None:
    async with stage(tab="nat") as it:
        await shown(it, 1, tables(count=6, limit=100))
        await it.until(lambda: len(it.lines()) == 5)
        assert "masqueraded as 10.2.0.1:61001" in it.lines()[1]
        assert "6 of 100 tracked (6.0%)   5 connections" in it.line("filter")
        assert "8 NAT 6" in it.line("tabs")
        await it.press("a")
        await it.until(lambda: len(it.lines()) == 6)
        assert not any(line.startswith("▎") for line in it.lines())
        assert sum("not translated" in line for line in it.lines()) == 1


async def test_without_the_right_it_says_so_and_still_tells_the_count() -> None:
    async with stage(tab="nat") as it:
        await shown(it, 1, {"conntrack_use": conntrack_use(1001.0, count=80, limit=100)}, notes=(REFUSED,))
        await it.until(lambda: any("needs root" in line for line in it.lines()))
        assert "▲ 80 of 100 tracked (80%)" in it.line("filter")
        assert "8 NAT 80 ▲1" in it.line("tabs")


async def test_the_line_below_the_table_belongs_to_this_tab() -> None:
    async with stage(tab="nat") as it:
        await shown(it, 1, tables(count=6, limit=100))
        await it.until(lambda: len(it.lines()) == 5)
        await it.press("1")
        await it.until(lambda: "198.51.100.7" in "".join(it.lines()))
        assert not it.app.screen_stack[0].query_one("#filter").display


async def test_only_the_tab_asks_for_the_list() -> None:
    async with stage() as it:
        assert "conntrack" not in it.source.orders[-1].wanted
        await it.press("8")
        await it.until(lambda: {"conntrack", "addresses"} <= it.source.orders[-1].wanted)
        await it.press("1")
        await it.until(lambda: "conntrack" not in it.source.orders[-1].wanted)
