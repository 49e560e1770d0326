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
    bell = os.eventfd(0)
    with Attentive(bell) as selector:
        selector.register(reader, selectors.EVENT_READ)
        os.write(writer, b"\x1b")
        assert [key.fd for key, _ in selector.select(0.1)] == [reader]
        os.read(reader, 1)
        assert selector.select(0.1) == []
        assert selector.select(0.1) == []
        assert selector.select(0.1) == []
        os.write(writer, b"j")
        assert len(selector.select(0.1)) == 1
        os.read(reader, 1)
        selector.select(0.1)
    for end in (reader, writer, bell):
        os.close(end)
    assert waits == [constants.ESCAPE_DELAY, constants.ESCAPE_DELAY, 0.1, None, None, constants.ESCAPE_DELAY]


def test_the_bell_wakes_it_and_is_nobodys_key() -> None:
    reader, writer = os.pipe()
    bell = os.eventfd(0)
    with Attentive(bell) as selector:
        selector.register(reader, selectors.EVENT_READ)
        selector.select(0)
        selector.select(0)
        os.eventfd_write(bell, 1)
        assert selector.select(0) == []
    for end in (reader, writer, bell):
        os.close(end)


def test_textual_waits_with_it_and_ends_when_the_bell_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[bool] = []

    def waits(_: linux_driver.LinuxDriver) -> None:
        with vars(linux_driver)["selectors"].SelectSelector() as selector:
            assert isinstance(selector, Attentive)
            rung.append(bool(super(Attentive, selector).select(0)))

    monkeypatch.setattr(linux_driver, "selectors", selectors)
    monkeypatch.setattr(linux_driver.LinuxDriver, "run_input_thread", waits)
    driver = object.__new__(PacedDriver)
    driver._bell = os.eventfd(0)
    monkeypatch.setattr(linux_driver.LinuxDriver, "disable_input", PacedDriver.run_input_thread)
    driver.run_input_thread()
    driver.disable_input()
    driver.run_input_thread()
    os.close(driver._bell)
    assert rung == [False, True, False]
