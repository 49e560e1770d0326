"""Rows of the Routes tab: order, titles, hops, identities, and what stands out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Table
from sockscope.app.model.presence import Presence
from sockscope.app.model.query import Query, Reading, select
from sockscope.app.model.routes import RoutesModel
from sockscope.app.model.store import Store
from sockscope.app.model.tab import Options
from sockscope.app.view.route_text import destination
from tests.model.route_tables import Played, Row, hop, route, rules, tables

MULTIPATH = route("10.9.0.0/16", hops=[hop("10.0.0.2"), hop("10.1.0.3", 3, weight=2, flags=16)])


def told(rows: Table) -> list[str]:
    """Every row in a word or two."""
    return [_told(rows, row) for row in range(len(rows))]


def _told(rows: Table, row: int) -> str:
    if rows.numbers("heading")[row]:
        return f"= {rows.text('title', row)}"
    if rows.integer("parent", row) >= 0:
        return f"> {rows.text('interface', row)}"
    return f"{destination(rows, row)} {rows.text('table_name', row)}"


def test_main_first_local_last_and_the_others_by_number_each_with_a_title() -> None:
    it = Played(
        route("127.0.0.0/8", device=1, type=2, table=255),
        route("::/0", table=1000),
        route("10.0.0.0/8", table=100),
        route("fd00::/64"),
        route("0.0.0.0/0", table=100),
        route("10.0.0.0/24"),
        route("0.0.0.0/0", table=253),
        rules=rules((2, 32765, 100, "from 10.0.8.0/24"), (2, 32766, 254, ""), (2, 0, 255, "")),
    )
    assert told(it.rows()) == [
        "= rule 32766: from all lookup main (IPv4)",
        "10.0.0.0/24 main",
        "fd00::/64 main",
        "= rule 32765: from 10.0.8.0/24 lookup 100",
        "= table 100",
        "default 100",
        "10.0.0.0/8 100",
        "= table default ── no rule leads here",
        "default default",
        "= table 1000 ── no rule leads here",
        "default 1000",
        "= rule 0: from all lookup local (IPv4)",
        "= table local",
        "127.0.0.0/8 local",
    ]


def test_default_first_then_by_address_length_and_metric() -> None:
    it = Played(
        route("::/0"),
        route("10.0.0.0/24"),
        route("192.168.0.0/16", metric=9),
        route("9.0.0.0/8"),
        route("0.0.0.0/0", metric=200),
        route("10.0.0.0/8"),
        route("fd00::1:0/112"),
        route("192.168.0.0/16", metric=2),
        route("0.0.0.0/0", metric=100),
        route("200.0.0.0/8"),
    )
    rows = it.rows()
    assert [(destination(rows, row), rows.integer("metric", row)) for row in range(len(rows))] == [
        ("default", 100),
        ("default", 200),
        ("9.0.0.0/8", 0),
        ("10.0.0.0/8", 0),
        ("10.0.0.0/24", 0),
        ("192.168.0.0/16", 2),
        ("192.168.0.0/16", 9),
        ("200.0.0.0/8", 0),
        ("default", 0),
        ("fd00::1:0/112", 0),
    ]


def test_table_local_is_hidden_by_a_switch_with_its_title() -> None:
    it = Played(
        route("10.9.0.0/16", table=255, hops=[hop(), hop()]), MULTIPATH, route("127.0.0.0/8", table=255)
    )
    assert told(it.rows("hide_local")) == ["10.9.0.0/16 main", "> eth0", "> eth1"]
    assert len(it.rows()) == 3 + 1 + 4
    assert it.rows("hide_local").numbers("gateway")[1, :4].tolist() == [10, 0, 0, 2]
    assert it.model.count(it.store) == 1


def test_hops_are_children_with_ways_of_their_own() -> None:
    it = Played(route("10.0.0.0/24", device=7), MULTIPATH, route("10.10.0.0/16", "10.0.0.9"))
    rows = it.rows()
    assert told(rows) == ["10.0.0.0/24 main", "10.9.0.0/16 main", "> eth0", "> eth1", "10.10.0.0/16 main"]
    assert rows.numbers("parent").tolist() == [-1, -1, 1, 1, -1]
    assert rows.numbers("last").tolist() == [False, False, False, True, False]
    assert rows.numbers("weight").tolist() == [0, 0, 1, 2, 0]
    assert rows.numbers("hops").tolist() == [0, 2, 0, 0, 0]
    assert rows.numbers("gateway_family").tolist() == [0, 0, 2, 2, 2]
    assert rows.numbers("gateway")[3, :4].tolist() == [10, 1, 0, 3]
    assert [rows.integer("flags", row) for row in (1, 2, 3)] == [0, 0, 16]
    assert rows.text("interface", 0) == "if7"
    assert rows.text("interface", 1) == "eth0"
    assert rows.numbers("several").tolist() == [False, True, False, False, False]
    assert [rows.text("letters", row) for row in (1, 2, 4)] == ["UG", "UG", "UG"]


def test_hops_of_many_routes_stay_with_theirs() -> None:
    late = route("10.1.0.0/16", hops=[hop(device=3), hop(device=2)])
    early = route("10.0.0.0/16", hops=[hop(device=1), hop(device=1), hop(device=3)])
    rows = Played(late, early, route("10.0.5.0/24")).rows()
    assert told(rows) == [
        "10.0.0.0/16 main",
        *("> lo", "> lo", "> eth1"),
        "10.0.5.0/24 main",
        "10.1.0.0/16 main",
        *("> eth1", "> eth0"),
    ]


def test_a_route_without_device_has_no_interface() -> None:
    rows = Played(route("10.6.0.0/16", device=0, type=7)).rows()
    assert rows.text("interface", 0) is None
    assert rows.text("type_name", 0) == "unreachable"
    assert (rows.text("letters", 0), rows.text("shown_letters", 0)) == ("!", "!")


DISTINCT = (
    route("10.0.0.0/8"),
    route("10.0.0.0/9"),
    route("11.0.0.0/8"),
    route("10.0.0.0/8", table=100),
    route("10.0.0.0/8", metric=1),
    route("10.0.0.0/8", tos=4),
    route("10.0.0.0/8", type=7),
    route("10.0.0.0/8", device=3),
    route("10.0.0.0/8", "10.0.0.1"),
    route("10.0.0.0/8", "10.0.0.2"),
    route("a00::/8"),
    MULTIPATH,
)


def keys(*given: Row) -> dict[str, int]:
    """Identities by what the rows tell."""
    rows = Played(*given).rows()
    return {f"{row} {text}": int(rows.numbers("key")[row]) for row, text in enumerate(told(rows))}


def test_no_two_rows_share_an_identity() -> None:
    found = keys(*DISTINCT)
    assert len(set(found.values())) == len(found)


def test_the_same_route_twice_counts_as_two() -> None:
    found = keys(route("10.0.0.0/8", source="10.0.0.1"), route("10.0.0.0/8", source="10.0.0.2"), MULTIPATH)
    assert len(set(found.values())) == 5


def test_identities_outlive_other_routes_and_changes_that_are_none() -> None:
    before = Played(*DISTINCT).rows()
    after = Played(route("9.0.0.0/8"), *reversed(DISTINCT)).rows()
    assert set(before.numbers("key").tolist()) < set(after.numbers("key").tolist())
    plain, changed = route("10.0.0.0/8", "10.0.0.1"), route("10.0.0.0/8", "10.0.0.1", mtu=1400, flags=16)
    assert keys(plain) == keys(changed)


def test_what_leads_to_a_dead_end_wants_looking_at() -> None:
    it = Played(
        route("0.0.0.0/0", "10.0.0.1"),
        route("10.0.0.0/24", flags=16),
        route("10.1.0.0/16", "10.0.0.1", flags=17),
        MULTIPATH,
        route("10.2.0.0/16", hops=[hop(device=2), hop(device=3, flags=16)]),
        route("10.3.0.0/16", "10.0.0.1", flags=17, table=255),
    )
    rows = it.rows("hide_local")
    broken = [text for text, it_is in zip(told(rows), rows.numbers("broken"), strict=True) if it_is]
    assert broken == ["10.1.0.0/16 main", "10.9.0.0/16 main", "> eth1"]
    assert it.model.attention(it.store) == 2


def test_while_routes_stay_the_same_so_do_the_rows() -> None:
    given = (route("10.0.0.0/8"), route("fd20::/64", expires=500), MULTIPATH)
    it = Played(*given)
    first = it.rows()
    it.sample(tables(given, 2.0))
    assert it.rows() is first
    it.sample(tables((given[0], route("fd20::/64", expires=400), MULTIPATH)))
    later = it.rows()
    assert sorted(later.numbers("expires").tolist()) == [0, 0, 0, 0, 400]
    assert later.numbers("key") is first.numbers("key")


@pytest.mark.parametrize(
    "changed",
    [
        (route("10.0.0.0/8", metric=1), MULTIPATH),
        (route("10.0.0.0/8"),),
        (route("10.0.0.0/8"), route("10.9.0.0/16", hops=[hop("10.0.0.2"), hop("10.1.0.3", 3)])),
        (route("10.0.0.0/8", expires=7), MULTIPATH),
    ],
)
def test_any_other_change_makes_new_rows(changed: tuple[Row, ...]) -> None:
    it = Played(route("10.0.0.0/8"), MULTIPATH)
    first = it.rows()
    it.sample(tables(changed))
    assert it.rows() is not first
    assert np.array_equal(it.rows().numbers("key"), Played(*changed).rows().numbers("key"))


def test_a_life_time_that_begins_or_ends_changes_the_letters() -> None:
    it = Played(route("fd00::/64"))
    assert it.rows().text("letters", 0) == "U"
    it.sample(tables([route("fd00::/64", expires=7)]))
    assert it.rows().text("letters", 0) == "Ue"


def test_renamed_devices_and_new_rules_show_at_once() -> None:
    given = tables([route("10.0.0.0/8", table=100)])
    it = Played()
    it.sample(given)
    assert told(it.rows())[0] == "= table 100"
    it.sample(given, rules((2, 5, 100, "")))
    assert told(it.rows())[0] == "= rule 5: from all lookup 100 (IPv4)"
    it.sample(given, rules((2, 5, 100, "")), {2: "wan"})
    assert it.rows().text("interface", 2) == "wan"


def exception(destination: str, **more: int) -> Row:
    """A cached path MTU of table main."""
    return {**route(destination, "10.0.0.1", protocol=0, flags=0x200, mtu=1300, expires=59_900), **more}


def test_cached_exceptions_stand_below_all_tables_with_a_title() -> None:
    it = Played()
    local = route("127.0.0.0/8", device=1, type=2, table=255)
    given = tables([route("10.0.0.0/8", "10.0.0.1"), local, route("10.9.0.9/32", "10.0.0.1")])
    it.sample(given | {"exceptions": tables([exception("10.9.0.9/32")])["routes"]})
    rows = it.rows()
    assert told(rows)[-2:] == [
        "= cached exceptions ── path MTUs and redirects learnt from ICMP",
        "10.9.0.9/32 main",
    ]
    assert rows.numbers("cached").tolist() == [False] * (len(rows) - 1) + [True]
    assert rows.text("letters", len(rows) - 1) == "UGHCem"
    assert rows.text("protocol_name", len(rows) - 1) == "cached"
    assert rows.text("scope_name", len(rows) - 1) is None
    assert len(np.unique(rows.numbers("key"))) == len(rows)
    assert it.model.count(it.store) == 2


def test_an_exception_that_runs_out_moves_and_stays_the_same_row() -> None:
    it = Played()
    given = tables([route("10.0.0.0/8", "10.0.0.1")])
    for left in (59_900, 59_800):
        it.sample(given | {"exceptions": tables([exception("10.9.0.9/32", expires=left)])["routes"]})
        rows = it.rows()
        assert rows.integer("expires", len(rows) - 1) == left
    it.sample(given | {"exceptions": tables([])["routes"]})
    assert told(it.rows()) == ["10.0.0.0/8 main"]


def test_rules_without_routes_stand_last_and_go_with_a_hidden_table() -> None:
    local = route("127.0.0.0/8", device=1, type=2, table=255)
    known = rules((2, 0, 255, ""), (10, 0, 255, ""), (2, 32766, 254, ""), (2, 32767, 253, "to 10.0.0.0/8"))
    it = Played(route("10.0.0.0/8"), local, rules=known)
    other = [
        "= other rules ── to no table, or to one without routes",
        "= rule 32767: from all to 10.0.0.0/8 lookup default",
    ]
    assert told(it.rows("hide_local"))[2:] == other
    assert told(it.rows())[2:] == [
        "= rule 0: from all lookup local",
        "= table local",
        "127.0.0.0/8 local",
        *other,
    ]


def test_nothing_known_and_nothing_there() -> None:
    model, store = RoutesModel(), Store()
    assert model.rows(store, Options()) is None
    assert (model.count(store), model.attention(store)) == (None, 0)
    it = Played()
    assert len(it.rows()) == 0
    assert it.model.count(it.store) == 0


def test_without_links_devices_are_numbers() -> None:
    it = Played(route("10.0.0.0/8", device=2), names={})
    assert it.rows().text("interface", 0) == "if2"


def test_the_shared_mechanism_keeps_hops_and_titles_in_their_place() -> None:
    it = Played(
        MULTIPATH, route("10.0.0.0/8", table=100), route("12.0.0.0/8", table=100), route("11.0.0.0/8")
    )
    rows = it.rows()
    reading = Reading({"to": lambda table: table.numbers("destination")[:, :2]})
    down = [told(rows)[row] for row in select(rows, Query("to", descending=True), reading)]
    assert down == [
        "11.0.0.0/8 main",
        "10.9.0.0/16 main",
        "> eth0",
        "> eth1",
        "= table 100",
        "12.0.0.0/8 100",
        "10.0.0.0/8 100",
    ]
    shown = Presence().observe(rows, 1.0, 10.0)
    assert len(shown) == len(rows)


prefixes = st.builds(
    lambda family, raw, length: (family, raw, length % 33 if family == 2 else length % 129),
    st.sampled_from([2, 10]),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 128),
)


@st.composite
def any_route(draw: st.DrawFn) -> Row:
    family, raw, length = draw(prefixes)
    hops = draw(st.lists(st.builds(hop, st.just("10.0.0.1"), st.integers(1, 4)), max_size=3))
    return {
        "family": family,
        "destination": raw if family == 10 else raw[:4].ljust(16, b"\0"),
        "destination_length": length,
        "table": draw(st.sampled_from([254, 255, 253, 0, 7, 1000])),
        "type": draw(st.integers(0, 12)),
        "metric": draw(st.integers(0, 2**32 - 1)),
        "device": draw(st.integers(0, 4)),
        "hops_of": hops,
    }


@given(st.lists(any_route(), max_size=12), st.booleans())
def test_every_route_and_hop_is_shown_once(given: list[Row], hide_local: bool) -> None:
    rows = Played(*given).rows(*(["hide_local"] if hide_local else []))
    kept = [row for row in given if not (hide_local and row["table"] == 255)]
    heading, parent = rows.numbers("heading"), rows.numbers("parent")
    plain = ~heading & (parent < 0)
    assert sorted(rows.numbers("destination")[plain].tobytes()) == sorted(
        b"".join(row["destination"] for row in kept)
    )
    assert (parent >= 0).sum() == sum(len(row["hops_of"]) for row in kept)
    assert heading.sum() == len({row["table"] for row in kept} - {254})
    assert len(np.unique(rows.numbers("key"))) == len(rows)
    for row in np.flatnonzero(plain).tolist():
        hops = rows.integer("hops", row)
        assert (parent[row + 1 : row + 1 + hops] == row).all()
    assert (np.diff(rows.numbers("section")) >= 0).all()
