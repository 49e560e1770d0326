"""Names come in their own time: nobody waits, nothing grows without bound, nothing hostile gets through."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.hosts import LONGEST, Address, Hosts, ask_system


def v4(text: str) -> bytes:
    return socket.inet_aton(text).ljust(16, b"\0")


class Resolver:
    """Answers when it is let; counts what it was asked."""

    def __init__(self, names: dict[bytes, str] | None = None) -> None:
        self.names = names or {}
        self.asked: list[bytes] = []
        self.at_once = 0
        self.most_at_once = 0
        self.let = threading.Event()
        self.let.set()
        self._lock = threading.Lock()

    def __call__(self, where: Address) -> str:
        with self._lock:
            self.asked.append(where[1])
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.let.wait(10)
        with self._lock:
            self.at_once -= 1
        return self.names.get(where[1], "")


def settled(hosts: Hosts) -> None:
    until = time.monotonic() + 10
    while not hosts.idle:
        assert time.monotonic() < until, "look-ups never ended"
        time.sleep(0.001)


def switched_on(resolver: Resolver, **bounds: float) -> Hosts:
    hosts = Hosts(ask=resolver, **bounds)  # type: ignore[arg-type]
    hosts.on = True
    return hosts


def test_the_number_stays_until_the_name_comes() -> None:
    resolver = Resolver({v4("10.0.0.1"): "db-1.example."})
    resolver.let.clear()
    hosts = switched_on(resolver)
    assert hosts.name(2, v4("10.0.0.1")) is None
    resolver.let.set()
    settled(hosts)
    assert hosts.name(2, v4("10.0.0.1")) == "db-1.example"
    assert resolver.asked == [v4("10.0.0.1")]


def test_nothing_is_asked_while_names_are_off() -> None:
    resolver = Resolver({v4("10.0.0.1"): "db"})
    hosts = Hosts(ask=resolver)
    assert hosts.name(2, v4("10.0.0.1")) is None
    assert hosts.known() == {}
    assert resolver.asked == []


def test_switching_off_drops_what_waits() -> None:
    resolver = Resolver()
    resolver.let.clear()
    hosts = switched_on(resolver, threads=1)
    for last in range(1, 50):
        hosts.name(2, v4(f"10.0.0.{last}"))
    hosts.on = False
    resolver.let.set()
    settled(hosts)
    assert len(resolver.asked) <= 1


def test_a_mapped_address_has_the_name_of_its_ipv4_address() -> None:
    resolver = Resolver({v4("10.0.0.1"): "db"})
    hosts = switched_on(resolver)
    hosts.name(2, v4("10.0.0.1"))
    settled(hosts)
    assert hosts.name(10, b"\0" * 10 + b"\xff\xff" + socket.inet_aton("10.0.0.1")) == "db"


def test_the_unspecified_address_is_never_looked_up() -> None:
    resolver = Resolver()
    hosts = switched_on(resolver)
    assert hosts.name(2, bytes(16)) is None
    assert hosts.name(10, bytes(16)) is None
    assert resolver.asked == []


def test_no_name_is_remembered_for_a_while_and_then_asked_again() -> None:
    now = [0.0]
    resolver = Resolver()
    hosts = Hosts(ask=resolver, clock=lambda: now[0], retry=60.0)
    hosts.on = True
    for seconds in (0.0, 30.0, 59.0, 61.0):
        now[0] = seconds
        assert hosts.name(2, v4("10.0.0.9")) is None
        settled(hosts)
    assert len(resolver.asked) == 2


def test_an_expired_name_stays_until_it_is_known_anew() -> None:
    now = [0.0]
    where = v4("10.0.0.1")
    resolver = Resolver({where: "old"})
    hosts = Hosts(ask=resolver, clock=lambda: now[0], fresh=600.0)
    hosts.on = True
    hosts.name(2, where)
    settled(hosts)
    now[0] = 601.0
    resolver.names[where] = "new"
    assert hosts.name(2, where) == "old"
    settled(hosts)
    assert hosts.name(2, where) == "new"


def test_a_dead_resolver_is_asked_by_few_threads_and_few_addresses_wait() -> None:
    resolver = Resolver()
    resolver.let.clear()
    hosts = switched_on(resolver, threads=3, waiting=10)
    for number in range(1, 1000):
        hosts.name(2, number.to_bytes(4, "big").ljust(16, b"\0"))
    resolver.let.set()
    settled(hosts)
    assert resolver.most_at_once <= 3
    assert len(resolver.asked) <= 13


def test_the_newest_are_looked_up_first() -> None:
    resolver = Resolver()
    resolver.let.clear()
    hosts = switched_on(resolver, threads=1, waiting=3)
    for last in range(1, 8):
        hosts.name(2, v4(f"10.0.0.{last}"))
        while not resolver.asked:
            time.sleep(0.001)
    resolver.let.set()
    settled(hosts)
    assert resolver.asked[1:] == [v4("10.0.0.7"), v4("10.0.0.6"), v4("10.0.0.5")]


def test_the_cache_is_bounded() -> None:
    names = {number.to_bytes(4, "big").ljust(16, b"\0"): f"host-{number}" for number in range(1, 200)}
    hosts = switched_on(Resolver(names), kept=16, waiting=500)
    for raw in names:
        hosts.name(2, raw)
    settled(hosts)
    assert len(hosts.known()) == 16


def test_names_can_be_found_by_a_word() -> None:
    hosts = switched_on(Resolver({v4("10.0.0.1"): "DB-1.Example", v4("10.0.0.2"): "web"}))
    hosts.name(2, v4("10.0.0.1"))
    hosts.name(2, v4("10.0.0.2"))
    settled(hosts)
    assert hosts.known() == {(2, v4("10.0.0.1")): "DB-1.Example", (2, v4("10.0.0.2")): "web"}


def test_somebody_is_told_when_a_name_came() -> None:
    told: list[str] = []
    hosts = Hosts(lambda: told.append("came"), ask=Resolver({v4("10.0.0.1"): "db"}))
    hosts.on = True
    hosts.name(2, v4("10.0.0.1"))
    hosts.name(2, v4("10.0.0.2"))
    settled(hosts)
    assert told == ["came"]


@given(st.text(max_size=400))
def test_what_a_resolver_says_is_made_printable_and_bounded(said: str) -> None:
    hosts = switched_on(Resolver({v4("10.0.0.1"): said}))
    hosts.name(2, v4("10.0.0.1"))
    settled(hosts)
    name = hosts.name(2, v4("10.0.0.1")) or ""
    assert len(name) <= LONGEST
    assert not {"\x1b", "\n", "\x9b", "\u202e"} & set(name)


def test_markup_stays_text() -> None:
    hostile = "[@click=app.quit]" * 15
    hosts = switched_on(Resolver({v4("10.0.0.1"): hostile}))
    hosts.name(2, v4("10.0.0.1"))
    settled(hosts)
    assert hosts.name(2, v4("10.0.0.1")) == hostile


def test_the_system_knows_loopback() -> None:
    """/etc/hosts names it on every machine."""
    assert "localhost" in ask_system((socket.AF_INET, v4("127.0.0.1")))


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_address_without_a_name_is_none(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no name")

    monkeypatch.setattr(socket, "getnameinfo", refuses)
    assert ask_system((family, b"\1" * 16)) == ""
