"""How the NAT tab reads."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sockscope.app.frames.conntrack import Status
from sockscope.app.frames.frame import Note
from sockscope.app.model.presence import Presence
from sockscope.app.model.query import Query, select
from sockscope.app.settings import Settings
from sockscope.app.view.catalog import reading
from sockscope.app.view.cells import Cell
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.conntrack import NAT
from sockscope.app.view.layout import cell as cell_in
from sockscope.app.view.layout import place
from tests.collectors import conntrack_messages as made
from tests.collectors.conntrack_messages import EVERY, End, Entry
from tests.filters import typed
from tests.model.conntrack_tables import TRANSLATED, Played
from tests.model.test_conntrack import counted

COLUMNS = {column.id: column for column in NAT.columns}


def cell(it: Played, column: str, row: int = 0) -> Cell:
    return COLUMNS[column].cell(it.rows(), row)


def cells(it: Played, column: str) -> list[str]:
    return [cell(it, column, row).text for row in range(len(it.rows()))]


def details(it: Played, row: int = 0) -> dict[str, str]:
    """Facts by label."""
    return {
        fact.label: fact.value for section in NAT.details(it.store, it.rows(), row) for fact in section.facts
    }


def found(it: Played, word: str) -> list[int]:
    """Identifiers of the rows that contain a word."""
    rows = it.rows()
    matches: list[int] = rows.numbers("id")[select(rows, typed(NAT, word), reading(NAT))].tolist()
    return matches


def test_every_kind_reads_in_words() -> None:
    it = Played().see(*EVERY)
    assert cells(it, "proto") == ["tcp", "tcp", "tcp", "udp", "icmp", "tcp"]
    assert cells(it, "state") == ["ESTABLISHED"] * 3 + ["replied"] * 2 + ["TIME_WAIT"]
    assert cells(it, "source")[:2] == ["10.1.0.2:50001"] * 2
    assert cells(it, "source")[4:] == ["10.1.0.2", "[fd01::2]:50004"]
    assert cells(it, "translation") == [
        "not translated",
        "masqueraded as 10.2.0.1:61001",
        "destination rewritten to 10.2.0.2:80",
        "masqueraded as 10.2.0.1:50003, destination rewritten to 10.2.0.2:443",
        "masqueraded as 10.2.0.1",
        "masqueraded as [fd02::1]:50004",
    ]


def test_a_narrow_column_says_it_in_fewer_words() -> None:
    it = Played().see(*EVERY)
    (placed,) = place([COLUMNS["translation"]], COLUMNS["translation"].minimum)
    brief = [cell_in(placed, it.rows(), row).text for row in range(len(EVERY))]
    assert brief == [
        "not translated",
        "masqueraded as 10.2.0.1:61001",
        "dest to 10.2.0.2:80",
        "both to 10.2.0.2:443",
        "masqueraded as 10.2.0.1",
        "masqueraded as [fd02::1]:50004",
    ]
    assert max(map(len, brief)) <= placed.width


def test_the_longest_address_of_ipv4_is_never_cut() -> None:
    long = "255.255.255.255"
    ends = End(long, long, 65535, 65535), End("254.254.254.254", long, 65535, 65534)
    it = Played().see(Entry(*ends), replace(made.MASQUERADED, reply=ends[0]))
    for width in (78, 118, 198):
        for placed in place(NAT.columns, width):
            for row in range(2):
                assert len(cell_in(placed, it.rows(), row).text) <= max(placed.width, 21)


def test_who_answers_stays_where_there_is_little_room() -> None:
    everywhere = Chosen((), Settings(netns="all").asked_columns).columns(NAT)
    shown = {width: [placed.column.id for placed in place(everywhere, width)] for width in (78, 158)}
    assert shown[78] == ["source", "destination", "answerer"]
    assert {"translation", "answerer", "namespace", "rate"} <= set(shown[158])


def test_the_timeout_counts_down() -> None:
    it = Played().see(made.ECHO)
    assert cell(it, "expires").text == "29s"
    it.see(replace(made.ECHO, timeout=28))
    assert cell(it, "expires").text == "28s"
    assert cell(Played().see(replace(made.ECHO, timeout=-1)), "expires").text == "-"


def test_amounts_and_rates() -> None:
    it = Played().see(counted(made.BOTH, 10, 1000)).see(counted(made.BOTH, 20, 2000))
    assert [cell(it, name).text for name in ("packets", "bytes", "rate", "there", "back")] == [
        "60",
        "8.0k",
        "4.0k",
        "1.0k",
        "3.0k",
    ]
    unknown = Played().see(made.BOTH)
    assert [cell(unknown, name).text for name in ("packets", "bytes", "rate", "there", "back")] == ["-"] * 5


def test_words_find_rows() -> None:
    it = Played().see(*EVERY)
    assert found(it, "masq") == [2, 4, 5, 6]
    assert sorted(found(it, "rewritten")) == [3, 4]
    assert sorted(found(it, "'not'")) == [1]
    assert found(it, "61001") == [2]
    assert found(it, "fd02::1") == [6]
    assert found(it, "icmp") == [5]
    assert sorted(found(it, "established")) == [1, 2, 3]
    assert sorted(found(it, "10.1.0.1")) == [3, 4]


def test_every_column_sorts() -> None:
    it = Played().see(*EVERY)
    for column in NAT.columns:
        for descending in (False, True):
            order = select(it.rows(), Query(column.id, descending), reading(NAT))
            assert sorted(order.tolist()) == list(range(len(EVERY)))


def test_fields_are_json() -> None:
    it = Played().see(counted(made.MASQUERADED, 2, 112), made.ECHO)
    web, echo = (
        json.loads(json.dumps({field.name: field.value(it.rows(), row) for field in NAT.fields}))
        for row in range(2)
    )
    assert web == {
        "family": "inet",
        "proto": "tcp",
        "state": "ESTABLISHED",
        "timeout_seconds": 300,
        "original_source": "10.1.0.2",
        "original_source_port": 50001,
        "original_destination": "10.2.0.2",
        "original_destination_port": 443,
        "reply_source": "10.2.0.2",
        "reply_source_port": 443,
        "reply_destination": "10.2.0.1",
        "reply_destination_port": 61001,
        "icmp": None,
        "translation": "masqueraded as 10.2.0.1:61001",
        "packets_original": 2,
        "bytes_original": 112,
        "packets_reply": 4,
        "bytes_reply": 336,
        "mark": 0,
        "zone": 0,
        "status": ["seen_reply", "confirmed"],
        "id": 2,
        "netns": "own",
        "netns_inode": None,
    }
    assert echo["icmp"] == "echo request (type 8, code 0), id 77"
    assert [echo[name] for name in ("original_source_port", "bytes_reply")] == [None, None]


def standing(it: Played) -> tuple[str, str]:
    cells = NAT.standing(it.store)
    return "".join(each.text for each in cells), "".join(each.tone for each in cells)


@pytest.mark.parametrize(
    ("count", "limit", "expected"),
    [
        (0, 262_144, ("0 of 262,144 tracked (0%)", "dim")),
        (1, 262_144, ("1 of 262,144 tracked (<0.1%)", "dim")),
        (1204, 262_144, ("1,204 of 262,144 tracked (0.5%)", "dim")),
        (200_000, 262_144, ("▲ 200,000 of 262,144 tracked (76%)", "alarm")),
        (17, -1, ("17 tracked", "dim")),
        (-1, -1, ("", "")),
    ],
)
def test_how_full_the_table_is(count: int, limit: int, expected: tuple[str, str]) -> None:
    assert standing(Played().see(listed=False, count=count, limit=limit)) == expected


def test_losses_are_told_with_it() -> None:
    it = Played().see(count=5, limit=100, drop=0).see(count=5, limit=100, drop=12)
    assert standing(it) == ("▲ 5 of 100 tracked (5.0%, 12/s turned away)", "alarm")


def test_why_there_is_no_row() -> None:
    refused = Note("conntrack", "forbidden", "listing tracked connections needs root (CAP_NET_ADMIN)")
    assert NAT.empty(Played().see(listed=False, notes=(refused,)).store) == refused.why
    assert NAT.empty(Played().see(listed=False).store) == "tracked connections have not been read yet"
    assert NAT.empty(Played().see().store) == "no connection is tracked in this network namespace"
    one = "the one tracked connection is not translated (a shows it)"
    assert NAT.empty(Played().see(made.PLAIN).store) == one
    many = "none of 2 tracked connections is translated (a shows all)"
    assert NAT.empty(Played().see(made.PLAIN, replace(made.PLAIN, id=9)).store) == many


def test_details_of_a_masqueraded_connection() -> None:
    entry = replace(made.MASQUERADED, mark=7, zone=3, started=int(1.7e18) + 941 * 10**9, timeout=252)
    entry = replace(entry, status=Status.SEEN_REPLY | Status.ASSURED | Status.HELPER)
    it = Played().see(counted(entry, 10, 1000)).see(counted(entry, 20, 3000))
    told = details(it)
    assert told["state"] == "ESTABLISHED: open: data may flow"
    assert told["expires"] == "in 4m12s, unless another packet comes"
    assert told["began"].endswith(", 1m01s ago")
    assert told["assured"] == "is kept when the table is full"
    assert told["helper"] == "a helper module reads its contents"
    assert (told["mark"], told["zone"]) == ("0x7 (7)", "3")
    assert told["source"] == "10.1.0.2:50001 masqueraded as 10.2.0.1:61001"
    assert told["original"] == "10.1.0.2:50001 → 10.2.0.2:443"
    assert told["reply"] == "10.2.0.2:443 → 10.2.0.1:61001"
    assert told["there"] == "20 packets, 2.9 KiB, now 2.0k bytes/s"


def test_details_of_other_kinds() -> None:
    it = Played().see(*EVERY)
    assert details(it, 0)["none"] == "both directions use the same addresses and ports"
    assert details(it, 2)["destination"] == "10.1.0.1:8080 destination rewritten to 10.2.0.2:80"
    assert details(it, 4)["message"] == "echo request (type 8, code 0), id 77"
    assert details(it, 4)["not assured"] == "may be thrown out early when the table is full"
    assert "there" not in details(it, 0)


@pytest.mark.parametrize(
    ("accounting", "why"),
    [(0, "net.netfilter.nf_conntrack_acct is off"), (1, "accounting was off when it began")],
)
def test_why_nothing_is_counted(accounting: int, why: str) -> None:
    assert details(Played().see(made.PLAIN, accounting=accounting))["not counted"] == why


def test_an_offloaded_connection_has_no_timeout() -> None:
    entry = replace(made.PLAIN, state=-1, timeout=-1, status=Status.OFFLOAD | Status.HW_OFFLOAD)
    it = Played().see(entry)
    assert cell(it, "state").text == "offloaded"
    told = details(it)
    assert told["forwarded"] == "in hardware, past connection tracking; its timeout does not run"
    assert "expires" not in told


def test_details_of_a_row_that_is_gone_can_still_be_told() -> None:
    it = Played().see(*EVERY)
    presence = Presence()
    presence.observe(it.rows(TRANSLATED), 1.0, 3.0)
    it.see(made.PLAIN)
    shown = presence.observe(it.rows(TRANSLATED), 2.0, 3.0)
    assert len(shown) == len(EVERY) - 1
    for row in np.arange(len(shown)).tolist():
        assert NAT.details(it.store, shown, row)
