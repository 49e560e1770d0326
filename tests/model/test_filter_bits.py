"""Marks, cookies and indices of devices in filters, and predicates of ss that are refused aloud."""

from __future__ import annotations

import numpy as np
import pytest

from sockscope.app.frames.table import Strings, Table
from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import compile_filter
from sockscope.app.view.connections import CONNECTIONS
from sockscope.app.view.grammar import asks_for, grammar
from sockscope.app.view.interfaces import INTERFACES
from sockscope.app.view.socketextras import COOKIE, INTERFACE, MARK
from tests.fake import sockets

MARKS = [0, 0x2A, 0xF0, 2**32 - 1, -1]
COOKIES = [1, 0xAB12, 2**64 - 1, 16, 0]


@pytest.fixture
def rows() -> Table:
    made = sockets(*({"interface": index} for index in (0, 2, 3, 0, 7)))
    return made.with_columns(
        mark=np.array(MARKS, np.int64),
        cookie=np.array(COOKIES, np.uint64),
        device=Strings.of([None, "eth0", "3", None, "if7"]),
        used=Strings.of(["any", "eth0", "3", None, "if7"]),
    )


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("mark 42", [1]),
        ("fwmark = 0x2a", [1]),
        ("mark = 0", [0]),
        ("mark != 0", [1, 2, 3]),
        ("mark 0x20/0x30", [1]),
        ("mark != 0x20/0x30", [0, 2, 3]),
        ("mark 0xffffffff", [3]),
        ("cookie ab12", [1]),
        ("cookie AB12", [1]),
        ("cookie 10", [3]),
        ("cookie ffffffffffffffff", [2]),
        ("cookie != 1", [1, 2, 3]),
        ("cookie 0", []),
        ("dev eth0", [1]),
        ("dev 2", [1]),
        ("dev != 2", [0, 2, 3, 4]),
        ("dev 3", [2]),
        ("dev 0", []),
        ("dev ~ ^[0-9]", [2]),
        ("iface any", [0]),
        ("iface != *", [3]),
    ],
)
def test_which_rows_pass(rows: Table, expression: str, found: list[int]) -> None:
    assert np.flatnonzero(compile_filter(expression, grammar(CONNECTIONS)).passes(rows)).tolist() == found


@pytest.mark.parametrize("column", [MARK, COOKIE, INTERFACE], ids=lambda column: column.id)
def test_a_cell_gives_the_filter_that_finds_it(rows: Table, column) -> None:  # type: ignore[no-untyped-def]
    asked = [asks_for(CONNECTIONS, column, rows, row) for row in range(5)]
    for row, term in enumerate(asked):
        assert (term is None) == (column.cell(rows, row).text == "-")
        if term is not None:
            passes = compile_filter(term, grammar(CONNECTIONS)).passes(rows)
            assert np.flatnonzero(passes).tolist() == [row]
    assert None in asked


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("mark zz", "0x10/0xf0"),
        ("mark -1", "32 bits"),
        ("mark 0x100000000", "32 bits"),
        ("mark 1/", "32 bits"),
        ("mark > 5", "takes = !="),
        ("cookie xyz", "64 bits such as ab12"),
        ("cookie 10000000000000000", "64 bits"),
        ("autobound", "sport ge"),
        ("not autobound", "sport ge"),
        ("src unix:/run/*", "tab Unix"),
        ("dst netlink:rtnl", "tab Other"),
        ("src link:ip:eth0", "tab Other"),
        ("dst vsock:3:22", "tab Other"),
        ("sport = vsock:22", "tab Other"),
        ("dst www.example.com", "an address (10.0.0.1)"),
        ("state bound-inactive", "is expected"),
    ],
)
def test_what_is_refused_and_why(expression: str, why: str) -> None:
    with pytest.raises(FilterError) as wrong:
        compile_filter(expression, grammar(CONNECTIONS))
    assert why in wrong.value.why


@pytest.mark.parametrize("word", ["src", "dst", "sport", "dport", "dev", "fwmark", "cgroup"])
def test_words_of_ss_are_no_texts_where_they_ask_for_nothing(word: str) -> None:
    with pytest.raises(FilterError, match="there is no field"):
        compile_filter(f"{word} x", grammar(INTERFACES))
    assert compile_filter(f'"{word}"', grammar(INTERFACES)).expression
