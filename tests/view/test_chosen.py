"""Which columns show: usual ones, chosen ones, and how they share the room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.settings import COLUMNS
from sockscope.app.view.catalog import VIEWS, view
from sockscope.app.view.chosen import Chosen
from sockscope.app.view.columns import TabView
from sockscope.app.view.layout import GAP, place
from sockscope.app.view.session import Session

CONNECTIONS = view("connections")


def shown(chosen: Chosen, tab: TabView = CONNECTIONS) -> set[str]:
    return {column.id for column in chosen.columns(tab)}


def at_first(tab: TabView = CONNECTIONS) -> set[str]:
    return {column.id for column in tab.columns if not column.optional}


def test_optional_columns_show_once_they_are_chosen_and_only_in_that_tab() -> None:
    chosen = Chosen()
    assert shown(chosen) == at_first()
    chosen.choose(CONNECTIONS, at_first() | {"timer"})
    assert shown(chosen) == at_first() | {"timer"}
    assert shown(chosen, view("listening")) == at_first(view("listening"))


def test_what_the_settings_file_and_the_command_line_name_shows_in_every_tab() -> None:
    chosen = Chosen(["timer"], ["mark"])
    assert shown(chosen) == at_first() | {"timer", "mark"}
    assert "mark" in shown(chosen, view("listening"))


def test_the_command_line_goes_before_what_is_remembered_and_is_not_remembered_itself() -> None:
    chosen = Chosen(asked=["user", "mark"], switched={"connections": {"user": False, "gone": True}})
    assert {"user", "mark"} <= shown(chosen)
    chosen.choose(CONNECTIONS, shown(chosen) | {"inode"})
    assert chosen.switched(CONNECTIONS) == {"user": False, "gone": True, "inode": True}
    chosen.choose(CONNECTIONS, shown(chosen) - {"mark"})
    assert "mark" not in shown(chosen)
    assert "mark" not in chosen.switched(CONNECTIONS)


def test_what_is_remembered_goes_before_the_settings_file() -> None:
    chosen = Chosen(usual=["timer"])
    chosen.choose(CONNECTIONS, at_first())
    assert chosen.switched(CONNECTIONS) == {"timer": False}
    assert shown(Chosen(["timer"], switched={"connections": {"timer": False}})) == at_first()


def test_a_reset_gives_back_what_the_tab_has_at_first() -> None:
    chosen = Chosen(["timer"], ["mark"], {"connections": {"user": False}})
    chosen.reset(CONNECTIONS)
    assert shown(chosen) == at_first() | {"timer"} == chosen.at_first(CONNECTIONS)
    assert not chosen.switched(CONNECTIONS)


def test_one_column_is_always_left() -> None:
    chosen = Chosen()
    chosen.choose(CONNECTIONS, [])
    assert [column.id for column in chosen.columns(CONNECTIONS)] == [CONNECTIONS.columns[0].id]


def test_a_column_that_was_switched_on_stays_longer_than_others() -> None:
    chosen = Chosen()
    chosen.choose(CONNECTIONS, at_first() | {"timer"})
    placed = {each.column.id for each in place(chosen.columns(CONNECTIONS), 79)}
    assert {"local", "remote", "state", "timer"} <= placed
    assert "recv-q" not in placed


@pytest.mark.parametrize("tab", VIEWS, ids=lambda tab: tab.id)
@given(data=st.data(), room=st.integers(59, 199))
def test_any_choice_of_columns_fits(tab: TabView, data: st.DataObject, room: int) -> None:
    names = [column.id for column in tab.columns]
    wanted = data.draw(st.sets(st.sampled_from(names)))
    chosen = Chosen()
    chosen.choose(tab, wanted)
    assert shown(chosen, tab) == (wanted or {names[0]})
    placed = place(chosen.columns(tab), room)
    assert placed
    at = 0
    for each in placed:
        assert each.x == at
        assert each.width >= (each.column.minimum or each.column.width)
        at = each.x + each.width + GAP
    assert at - GAP <= room


@pytest.mark.parametrize("tab", VIEWS, ids=lambda tab: tab.id)
def test_every_column_can_be_switched_on_and_off_and_finds_room_alone(tab: TabView) -> None:
    for column in tab.columns:
        chosen = Chosen()
        for wanted in (True, False, True):
            chosen.choose(tab, at_first(tab) | {column.id} if wanted else at_first(tab) - {column.id})
            assert (column.id in shown(chosen, tab)) is wanted
        chosen.choose(tab, {column.id})
        assert [each.column.id for each in place(chosen.columns(tab), 59)] == [column.id]


def test_the_settings_name_columns_that_there_are() -> None:
    known = {column.id for tab in VIEWS for column in tab.columns}
    assert set(COLUMNS) <= known


def test_only_columns_that_may_show_are_collected_for() -> None:
    session = Session(VIEWS, "connections", 1.0)
    assert "marks" not in session.column_needs
    session.chosen.choose(session.view, at_first() | {"mark"})
    assert "marks" in session.column_needs
    session.chosen.reset(session.view)
    assert "marks" not in session.column_needs
    session.sort_by("mark")
    assert "marks" in session.column_needs
