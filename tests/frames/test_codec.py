"""Frames survive the way through bytes, whatever columns they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sockscope.app.frames.codec import PREFIX, Decoder, Encoder, lengths
from sockscope.app.frames.frame import Frame, Host, Note
from sockscope.app.frames.table import Column, Strings, Table


def through(encoder: Encoder, decoder: Decoder, frame: Frame) -> tuple[Frame, int]:
    data = b"".join(bytes(piece) for piece in encoder.encode(frame))
    header, body = lengths(data[: PREFIX.size])
    start = PREFIX.size + header
    assert len(data) == start + body
    return decoder.decode(data[PREFIX.size : start], data[start:]), len(data)


def assert_same(left: Table, right: Table) -> None:
    assert left.taken == right.taken
    assert list(left.columns) == list(right.columns)
    for name, column in left.columns.items():
        other = right.columns[name]
        if isinstance(column, Strings):
            assert isinstance(other, Strings)
            assert [column[row] for row in range(len(column))] == [other[row] for row in range(len(other))]
        else:
            assert not isinstance(other, Strings)
            assert column.dtype == other.dtype
            assert column.shape == other.shape
            assert np.array_equal(column, other)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(0, 5))
    columns: dict[str, Column] = {}
    for place in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["u1", "u2", ">u2", "i8", "f8", "text", "address"]))
        if kind == "text":
            texts = draw(st.lists(st.none() | st.text(), min_size=rows, max_size=rows))
            columns[f"c{place}"] = Strings.of(texts)
        elif kind == "address":
            columns[f"c{place}"] = draw(arrays(np.uint8, (rows, 16)))
        else:
            columns[f"c{place}"] = draw(
                arrays(kind, rows, elements={"allow_nan": False} if kind == "f8" else None)
            )
    return Table(columns, draw(st.floats(0, 1e9)))


@given(st.dictionaries(st.sampled_from(["sockets", "routes", "links"]), tables()))
def test_every_frame_comes_back_as_it_was(content: dict[str, Table]) -> None:
    frame = Frame(
        number=7,
        wall=1.5,
        monotonic=2.5,
        interval=0.5,
        host=Host("web\x1b[31m", "6.18", 1000, privileged=False),
        tables=content,
        notes=(Note("routes", "incomplete", "the table changed"),),
        cost={"tick": 0.25},
        stretch=1.5,
    )
    back, _ = through(Encoder(), Decoder(), frame)
    assert (back.number, back.wall, back.monotonic, back.interval, back.every) == (7, 1.5, 2.5, 0.5, 2.0)
    assert (back.host, back.notes, dict(back.cost)) == (frame.host, frame.notes, frame.cost)
    assert list(back.tables) == list(content)
    for name, table in content.items():
        assert_same(table, back.tables[name])


def test_undecodable_names_survive() -> None:
    frame = Frame(0, 0, 0, 1, tables={"t": Table({"name": Strings.of(["bad \udcff name"])})})
    back, _ = through(Encoder(), Decoder(), frame)
    assert back.tables["t"].text("name", 0) == "bad \udcff name"


def test_a_table_that_is_the_same_object_is_not_sent_again() -> None:
    big = Table({"n": np.arange(10_000)})
    encoder, decoder = Encoder(), Decoder()
    first, sent = through(encoder, decoder, Frame(0, 0, 0, 1, tables={"big": big}))
    second, sent_again = through(encoder, decoder, Frame(1, 0, 0, 1, tables={"big": big}))
    assert sent > 80_000
    assert sent_again < 1_000
    assert second.tables["big"] is first.tables["big"]


def test_columns_that_are_as_they_were_are_not_sent_again() -> None:
    n = np.arange(10_000)
    encoder, decoder = Encoder(), Decoder()
    texts = Strings.of(["a", None] * 5000)
    old = Table({"n": n, "m": n, "text": texts}, 1.0)
    first, _ = through(encoder, decoder, Frame(0, 0, 0, 1, tables={"t": old}))
    again = Strings(texts.codes.copy(), texts.values)
    new = Table({"n": n.copy(), "m": n + 1, "text": again}, 2.0)
    second, sent = through(encoder, decoder, Frame(1, 0, 0, 1, tables={"t": new}))
    assert 80_000 < sent < 81_000
    assert_same(second.tables["t"], new)
    assert second.tables["t"].columns["n"] is first.tables["t"].columns["n"]


def test_columns_that_only_look_alike_are_sent() -> None:
    encoder, decoder = Encoder(), Decoder()
    for column in (
        np.zeros(2, np.int32),
        np.zeros(2, np.int64),
        np.full(2, np.nan),
        np.full(2, np.nan),
        Strings(np.zeros(2, np.int32), ("a",)),
        Strings(np.zeros(2, np.int32), ("b",)),
        np.zeros(2, np.int32),
        np.zeros((2, 16), np.uint8),
    ):
        table = Table({"c": column})
        back, _ = through(encoder, decoder, Frame(0, 0, 0, 1, tables={"t": table}))
        told = back.tables["t"].columns["c"]
        assert isinstance(told, Strings) == isinstance(column, Strings)
        if isinstance(told, Strings) and isinstance(column, Strings):
            assert told.values == column.values
        elif not isinstance(told, Strings) and not isinstance(column, Strings):
            assert (told.dtype, told.shape) == (column.dtype, column.shape)
            assert np.array_equal(told, column, equal_nan=told.dtype.kind == "f")


@given(st.lists(tables(), min_size=2, max_size=6))
def test_a_stream_of_tables_of_one_name_comes_back_as_it_was(content: list[Table]) -> None:
    encoder, decoder = Encoder(), Decoder()
    for table in content:
        back, _ = through(encoder, decoder, Frame(0, 0, 0, 1, tables={"t": table}))
        assert_same(back.tables["t"], table)


def test_a_table_that_was_left_out_is_sent_anew() -> None:
    table = Table({"n": np.arange(1000)})
    encoder, decoder = Encoder(), Decoder()
    through(encoder, decoder, Frame(0, 0, 0, 1, tables={"t": table}))
    through(encoder, decoder, Frame(1, 0, 0, 1))
    back, _ = through(encoder, decoder, Frame(2, 0, 0, 1, tables={"t": table}))
    assert_same(back.tables["t"], table)


def test_another_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="not a stream of frames"):
        lengths(b"HTTP/1.1 200 OK\r\n\r\n"[: PREFIX.size])
