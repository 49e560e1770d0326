"""A lone ESC is noticed when nothing follows it for as long as it takes, not a tenth of a second later."""

from __future__ import annotations

import os
import selectors

import pytest
from textual import constants
from textual.drivers import linux_driver

from sockscope.widgets.driver import Attentive, PacedDriver


def test_it_looks_again_soon_after_something_came(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    plain = selectors.SelectSelector.select

    def watched(self: selectors.SelectSelector, timeout: float | None = None) -> object:
        waits.append(timeout)
        return plain(self, 0)

    monkeypatch.setattr(selectors.SelectSelector, "select", watched)
    reader, writer = os.pipe()
    with Attentive() as selector:
        selector.register(reader, selectors.EVENT_READ)
        selector.select(0.1)
        os.write(writer, b"\x1b")
        assert len(selector.select(0.1)) == 1
        os.read(reader, 1)
        assert selector.select(0.1) == []
        selector.select(0.1)
    os.close(reader)
    os.close(writer)
    assert waits == [0.1, 0.1, constants.ESCAPE_DELAY, 0.1]


def test_textual_waits_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(linux_driver, "selectors", selectors)
    monkeypatch.setattr(
        linux_driver.LinuxDriver,
        "run_input_thread",
        lambda _: made.append(vars(linux_driver)["selectors"].SelectSelector),
    )
    PacedDriver.run_input_thread(object.__new__(PacedDriver))
    assert made == [Attentive]
