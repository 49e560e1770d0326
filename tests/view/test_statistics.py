"""How the Statistics tab reads."""

from __future__ import annotations

import numpy as np
import pytest

from sockscope.app.frames.frame import Frame, Note
from sockscope.app.model.filters.match import Word
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view import catalog
from sockscope.app.view.cells import Cell
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.columns import Fact
from sockscope.app.view.layout import place
from sockscope.app.view.statistics import STATISTICS
from tests.model.counter_tables import ESTABLISHED, OPENED, OVERFLOWS, RETRANSMITTED, START, Played

COLUMNS = {column.id: column for column in STATISTICS.columns}


def cell(it: Played, column: str, counter: tuple[str, str]) -> Cell:
    return COLUMNS[column].cell(it.rows(), it.row(counter))


@pytest.fixture
def moving() -> Played:
    """Two samples two seconds apart, everything moving."""
    it = Played()
    it.sample(100.0, START)
    it.sample(102.0, {OPENED: 2_480_034, ESTABLISHED: 6, RETRANSMITTED: 0, OVERFLOWS: 364})
    return it


def test_changes_line_up_and_problems_are_marked(moving: Played) -> None:
    assert cell(moving, "change", OPENED) == Cell("+1.2M/s  ", "strong")
    assert cell(moving, "change", ESTABLISHED) == Cell("+3    ", "strong")
    assert cell(moving, "change", OVERFLOWS) == Cell("+132/s ▲", "alarm")
    assert cell(moving, "change", RETRANSMITTED).text.strip() == ""
    assert cell(moving, "total", OPENED).text == "2,480,034"
    assert cell(moving, "section", OVERFLOWS).text == "TcpExt"
    assert "accept queue" in cell(moving, "meaning", OVERFLOWS).text


def test_a_problem_stays_marked_while_it_rests(moving: Played) -> None:
    moving.sample(103.0, {OPENED: 2_480_034, ESTABLISHED: 6, RETRANSMITTED: 0, OVERFLOWS: 364})
    assert cell(moving, "change", OVERFLOWS) == Cell(" ▲", "alarm")


def test_before_the_second_sample_and_after_a_reset() -> None:
    it = Played()
    it.sample(100.0, START)
    assert cell(it, "change", OPENED) == Cell("-    ", "dim")
    it.sample(101.0, {**START, OPENED: 2})
    assert cell(it, "change", OPENED) == Cell("reset    ", "warn")


def test_slow_growth_is_not_rounded_to_nothing() -> None:
    it = Played()
    it.sample(100.0, START)
    it.sample(130.0, {**START, OPENED: 11})
    assert cell(it, "change", OPENED).text == "+0.03/s  "


def test_since_the_mark_there_is_no_rate(moving: Played) -> None:
    moving.store.mark()
    moving.sample(103.0, {OPENED: 2_480_034, ESTABLISHED: 6, RETRANSMITTED: 5, OVERFLOWS: 400})
    assert cell(moving, "change", OVERFLOWS) == Cell("+36   ▲", "alarm")
    assert cell(moving, "change", RETRANSMITTED) == Cell("+5    ", "strong")


def test_numbers_are_never_wider_than_their_column() -> None:
    it = Played()
    it.sample(100.0, dict.fromkeys(START, -(2**62)))
    for value in (-(10**12) + 1, 0, 99_949, 999_999_999_999, 2**62, 2**63 - 1):
        it.sample(101.0 + it.number, dict.fromkeys(START, value))
        for counter in START:
            for column in ("total", "change"):
                assert len(cell(it, column, counter).text) <= COLUMNS[column].minimum


def test_at_80_columns_the_section_leaves_first() -> None:
    assert [each.column.id for each in place(Chosen().columns(STATISTICS), 78)] == [
        "counter",
        "total",
        "change",
        "meaning",
    ]
    assert len(place(Chosen().columns(STATISTICS), 110)) == 5


def test_sorting(moving: Played) -> None:
    rows = moving.rows("kernel_order")

    def first(column: str) -> str | None:
        order = COLUMNS[column].order(rows)
        keys = -order if COLUMNS[column].descending else order
        return rows.text("name", int(np.nanargmin(keys)))

    assert first("section") == "ActiveOpens"
    assert first("counter") == "ActiveOpens"
    assert first("total") == "ActiveOpens"
    assert first("change") == "ActiveOpens"
    assert first("meaning") == "ListenOverflows"


