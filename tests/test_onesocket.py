"""What details ask about their socket alone, through the whole dashboard, from made-up frames."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sockscope.app.collectors.questions import OneSocket
from sockscope.app.frames.frame import Frame
from sockscope.app.frames.table import Strings, Table
from sockscope.app.sampler.control import Control
from tests.fake import frame, sockets
from tests.model.test_health import told
from tests.test_dashboard import OWNERS, ROWS, Stage, stage

FAST = {"bytes_acked": 5_000_000, "busy_time": 999_000, "rwnd_limited": 900_000, "bytes_sent": 5_000_000}
OF_ALL = {"tcp_info", "cgroups", "cgroup_paths", "marks"}
UNIT = "/system.slice/shop.service"


def answer(number: int, cookie: int, *, grown: int = 1, mark: int = 0, path: str = UNIT) -> dict[str, Table]:
    """What the kernel tells of one socket, which has sent `grown` times as much as at first."""
    row = {**{name: value * grown for name, value in FAST.items()}, "cookie": cookie}
    return {"asked_sockets": one(number, cookie, mark, path), "asked_tcp_info": told(1000.0 + number, row)}


def one(number: int, cookie: int, mark: int = 0, path: str = UNIT) -> Table:
    return Table(
        {
            "cookie": np.array([cookie], np.uint64),
            "mark": np.array([mark], np.int64),
            "cgroup": np.array([77], np.uint64),
            "path": Strings.of([path]),
        },
        1000.0 + number,
    )


def shown(number: int, *more: dict[str, Table], rows: Table = ROWS) -> Frame:
    return frame(number, rows, OWNERS, *more)


def asked(order: Control) -> list[int]:
    """The cookies of the sockets that are asked for."""
    return [each.cookie for each in order.questions if isinstance(each, OneSocket)]


def ordered(on: Stage, cookies: Iterable[int]) -> bool:
    return asked(on.source.orders[-1]) == list(cookies)


async def open_row(on: Stage, text: str) -> None:
    await on.until(lambda: any(text in line for line in on.lines()))
    place = next(place for place, line in enumerate(on.lines()) if text in line)
    await on.press("home", *["down"] * place, "enter")


async def test_details_have_their_socket_alone_asked_for_as_long_as_they_are_open() -> None:
    async with stage(width=120, height=70) as on:
        await open_row(on, "198.51.100.8")
        await on.until(lambda: ordered(on, [2]))
        assert "asked_sockets" in on.source.orders[-1].wanted
        on.source.push(shown(1, answer(1, 2, mark=0x2A)))
        await on.until(lambda: "sending      not known before the next look" in on.details())
        on.source.push(shown(2, answer(2, 2, grown=2, mark=0x2A)))
        await on.until(lambda: "sending      4.8 MiB/s  40.0M bit/s" in on.details())
        assert "limited by   the peer's window" in on.details()
        assert "mark         0x2a" in on.details()
        assert "unit         shop, a systemd service" in on.details()
        assert "its process is in nginx now" in on.details()
        await on.press("up")
        await on.until(lambda: ordered(on, [1]))
        assert "sending" not in on.details()
        await on.press("escape")
        await on.until(lambda: ordered(on, []))
        assert "asked_sockets" not in on.source.orders[-1].wanted
        assert not any(order.wanted & OF_ALL for order in on.source.orders)


async def test_the_way_of_a_socket_with_a_mark_is_that_of_packets_with_the_mark() -> None:
    async with stage(width=120, height=70) as on:
        await open_row(on, "198.51.100.8")
        await on.until(lambda: ordered(on, [2]))
        on.source.push(shown(1, answer(1, 2, mark=0x2A)))
        await on.until(
            lambda: (
                [each.mark for each in on.source.orders[-1].questions if not isinstance(each, OneSocket)]
                == [0x2A, 0x2A]
            )
        )


async def test_what_is_gone_keeps_what_was_told_of_it() -> None:
    async with stage(width=120, height=70) as on:
        await open_row(on, "198.51.100.8")
        on.source.push(shown(1, answer(1, 2)))
        await on.until(lambda: "shop" in on.details())
        on.source.push(shown(2, answer(2, 2, grown=2)))
        await on.until(lambda: "4.8 MiB/s" in on.details())
        left = ROWS.take(ROWS.numbers("cookie") != 2)
        on.source.push(
            shown(3, {name: table.take(np.arange(0)) for name, table in answer(3, 2).items()}, rows=left)
        )
        await on.until(lambda: "closed" in on.details())
        assert "4.8 MiB/s" in on.details()
        assert "shop.service" in on.details()
        await on.until(lambda: ordered(on, []))


async def test_what_has_not_been_accepted_has_the_unit_of_its_listener() -> None:
    async with stage(width=120, height=70) as on:
        await open_row(on, "203.0.113.10")
        await on.until(lambda: ordered(on, [4, 5]))
        listener = {"asked_sockets": one(1, 5), "asked_tcp_info": told(1001.0)}
        on.source.push(shown(1, listener))
        await on.until(lambda: "shop.service" in on.details())


async def test_details_of_a_listener_ask_for_it() -> None:
    async with stage(width=120, height=70, tab="listening") as on:
        await on.until(lambda: len(on.lines()) == 1)
        await on.press("enter")
        await on.until(lambda: ordered(on, [5]))
        on.source.push(shown(1, {"asked_sockets": one(1, 5, mark=7), "asked_tcp_info": told(1001.0)}))
        await on.until(lambda: "shop.service" in on.details())
        assert "mark         0x7" in on.details()
        assert "sending" not in on.details()


async def test_what_has_no_cookie_cannot_be_asked_for() -> None:
    rows = sockets({"cookie": 0, "inode": 70})
    async with stage(first=frame(0, rows, OWNERS)) as on:
        await on.until(lambda: len(on.lines()) == 1)
        await on.press("enter")
        await on.until(lambda: on.source.orders[-1].questions)
        assert not any(map(asked, on.source.orders))
