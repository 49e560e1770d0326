"""How gauges and shares are drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Table
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.format import EIGHTHS, bar, counted
from sockscope.app.view.groupings import SHARE


def eighths(gauge: str) -> int:
    return sum(EIGHTHS.index(cell) if cell in EIGHTHS else 8 * (cell == "█") for cell in gauge)


@given(st.integers(0, 2**32), st.integers(1, 2**32), st.integers(1, 40))
def test_a_gauge_is_true_to_an_eighth_of_a_cell(value: int, limit: int, width: int) -> None:
    gauge = bar(value, limit, width)
    assert len(gauge) == width
    assert gauge == "".join(sorted(gauge, key="█▉▊▋▌▍▎▏░".index))
    drawn, wanted = eighths(gauge), min(1.0, value / limit) * width * 8
    assert drawn == 1 if 0 < wanted < 1 else wanted - 1 < drawn <= wanted
    assert (drawn == 0) == (value == 0)


def test_a_gauge_without_a_limit_is_full_of_anything() -> None:
    assert (bar(0, 0, 3), bar(1, 0, 3)) == ("░░░", "███")


def test_a_share_that_rounds_to_none_is_told_from_none() -> None:
    rows = Table({"share": np.array([0.0, 0.001, 0.01, 0.5, 1.0])})
    assert [SHARE.cell(rows, row).text for row in range(5)] == [
        "░░░░░░░░   0%",
        "▏░░░░░░░  <1%",
        "▏░░░░░░░   1%",
        "████░░░░  50%",
        "████████ 100%",
    ]


def test_one_of_any_noun_of_a_view_is_told_in_the_singular() -> None:
    nouns = {view.noun for view in VIEWS} | {by.noun for view in VIEWS for by in view.groupings}
    told = {counted(1, noun).removeprefix("1 ") for noun in nouns}
    assert told >= {"process", "directory", "remote address", "state", "socket", "unix socket", "route"}
    assert {f"{one}s" for one in told} | {f"{one}es" for one in told} | {"directories"} >= nouns
    assert [counted(number, "processes") for number in (0, 1, 2000)] == [
        "0 processes",
        "1 process",
        "2,000 processes",
    ]
