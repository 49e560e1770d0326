"""Tables of several namespaces put together."""

from __future__ import annotations

import numpy as np

from sockscope.app.collectors.everywhere import Parts, Together
from sockscope.app.frames.table import Strings, Table

ONE, TWO = 4026531833, 4026532001
NAMES = Strings.of(["lo", "eth0"])


def table(values: list[int], names: Strings = NAMES, taken: float = 1.0) -> Table:
    return Table({"name": names, "value": np.array(values, np.int64)}, taken)


def test_rows_stand_below_one_another_and_tell_their_namespace() -> None:
    other = table([7], Strings.of(["lo"]), 2.0)
    made = Together()([(ONE, {"links": table([1, 2])}), (TWO, {"links": other})], "links")
    assert made.numbers("netns").tolist() == [ONE, ONE, TWO]
    assert [made.text("name", row) for row in range(3)] == ["lo", "eth0", "lo"]
    assert made.numbers("value").tolist() == [1, 2, 7]
    assert made.taken == 1.0


def test_a_namespace_without_the_table_has_no_rows() -> None:
    parts: Parts = [(ONE, {}), (TWO, {"links": table([1, 2])})]
    assert Together()(parts, "links").numbers("netns").tolist() == [TWO, TWO]


def test_columns_of_the_same_parts_are_the_same() -> None:
    together = Together()
    first = together([(ONE, {"links": table([1, 2])}), (TWO, {"links": table([3, 4])})], "links")
    again = together([(ONE, {"links": table([5, 6])}), (TWO, {"links": table([7, 8])})], "links")
    assert again.strings("name") is first.strings("name")
    assert again.numbers("netns") is first.numbers("netns")
    assert again.numbers("value").tolist() == [5, 6, 7, 8]
    more = together(
        [(ONE, {"links": table([5, 6])}), (TWO, {"links": table([7], Strings.of(["x"]))})], "links"
    )
    assert [more.text("name", row) for row in range(3)] == ["lo", "eth0", "x"]
    assert more.numbers("netns").tolist() == [ONE, ONE, TWO]
