"""The Other tab on the screen: what is asked for, what shows, what its key does."""

from __future__ import annotations

from tests.fake import frame
from tests.model.link_tables import links_table
from tests.model.other_tables import netlinks, packets
from tests.test_dashboard import OWNERS, ROWS, stage

TABLES = {
    "packet": packets({"device": 2, "promiscuous": 1, "inode": 70, "cookie": 1}),
    "netlink": netlinks({"cookie": 2}, {"cookie": 3, "port": 1055, "inode": 71}, groups={1: (1,)}),
    "links": links_table([{"index": 2, "name": "eth0"}]),
}


async def test_who_sniffs_is_the_first_row() -> None:
    async with stage() as on:
        await on.press("9")
        await on.until(lambda: {"packet", "netlink", "vsock"} <= on.source.orders[-1].wanted)
        on.source.push(frame(1, ROWS, OWNERS, TABLES))
        await on.until(lambda: len(on.lines()) == 2)
        sniffer, talk = on.lines()
        assert "promiscuous: sees every frame of eth0" in sniffer
        assert "nginx 1054" in sniffer
        assert "hears link" in talk
        assert "9 Other 2" in on.line("tabs")


async def test_the_kernels_own_ends_come_with_a_key() -> None:
    async with stage() as on:
        await on.press("9")
        on.source.push(frame(1, ROWS, OWNERS, TABLES))
        await on.until(lambda: len(on.lines()) == 2)
        await on.press("a")
        await on.until(lambda: len(on.lines()) == 3)
        assert "rtnl:kernel" in on.lines()[-1]


async def test_details_at_the_least_size() -> None:
    async with stage(80, 24) as on:
        await on.press("9")
        on.source.push(frame(1, ROWS, OWNERS, TABLES))
        await on.until(lambda: len(on.lines()) == 2)
        assert "promiscuous: sees every fra" in on.lines()[0]
        await on.press("enter")
        await on.until(lambda: "meant for others" in on.details() or "packet, raw" in on.details())
