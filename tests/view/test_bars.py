"""The header says at which pace ticks really come, and why."""

from __future__ import annotations

from dataclasses import replace

from sockscope.app.actions import TAB_KEYS
from sockscope.app.model.engine import Engine, Request, Snapshot, TabState
from sockscope.app.tabs import TABS
from sockscope.app.view import bars, catalog
from tests import fake


def snapshot(stretch: float = 0.0) -> Snapshot:
    engine = Engine(catalog.tabs())
    frame = fake.frame(0, fake.sockets({}))
    engine.advance(replace(frame, stretch=stretch, cost={"tick": 0.003, "usual": 0.24}))
    return engine.snapshot(Request("connections"))


def header(shown: Snapshot, interval: float = 1.0, width: int = 160) -> str:
    return "".join(cell.text for cell in bars.header(shown, bars.Status(), interval, width).cells)


def test_ticks_as_asked_say_what_they_cost() -> None:
    assert "every 1 s  tick   3 ms" in header(snapshot())


def test_stretched_ticks_say_what_was_asked_and_why() -> None:
    shown = snapshot(1.4)
    assert "every 2.4 s, asked 1 s: a tick costs 240 ms" in header(shown)
    assert "every 2.4 s " in header(shown, width=80)
    assert "asked" not in header(shown, width=80)


def test_another_interval_shows_until_the_sampler_has_heard_of_it() -> None:
    assert "every 5 s  " in header(snapshot(1.4), interval=5.0)


def test_a_network_namespace_that_was_asked_for_is_named() -> None:
    shown = snapshot()
    assert "netns" not in header(shown)
    there = replace(shown.frame, host=replace(shown.frame.host, netns="web\x1b[2J"))
    assert "  netns web^[[2J  " in header(replace(shown, frame=there))


def test_late_is_later_than_the_interval_in_force() -> None:
    shown = replace(snapshot(1.4), elapsed=2.4)
    assert "live" in header(shown)
    assert "● catching up (asked 1 s, getting 2.4 s)" in header(replace(snapshot(), elapsed=2.4))
    assert "● catching up (asked 1 s, getting 4.0 s)" in header(replace(shown, elapsed=4.0))
    assert "● getting 2.4 s" in header(replace(snapshot(), elapsed=2.4), width=80)


def tab_line(width: int, attention: int) -> str:
    states = {view.id: TabState(None, attention) for view in catalog.VIEWS}
    return "".join(cell.text for cell in bars.tab_bar(TABS, "routes", states, width).cells).rstrip()


def test_every_tab_has_a_view() -> None:
    assert [view.id for view in catalog.VIEWS] == [tab.id for tab in TABS]


def test_every_tab_has_its_place_however_short_the_room() -> None:
    keys = [TAB_KEYS[view.id] for view in catalog.VIEWS]
    for width, attention in ((200, 0), (80, 0), (80, 3), (60, 0)):
        line = tab_line(width, attention)
        assert len(line) <= width
        words = [word.partition("▲")[0] for word in line.replace("▲", "▲ ").split()]
        assert [word for word in words if word in keys] == keys
        assert "Route" in line


def test_at_80_every_tab_keeps_its_name() -> None:
    for attention in (0, 3):
        line = tab_line(80, attention)
        assert all(tab.short in line for tab in TABS)
    assert "Conn" not in tab_line(60, 3)
