"""Dataclasses that are made quickly do what the standard library's do."""

from __future__ import annotations

import re
from dataclasses import field, replace
from pathlib import Path

import pytest

from sockscope.app.record import dataclass

ROOMS = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Point:
    """Two numbers and a note that does not count."""

    x: int
    y: int = 2
    note: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """No field."""


@dataclass(frozen=True, eq=False, slots=True)
class Single:
    """Itself alone."""

    x: int


@dataclass(slots=True)
class Counter:
    """What changes."""

    x: int = 0


def test_what_is_alike_is_equal_and_has_one_hash() -> None:
    assert Point(1) == Point(1, 2, "else") != Point(2)
    assert len({Point(1), Point(1, note="else"), Point(2), Nothing(), Nothing()}) == 3
    assert Nothing() == Nothing()
    others: list[object] = [Nothing(), (1, 2), (1,)]
    assert Point(1) not in others


def test_without_comparison_each_is_itself() -> None:
    one = Single(1)
    assert len({one, Single(1)}) == 2
    assert one == one  # noqa: PLR0124 - that is the question
    assert one != Single(1)


def test_what_may_change_has_no_hash() -> None:
    counter = Counter()
    counter.x = 3
    assert counter == Counter(3)
    with pytest.raises(TypeError):
        hash(counter)


def test_it_is_a_dataclass_to_others() -> None:
    assert replace(Point(1), y=5) == Point(1, 5)
    assert repr(Point(1)) == "Point(x=1, y=2, note='')"
    with pytest.raises(AttributeError):
        Point(1).z = 1  # type: ignore[attr-defined]


def test_all_are_made_so() -> None:
    slow = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    files = [path for room in ("app", "widgets") for path in (ROOMS / room).rglob("*.py")]
    assert len(files) > 200
    assert [path.name for path in files if slow.search(path.read_text("utf-8"))] == []
