"""Speed and duplex are read seldom, and only of the interface they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockscope.app.collectors.linkspeed import LinkSpeeds
from sockscope.app.frames.links import no_links
from sockscope.app.frames.table import Table
from tests.model.link_tables import links_table


class Sys:
    """A made-up /sys/class/net that counts nothing and lies on request."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, index: int, mac: str = "02:00:00:00:00:01", **files: str) -> None:
        place = self.root / name
        place.mkdir(exist_ok=True)
        for file, text in {"ifindex": str(index), "address": mac, **files}.items():
            (place / file).write_text(f"{text}\n", encoding="utf-8")


@pytest.fixture
def sys_net(tmp_path: Path) -> Sys:
    return Sys(tmp_path)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def one(
    index: int = 2, operstate: int = 6, mac: str | None = "02:00:00:00:00:01", name: str = "eth0"
) -> Table:
    return links_table([{"name": name, "index": index, "operstate": operstate, "mac": mac}])


def read(speeds: LinkSpeeds, links: Table) -> list[tuple[int, str | None]]:
    values, duplex = speeds.read(links)
    return [(int(value), duplex[row]) for row, value in enumerate(values)]


def test_speed_and_duplex(sys_net: Sys) -> None:
    sys_net.put("eth0", 2, speed="1000", duplex="full")
    assert read(LinkSpeeds(str(sys_net.root)), one()) == [(1000, "full")]


@pytest.mark.parametrize("speed", ["-1", "4294967295", "", "fast", "١٠"])
def test_an_unknown_speed(sys_net: Sys, speed: str) -> None:
    sys_net.put("eth0", 2, speed=speed, duplex="unknown")
    assert read(LinkSpeeds(str(sys_net.root)), one()) == [(-1, None)]


def test_files_that_are_missing(sys_net: Sys) -> None:
    sys_net.put("eth0", 2)
    assert read(LinkSpeeds(str(sys_net.root)), one()) == [(-1, None)]
    assert read(LinkSpeeds(str(sys_net.root / "nowhere")), one()) == [(-1, None)]


def test_another_namespace_is_not_believed(sys_net: Sys) -> None:
    sys_net.put("eth0", 2, speed="1000", duplex="full")
    speeds = LinkSpeeds(str(sys_net.root))
    assert read(speeds, one(index=3)) == [(-1, None)]
    assert read(speeds, one(mac="02:00:00:00:00:02")) == [(-1, None)]
    assert read(speeds, one(mac=None)) == [(-1, None)]


def test_read_again_after_a_while_or_when_the_state_changed(sys_net: Sys) -> None:
    clock = Clock()
    speeds = LinkSpeeds(str(sys_net.root), clock, lasts=10.0)
    sys_net.put("eth0", 2, speed="1000", duplex="full")
    read(speeds, one())
    sys_net.put("eth0", 2, speed="100", duplex="half")
    clock.now = 9.9
    assert read(speeds, one()) == [(1000, "full")]
    assert read(speeds, one(operstate=2)) == [(100, "half")]
    sys_net.put("eth0", 2, speed="10", duplex="half")
    clock.now = 20.0
    assert read(speeds, one(operstate=2)) == [(10, "half")]


def test_many_new_interfaces_are_read_a_few_at_a_time(sys_net: Sys) -> None:
    clock = Clock()
    speeds = LinkSpeeds(str(sys_net.root), clock, at_once=2)
    links = links_table(
        [{"name": f"e{place}", "index": place, "mac": "02:00:00:00:00:01"} for place in range(1, 6)]
    )
    for place in range(1, 6):
        sys_net.put(f"e{place}", place, speed=str(place * 10))
    known = [sum(speed > 0 for speed, _ in read(speeds, links)) for _ in range(3)]
    assert known == [2, 4, 5]
    assert [speed for speed, _ in read(speeds, links)] == [10, 20, 30, 40, 50]


def test_those_that_wait_longest_are_read_first(sys_net: Sys) -> None:
    clock = Clock()
    speeds = LinkSpeeds(str(sys_net.root), clock, lasts=2.0, at_once=2)
    rows = [{"name": f"e{place}", "index": place, "mac": "02:00:00:00:00:01"} for place in range(1, 8)]
    for place in range(1, 8):
        sys_net.put(f"e{place}", place, speed=str(place * 10))
    for _ in range(4):
        known = read(speeds, links_table(rows))
        clock.now += 1.0
    assert [speed for speed, _ in known] == [10, 20, 30, 40, 50, 60, 70]


def test_what_is_known_follows_an_interface_when_others_come_and_go(sys_net: Sys) -> None:
    speeds = LinkSpeeds(str(sys_net.root), Clock(), at_once=1)
    sys_net.put("eth0", 2, speed="1000", duplex="full")
    read(speeds, one())
    both = links_table([{"name": "a", "index": 1}, {"name": "eth0", "index": 2, "operstate": 6}])
    assert read(speeds, both) == [(-1, None), (1000, "full")]
    assert read(speeds, one()) == [(1000, "full")]


def test_nothing_is_remembered_of_interfaces_that_went(sys_net: Sys) -> None:
    speeds = LinkSpeeds(str(sys_net.root))
    sys_net.put("eth0", 2, speed="1000")
    read(speeds, one())
    read(speeds, no_links())
    assert not speeds._readings


@pytest.mark.parametrize("name", ["", "a/../../b", "x\0y"])
def test_names_that_are_no_file_names(sys_net: Sys, name: str) -> None:
    assert read(LinkSpeeds(str(sys_net.root)), one(name=name)) == [(-1, None)]
