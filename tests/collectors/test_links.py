"""The collector of interfaces: what the kernel refuses or interrupts becomes a note."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from sockscope.app.collectors import links as links_module
from sockscope.app.collectors.base import Collector
from sockscope.app.collectors.linkmsg import RTM_GETADDR, RTM_GETLINK
from sockscope.app.collectors.links import LinksCollector
from sockscope.app.collectors.netlink import NETLINK_ROUTE, Dump, failed
from sockscope.app.frames.links import no_links
from tests.collectors import route_messages
from tests.collectors.netlink_messages import address, attribute, link
from tests.collectors.test_netdev import TEXT

LINK = link(1, [attribute(3, b"lo\0")], arphrd=772)
ADDRESS = address(1, 2, 8, [attribute(1, bytes([127, 0, 0, 1]))])


class Route:
    """Answers dumps; the first `interruptions` of each kind are interrupted, or `error` refuses them all."""

    def __init__(self, interruptions: int = 0, error: int = 0) -> None:
        self.asked: list[int] = []
        self._interruptions = interruptions
        self._error = error

    def dump(self, kind: int, request: bytes) -> Dump:
        assert len(request) == {RTM_GETLINK: 16, RTM_GETADDR: 8}[kind]
        self.asked.append(kind)
        if self._error:
            return failed(self._error)
        answer = route_messages.dump([LINK if kind == RTM_GETLINK else ADDRESS])
        return replace(answer, interrupted=self.asked.count(kind) <= self._interruptions)

    def close(self) -> None:
        self.asked.clear()


def collector(monkeypatch: pytest.MonkeyPatch, route: Route | None, root: Path) -> LinksCollector:
    def opened(protocol: int) -> Route:
        assert protocol == NETLINK_ROUTE
        if route is None:
            raise OSError(errno.EAFNOSUPPORT, "no such protocol")
        return route

    monkeypatch.setattr(links_module, "NetlinkSocket", opened)
    return LinksCollector(str(root), str(root / "sys"))


def test_a_quiet_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    route = Route()
    made: Collector = collector(monkeypatch, route, tmp_path)
    collected = made.collect()
    assert collected.notes == ()
    assert set(collected.tables) == set(made.provides)
    assert route.asked == [RTM_GETLINK, RTM_GETADDR]
    links = collected.tables["links"]
    assert set(links.columns) == set(no_links().columns)
    assert links.text("name", 0) == "lo"
    assert links.taken > 0
    assert collected.tables["addresses"].numbers("address")[0, 0] == 127


def test_an_interrupted_dump_is_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    route = Route(interruptions=1)
    assert collector(monkeypatch, route, tmp_path).collect().notes == ()
    assert route.asked == [RTM_GETLINK, RTM_GETLINK, RTM_GETADDR, RTM_GETADDR]


def test_twice_interrupted_is_said_aloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    collected = collector(monkeypatch, Route(interruptions=2), tmp_path).collect()
    assert [(note.table, note.kind) for note in collected.notes] == [
        ("links", "incomplete"),
        ("addresses", "incomplete"),
    ]
    assert len(collected.tables["links"]) == 1


@pytest.mark.parametrize("route", [Route(error=errno.EPERM), None], ids=["refused", "no netlink at all"])
def test_files_take_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, route: Route | None) -> None:
    (tmp_path / "dev").write_text(TEXT, encoding="utf-8")
    collected = collector(monkeypatch, route, tmp_path).collect()
    assert [(note.table, note.kind) for note in collected.notes] == [
        ("links", "fallback"),
        ("addresses", "missing"),
    ]
    assert "netlink: " in collected.notes[0].why
    links = collected.tables["links"]
    assert set(links.columns) == set(no_links().columns)
    assert links.strings("name").values == ("lo", "eth0")
    assert len(collected.tables["addresses"]) == 0


def test_when_nothing_answers_there_are_no_rows_and_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    collected = collector(monkeypatch, Route(error=errno.EPERM), tmp_path).collect()
    assert len(collected.tables["links"]) == 0
    assert collected.notes[0].kind == "failed"
    assert "/proc/net/dev" in collected.notes[0].why


def test_closing_twice_is_harmless() -> None:
    made = LinksCollector()
    made.collect()
    made.close()
    made.close()
    assert len(made.collect().tables["links"]) > 0
    made.close()
