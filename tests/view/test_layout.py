"""Columns put into widths, texts put into columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.view.cells import Cell, cell_width, cut
from sockscope.app.view.columns import Column
from sockscope.app.view.layout import GAP, Placed, cut_middle, fit, place


def column(
    name: str, width: int, priority: int, *, minimum: int = 0, grow: int = 0, align: str = "left"
) -> Column:
    return Column(
        name,
        name,
        width,
        lambda *_: Cell(""),
        lambda _: np.empty(0),
        priority=priority,
        minimum=minimum,
        grow=grow,
        align=align,  # type: ignore[arg-type]
    )


COLUMNS = (column("a", 10, 1), column("b", 20, 2, minimum=8), column("c", 5, 9), column("d", 12, 3, grow=1))


@given(st.integers(10, 300))
def test_columns_never_overlap_and_never_leave_the_room(room: int) -> None:
    placed = place(COLUMNS, room)
    at = 0
    for each in placed:
        assert each.x == at
        assert each.width >= (each.column.minimum or each.column.width)
        at = each.x + each.width + GAP
    assert at - GAP <= room


def test_columns_leave_by_priority_after_all_have_shrunk() -> None:
    assert [each.column.id for each in place(COLUMNS, 60)] == ["a", "b", "c", "d"]
    shrunk = place(COLUMNS, 41)
    assert [(each.column.id, each.width) for each in shrunk] == [("a", 10), ("b", 8), ("c", 5), ("d", 12)]
    assert [each.column.id for each in place(COLUMNS, 40)] == ["a", "b", "d"]
    assert [each.column.id for each in place(COLUMNS, 21)] == ["a", "b"]


def test_room_left_over_but_for_the_edge_goes_to_what_grows() -> None:
    assert [each.width for each in place(COLUMNS, 100)] == [10, 20, 5, 58]
    whole = sum(each.width for each in COLUMNS) + GAP * (len(COLUMNS) - 1)
    for room in range(whole, whole + 3):
        assert place(COLUMNS, room)[-1].width == 12 + max(0, room - whole - 1)


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Mn", "Me", "Cf"))), st.integers(1, 30))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    shown = cut(text, width)
    assert cell_width(shown) <= width
    assert (shown == text) == (cell_width(text) <= width)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("10.0.0.5:443", 15, "10.0.0.5:443"),
        ("[2001:db8:85a3::8a2e:370:7334]:443", 20, "[2001:db…0:7334]:443"),
        ("198.51.100.123:51234", 15, "198.…123:51234"[:15]),
    ],
)
def test_the_middle_of_an_address_gives_way_never_the_port(text: str, width: int, shown: str) -> None:
    cut_text = cut_middle(text, width)
    assert cut_text.endswith(text[text.rindex(":") :])
    assert len(cut_text) <= width
    if len(text) <= width:
        assert cut_text == shown


@given(st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map("[{}]".format)), st.data())
def test_a_cut_address_keeps_its_port_both_ends_and_the_width(host: str, data: st.DataObject) -> None:
    port = f":{data.draw(st.integers(1, 65535))}"
    width = data.draw(st.integers(len(port) + 3, 50))
    shown = cut_middle(host + port, width)
    assert len(shown) == min(width, len(host + port))
    assert shown.endswith(port)
    head, dots, tail = shown.removesuffix(port).partition("…")
    if dots:
        assert head
        assert tail
        assert host.startswith(head)
        assert host.endswith(tail)
    else:
        assert head == host


def test_addresses_line_up_at_the_port() -> None:
    placed = Placed(column("local", 21, 1, align="port"), 0, 24)
    texts = [fit(Cell(text), placed) for text in ("10.0.0.5:443", "127.0.0.1:22", "0.0.0.0:*")]
    assert {text.rindex(":") for text in texts} == {15}
    assert {len(text) for text in texts} == {24}


def test_numbers_stand_right() -> None:
    assert fit(Cell("17"), Placed(column("n", 6, 1, align="right"), 0, 6)) == "    17"
