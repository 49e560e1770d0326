"""When a slow line is spared."""

from __future__ import annotations

from sockscope.app.view.calm import EVERY, LASTS, LATE_TICKS, Calm


def test_nothing_is_spared_on_a_line_that_keeps_up() -> None:
    calm = Calm()
    for now in range(100):
        calm.tick(now, behind=False)
        assert calm.due(now)
        calm.drawn(now)
    assert not calm.on(100)


def test_ticks_are_drawn_rarely_where_that_is_wanted() -> None:
    calm = Calm(wanted=True)
    drawn = []
    for now in range(20):
        calm.tick(now, behind=False)
        if calm.due(now):
            calm.drawn(now)
            drawn.append(now)
    assert drawn == list(range(0, 20, int(EVERY)))


def test_a_line_that_lags_is_spared_for_a_while() -> None:
    calm = Calm()
    for now in range(LATE_TICKS):
        assert not calm.on(now)
        calm.tick(now, behind=True)
    assert calm.on(LATE_TICKS)
    assert calm.on(LATE_TICKS + LASTS - 2)
    assert not calm.on(LATE_TICKS + LASTS)


def test_a_tick_late_now_and_then_is_no_lag() -> None:
    calm = Calm()
    for now in range(50):
        calm.tick(now, behind=now % LATE_TICKS != 0)
    assert not calm.on(50)
