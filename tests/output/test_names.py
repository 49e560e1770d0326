"""Names for what is printed: all at once, not for ever, and never for programs."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest

from sockscope.app import once
from sockscope.app.hosts import Address, Hosts
from sockscope.app.once import Printer
from sockscope.app.options import apply, parse
from sockscope.app.output import names as rooms
from sockscope.app.output.names import NUMBERS, Names
from sockscope.app.settings import Settings
from tests import fake

ROWS = fake.sockets(
    {"remote_address": "198.51.100.7"},
    {"remote_address": "::ffff:198.51.100.7", "local_address": "fd00::5"},
    {"remote_address": "203.0.113.1"},
)


def named(where: Address) -> str:
    return "client.example" if where[1] == fake.address("198.51.100.7") else ""


def settings(arguments: str) -> Settings:
    return apply(parse(arguments.split()), Settings())


def printed(arguments: str, names: Names) -> str:
    out = io.StringIO()
    Printer(settings(arguments), out, names).print(fake.frame(0, ROWS))
    return out.getvalue()


def test_text_has_names_where_there_are_any() -> None:
    text = printed("-t", Names(Hosts(ask=named)))
    assert text.count("client.example:") == 2
    assert "203.0.113.1:50003" in text


@pytest.mark.parametrize("arguments", ["-tn", "--json", "--csv", "-t --numeric-hosts"])
def test_nothing_is_looked_up_for_numbers(arguments: str) -> None:
    assert once._names(settings(arguments)) is NUMBERS


def test_a_dead_resolver_costs_the_budget_once() -> None:
    dead = threading.Event()
    names = Names(Hosts(ask=lambda _: str(dead.wait(60))), budget=0.05)
    for _ in range(3):
        assert "198.51.100.7:50001" in printed("-t", names)
    assert names._left == 0.0
    dead.set()


def test_what_was_found_in_time_has_its_name() -> None:
    dead = threading.Event()

    def ask(where: Address) -> str:
        return named(where) or str(dead.wait(60))

    text = printed("-t", Names(Hosts(ask=ask, threads=16), budget=0.5))
    assert text.count("client.example:") == 2
    assert "203.0.113.1:50003" in text
    dead.set()


def test_look_ups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST", 10)
    asked: list[Address] = []

    def ask(where: Address) -> str:
        asked.append(where)
        return ""

    names = Names(Hosts(ask=ask))
    raw = np.arange(100 * 16, dtype=np.uint8).reshape(100, 16)
    names.want(np.full(100, 10, np.uint8), raw)
    assert len(asked) == 10


def test_no_rows_need_no_names() -> None:
    Names(Hosts(ask=named)).want(np.empty(0, np.uint8), np.empty((0, 16), np.uint8))
