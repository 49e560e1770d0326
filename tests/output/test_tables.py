"""JSON lines and CSV of any rows."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Strings, Table
from sockscope.app.output.tables import write_csv, write_json
from sockscope.app.view.columns import Field

ROWS = Table({"name": Strings.of(["a", "b", None]), "size": np.array([1, 2, 3], np.uint64)})
FIELDS = (
    Field("name", lambda rows, row: rows.text("name", row)),
    Field("size", lambda rows, row: rows.numbers("size")[row]),
    Field("list", lambda _, row: list(range(row)) or None),
)
ORDER = np.array([2, 0], np.intp)


def test_json_is_one_object_a_line_in_the_order_given() -> None:
    out = io.StringIO()
    write_json(out, FIELDS, ROWS, ORDER)
    assert out.getvalue().endswith("\n")
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"name": None, "size": 3, "list": [0, 1]},
        {"name": "a", "size": 1, "list": None},
    ]


def test_csv_has_a_line_of_names_unless_it_is_continued() -> None:
    out = io.StringIO()
    write_csv(out, FIELDS, ROWS, ORDER)
    write_csv(out, FIELDS, ROWS, ORDER[:1], heading=False)
    assert out.getvalue() == "name,size,list\n,3,0 1\na,1,\n,3,0 1\n"


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float64("nan"), np.float32("-inf")])
def test_a_number_that_is_none_is_null(value: object) -> None:
    out = io.StringIO()
    write_json(out, (Field("rate", lambda *_: value),), ROWS, ORDER[:1])
    assert out.getvalue() == '{"rate": null}\n'


@pytest.mark.parametrize(
    ("value", "told"), [(np.bool_(True), True), (np.uint64(2**64 - 1), 2**64 - 1), (np.float32(0.5), 0.5)]
)
def test_numbers_of_columns_are_plain(value: object, told: object) -> None:
    out = io.StringIO()
    write_json(out, (Field("value", lambda *_: value),), ROWS, ORDER[:1])
    assert json.loads(out.getvalue()) == {"value": told}


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]))))
def test_any_printable_text_comes_back(texts: list[str]) -> None:
    rows = Table({"text": Strings.of(texts)})
    fields = (Field("text", lambda table, row: table.text("text", row)), Field("more", lambda *_: 1))
    order = np.arange(len(texts))
    out = io.StringIO()
    write_json(out, fields, rows, order)
    assert [json.loads(line)["text"] for line in out.getvalue().split("\n")[:-1]] == texts
    out = io.StringIO()
    write_csv(out, fields, rows, order)
    assert [line[0] for line in csv.reader(out.getvalue().split("\n")[1:-1])] == texts


def test_objects_in_a_list_are_one_word_each_in_csv() -> None:
    hops = [
        {"gateway": "10.0.0.2", "weight": 1, "flags": None},
        {"gateway": "10.0.0.3", "weight": 2, "flags": "dead"},
    ]
    out = io.StringIO()
    write_csv(out, (Field("nexthops", lambda *_: hops),), ROWS, ORDER[:1], heading=False)
    assert next(csv.reader([out.getvalue()])) == [
        "gateway=10.0.0.2,weight=1 gateway=10.0.0.3,weight=2,flags=dead"
    ]
