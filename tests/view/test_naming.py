"""Names instead of numbers: what has one, what stays a number, what is never looked up."""

from __future__ import annotations

import socket
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Strings, Table
from sockscope.app.hosts import Address, Hosts
from sockscope.app.text import printable
from sockscope.app.view import facts, search
from sockscope.app.view.cells import cell_width
from sockscope.app.view.columns import Column, Fact, Section
from sockscope.app.view.layout import Placed, fit
from sockscope.app.view.listening import ADDRESS
from sockscope.app.view.naming import Naming
from sockscope.app.view.routes import ROUTES
from sockscope.app.view.sockets import LOCAL, REMOTE, USER
from tests import fake
from tests.model.route_tables import Played, route

NAMES = {"10.0.0.5": "web-3.example", "198.51.100.7": "client", "fd00::1": "six.example"}
LOCAL_PORTS = range(32768, 61000)


def naming(**wishes: object) -> Naming:
    """Names on, and every one of NAMES known."""
    known = {fake.address(where): name for where, name in NAMES.items()}
    made = Naming(Hosts(ask=lambda where: known.get(where[1], "")), ephemeral=LOCAL_PORTS, **wishes)  # type: ignore[arg-type]
    made.toggle()
    for raw in known:
        made.host(2 if raw[4:] == bytes(12) else 10, raw)
    assert made.hosts.settle(10)
    return made


def sockets(*rows: dict[str, object]) -> Table:
    made = fake.sockets(*rows)
    return made.with_columns(carrier=np.zeros(len(made), np.bool_))


def words(column: Column, rows: Table, with_: Naming, row: int = 0) -> str:
    assert column.named is not None
    return column.named(rows, row, with_).text


def test_hosts_and_ports_have_names() -> None:
    rows = sockets({"local_port": 5432}, {"local_address": "fd00::1", "remote_address": "fd00::2"})
    assert words(LOCAL, rows, naming()) == "web-3.example:postgresql"
    assert words(REMOTE, rows, naming()) == "client:50001"
    assert words(LOCAL, rows, naming(), 1) == "six.example:https"
    assert words(REMOTE, rows, naming(), 1) == "[fd00::2]:50002"
    assert words(ADDRESS, rows, naming()) == "web-3.example"


def test_while_names_are_off_everything_is_as_ever() -> None:
    off = naming()
    off.toggle()
    rows = sockets({"local_port": 5432}, {"remote_port": 0, "remote_address": "0.0.0.0"})
    for column in (LOCAL, REMOTE, ADDRESS):
        for row in range(len(rows)):
            assert column.named is not None
            assert column.named(rows, row, off) == column.cell(rows, row)
    assert off.hosts.idle


def test_a_port_that_anybody_may_get_is_no_service() -> None:
    assert naming().port(443, "tcp") == "https"
    low = Naming(ephemeral=range(400, 500))
    low.toggle()
    assert low.port(443, "tcp") == "443"
    assert low.port(0, "tcp") == "*"


def test_a_number_of_a_protocol_is_no_port() -> None:
    rows = sockets({"protocol": socket.IPPROTO_RAW, "local_port": 1, "remote_port": 0})
    assert words(LOCAL, rows, naming()) == "web-3.example:1"


@pytest.mark.parametrize(
    ("kind", "shown"), [("hosts", "10.0.0.5:postgresql"), ("ports", "web-3.example:5432")]
)
def test_kinds_that_stay_numbers(kind: str, shown: str) -> None:
    kept = Naming(Hosts(ask=lambda _: "never"), numbers=[kind]) if kind == "hosts" else naming(numbers=[kind])
    if kind == "hosts":
        kept.toggle()
    assert words(LOCAL, sockets({"local_port": 5432}), kept) == shown
    assert kept.hosts.on == (kind != "hosts")


