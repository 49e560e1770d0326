"""Filters from outside: the command line, the settings file, the file of earlier ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app import recall, statefile
from sockscope.app.cli import main
from sockscope.app.filters import checked
from sockscope.app.recall import Recall
from sockscope.app.settings import Settings, UsageError, from_file
from sockscope.app.statefile import remember, remembered, state_directory
from sockscope.app.view.catalog import VIEWS
from sockscope.app.view.session import Session


@pytest.mark.parametrize(
    ("expression", "said", "at"),
    [
        ("dport =", "a value is expected for dport", 7),
        ("dst 10.0.0.0/33", "a network (10.0.0.0/8)", 4),
        ("port 65536", "up to 65535", 5),
        ("state nowhere", "one of established", 6),
        ("color = red", "there is no field 'color'", 0),
        ("@web", "no saved filter @web", 0),
        ("~ '((a*)*)*b{99}{99}{99}'", "regular expression", 2),
        ("(" * 1000, "inside each other", 64),
        (" ".join(["x"] * 200), "100 conditions", 200),
        (" or ".join(["~ x"] * 20), "8 regular expressions", 56),
        ("x" * 10_000, "4096 characters", 4096),
    ],
)
def test_a_mistake_ends_the_command_and_is_pointed_at(
    expression: str, said: str, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--once", "-tan", "--filter", expression]) == 2
    first, shown, mark = capsys.readouterr().err.splitlines()
    assert first.startswith("sockscope: --filter: ")
    assert said in first
    assert len(shown) <= 80
    assert mark.strip() == "^"
    if at < 50:
        assert mark.index("^") == at + 2


def test_what_is_no_text_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--once", "--filter", "\x1b[2J dport ="]) == 2
    assert "\x1b" not in capsys.readouterr().err


@given(st.text(max_size=60) | st.text("()!&|=<>~@\"'\\ adnotrsp:1.*[]{}", max_size=60))
def test_whatever_is_typed_is_a_filter_or_a_mistake_at_a_place(typed: str) -> None:
    for view in VIEWS:
        session = Session([view], view.id, 1.0)
        wrong = session.filter(typed)
        assert wrong is None or 0 <= wrong.at <= len(typed)


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return from_file(file)


def test_saved_filters_are_used_by_name(tmp_path: Path) -> None:
    told = settings(tmp_path, '[filters]\nweb = "sport = :80 or sport = :443"\n')
    assert told.filters == {"web": "sport = :80 or sport = :443"}
    session = Session(VIEWS, "connections", 1.0, filter="not @web and state listen", saved=told.filters)
    assert session.states_enough == frozenset({10})
    assert session.filter("@nosuch") is not None
    assert session.filter("@/tmp/abstract") is None  # a path is text
    assert session.filter("'@web'") is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('filters = "x"', "table"),
        ("[filters]\nx = 1", "in quotes"),
        ('[filters]\n"a b" = "x"', "letters"),
        ('[filters]\nx = " "', "in quotes"),
    ],
)
def test_a_table_of_filters_that_is_none(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        settings(tmp_path, text)


def test_a_saved_filter_that_no_tab_understands_is_told(tmp_path: Path) -> None:
    good = settings(tmp_path, '[filters]\na = "path" \nb = "table = main"\nc = "dport = :1"')
    assert checked(good, ["connections"]) == [None]
    for wrong in ("dport =", "nothing = 1", "@a"):
        with pytest.raises(UsageError, match=r"config.toml: filter 'x'") as told:
            checked(settings(tmp_path, f'[filters]\nx = "{wrong}"'), ["connections"])
        assert told.value.shown[1].strip() == "^"


def test_kinds_of_rows_that_lack_a_field_have_no_row() -> None:
    tabs = ["connections", "unix"]
    inet, unix = checked(Settings(filter="dport = :443"), tabs)
    assert inet
    assert unix is None
    assert all(checked(Settings(filter="proc = nginx"), tabs))
    assert checked(Settings(filter="state listen"), tabs)[0]


@given(st.lists(st.text("ab \n\x1b\udc80", max_size=5), max_size=8))
def test_earlier_filters_are_steps_back_and_forth(lines: list[str]) -> None:
    one = Recall()
    for line in lines:
        one.add(line)
    kept = list(dict.fromkeys(line for line in reversed(lines) if line))
    one.begin("draft")
    assert [one.step(-1, "draft") for _ in kept] == kept
    assert one.step(-1, "") is None
    forth = [one.step(1, "") for _ in kept]
    assert forth == [*kept[::-1][1:], "draft"][-len(kept) :] if kept else forth == []


def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "filters"
    file.write_bytes(b"\xff\x1b[2J\n" * 5 + b"x" * 10_000 + b"\n\n")
    one = Recall(file)
    for number in range(recall.MOST + 20):
        one.add(f"port {number}")
    assert len(file.read_text().splitlines()) == recall.MOST
    assert "\x1b" not in file.read_text()


def test_two_runs_share_the_file(tmp_path: Path) -> None:
    one, other = Recall(tmp_path / "filters"), Recall(tmp_path / "filters")
    one.add("a")
    other.add("b")
    one.add("c")
    assert Recall(tmp_path / "filters").step(0, "") is not None
    assert (tmp_path / "filters").read_text() == "b\na\nc\n"


def test_a_file_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert remember(tmp_path / "file" / "sockscope" / "filters", "x")
    assert remembered(tmp_path) == ""
    Recall(tmp_path / "file" / "filters").add("x")


def test_nothing_is_left_in_the_home_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert "another user" in remember(tmp_path / "sockscope" / "filters", "x")
    assert not (tmp_path / "sockscope").exists()


def test_where_things_are_remembered() -> None:
    assert state_directory({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/sockscope")
    assert state_directory({"XDG_STATE_HOME": "s", "HOME": "/h"}) == Path("/h/.local/state/sockscope")
    assert statefile.LARGEST < 2**24