def test_search_in_words_but_not_in_moving_numbers(moving: Played) -> None:
    rows = moving.rows("kernel_order")

    def found(word: str) -> list[str | None]:
        hits = np.zeros(len(rows), dtype=np.bool_)
        for column in STATISTICS.columns:
            assert column.search is not None
            hits |= column.search(rows, Word(word))
        return [rows.text("name", int(row)) for row in np.flatnonzero(hits)]

    assert found("listen") == ["ListenOverflows"]
    assert found("accept queue") == ["ListenOverflows"]
    assert found("364") == []


def test_machine_readable_values(moving: Played) -> None:
    rows = moving.rows()
    row = moving.row(ESTABLISHED)
    values = {field.name: field.value(rows, row) for field in STATISTICS.fields}
    assert list(values) == [
        "section",
        "name",
        "value",
        "kind",
        "meaning",
        "interface",
        "netns",
        "netns_inode",
    ]
    assert values["meaning"]
    assert {name: values[name] for name in ("section", "name", "value", "kind")} == {
        "section": "Tcp",
        "name": "CurrEstab",
        "value": 6,
        "kind": "gauge",
    }


def test_a_counter_that_is_not_described() -> None:
    it = Played()
    it.sample(100.0, {("NewExt", "Brand"): 4})
    rows = it.rows()
    assert COLUMNS["meaning"].cell(rows, 0).text == ""
    assert {field.name: field.value(rows, 0) for field in STATISTICS.fields}["meaning"] is None
    facts = STATISTICS.details(it.store, rows, 0)[0].facts
    assert Fact("meaning", "not described: newer than this program") in facts


def test_details_say_everything_in_words(moving: Played) -> None:
    moving.store.mark()
    moving.sample(104.0, {OPENED: 2_480_134, ESTABLISHED: 6, RETRANSMITTED: 3, OVERFLOWS: 366})
    rows = moving.rows()
    about, values = STATISTICS.details(moving.store, rows, moving.row(OVERFLOWS))
    assert about.title == "ListenOverflows"
    words = {fact.label: fact.value for fact in (*about.facts, *values.facts) if fact.label}
    assert words.pop("meaning").startswith("Connection requests")
    assert words == {
        "section": "TcpExt",
        "kind": "counter: adds up since the network namespace was made",
        "severity": "something is wrong when it grows",
        "total": "366",
        "last change": "+2 (+1/s)",
        "since mark 2s": "+2",
        "since start": "+266",
    }
    assert Fact("", "▲ growing", "alarm") in values.facts
    *_, related = STATISTICS.details(moving.store, rows, moving.row(OPENED))
    assert related.title == "Also moving in Tcp"
    assert [(fact.label, fact.value) for fact in related.facts] == [
        ("+3", "RetransSegs"),
        ("0", "CurrEstab"),
    ]


def test_an_empty_table_says_why() -> None:
    store = Store()
    assert STATISTICS.empty(store) == "the counters have not been read yet"
    why = "/proc/thread-self/net/snmp: No such file or directory"
    store.take(Frame(0, 1.0, 1.0, 1.0, notes=(Note("counters", "missing", why),)))
    assert STATISTICS.empty(store) == why
    it = Played()
    it.sample(100.0, START)
    assert STATISTICS.empty(it.store) == "no counter has moved since the start"
    it.store.mark()
    assert STATISTICS.empty(it.store) == "no counter has moved since the mark"


def test_single_interfaces_are_named_where_there_is_always_room() -> None:
    it = Played()
    received = ("Ip6", "Ip6InReceives")
    it.sample(100.0, {received: 5}, {"eth0": {received: 3}})
    rows = it.rows("per_interface")
    assert COLUMNS["meaning"].cell(rows, 0).text.startswith("IPv6 packets")
    assert COLUMNS["meaning"].cell(rows, 1).text.startswith("eth0: IPv6 packets")
    search = COLUMNS["meaning"].search
    assert search is not None
    assert search(rows, Word("eth0")).tolist() == [False, True]
    values = [{field.name: field.value(rows, row) for field in STATISTICS.fields} for row in (0, 1)]
    assert [each["interface"] for each in values] == [None, "eth0"]
    assert [each["section"] for each in values] == ["Ip6", "Ip6"]
    assert Fact("section", "Ip6 eth0") in STATISTICS.details(it.store, rows, 1)[0].facts


def test_the_counters_of_interfaces_are_collected_only_when_shown() -> None:
    assert catalog.needs("statistics") == {"counters"}
    shown = Options(frozenset({"per_interface"}))
    assert catalog.needs("statistics", shown) == {"counters", "interface_counters"}
    assert catalog.needs("groups", shown) == {"groups"}