def test_users_have_names_unless_numbers_were_asked_for() -> None:
    rows = sockets({"uid": 0}).with_columns(user=Strings.of(["root"]))
    assert words(USER, rows, Naming()) == "root"
    numbers = Naming(users=False)
    assert words(USER, rows, numbers) == "0"
    numbers.toggle()
    assert words(USER, rows, numbers) == "root"
    never = Naming(users=False, numbers=["users"])
    never.toggle()
    assert words(USER, rows, never) == "0"


def test_routes_name_gateways_and_single_hosts() -> None:
    rows = Played(route("10.0.0.5/32", "198.51.100.7"), route("10.0.0.0/24")).rows()
    columns = {column.id: column for column in ROUTES.columns}
    shown = [
        [words(columns[name], rows, naming(), row) for name in ("destination", "gateway")]
        for row in range(len(rows))
        if not rows.numbers("heading")[row]
    ]
    assert sorted(shown) == [["10.0.0.0/24", "-"], ["web-3.example", "client"]]


@given(st.text(max_size=300), st.integers(1, 80))
def test_names_of_any_shape_take_exactly_their_room(name: str, width: int) -> None:
    hosts = Hosts(ask=lambda _: name)
    made = Naming(hosts)
    made.toggle()
    made.host(2, fake.address("10.0.0.5"))
    assert hosts.settle(10)
    rows = sockets({})
    assert LOCAL.named is not None
    text = fit(LOCAL.named(rows, 0, made), Placed(LOCAL, 0, width))
    assert cell_width(text) == width
    assert printable(text) == text


def test_a_long_name_keeps_both_ends_and_the_port() -> None:
    hosts = Hosts(ask=lambda _: "a-very-long-name.of-some-host.example")
    made = Naming(hosts)
    made.toggle()
    made.host(2, fake.address("10.0.0.5"))
    assert hosts.settle(10)
    assert LOCAL.named is not None
    assert fit(LOCAL.named(sockets({}), 0, made), Placed(LOCAL, 0, 21)) == "a-very-…example:https"


def test_known_names_are_found_in_whole_columns() -> None:
    rows = sockets(
        {"remote_address": "203.0.113.1"},
        {"local_address": "::ffff:10.0.0.5", "remote_address": "::ffff:203.0.113.1"},
        {"local_address": "fd00::1", "remote_address": "fd00::2"},
        {"local_address": "10.0.0.6", "remote_address": "203.0.113.1"},
    )
    ends = [("family", "local_address"), ("family", "remote_address")]
    wanted: list[Address] = [(2, fake.address("10.0.0.5")), (10, fake.address("fd00::2"))]
    assert search.in_hosts(rows, ends, wanted).tolist() == [True, True, True, False]
    assert not search.in_hosts(rows, ends, []).any()


def test_an_address_that_is_not_there_is_not_found() -> None:
    rows = sockets({"remote_address": "0.0.0.0", "remote_port": 0})
    none = rows.with_columns(family=np.zeros(1, np.uint8))
    assert not search.in_hosts(none, [("family", "local_address")], [(2, fake.address("10.0.0.5"))]).any()


def test_details_tell_names_below_addresses() -> None:
    both = ((2, fake.address("10.0.0.5")), (2, fake.address("203.0.113.1")))
    sections = [
        Section("A", (Fact("one", "1", hosts=both[:1]), Fact("two", "2", hosts=both), Fact("no", "3")))
    ]
    told = facts.with_names(sections, naming())[0].facts
    assert [(fact.label, fact.value) for fact in told] == [
        ("one", "1"),
        ("", "web-3.example"),
        ("two", "2"),
        ("", "web-3.example → 203.0.113.1"),
        ("no", "3"),
    ]


def test_waiting_for_names_ends_with_its_time() -> None:
    answer = threading.Event()
    hosts = Hosts(ask=lambda _: str(answer.wait(60)))
    hosts.on = True
    hosts.name(2, fake.address("10.0.0.5"))
    assert not hosts.settle(0.01)
    answer.set()
    assert hosts.settle(10)
